using System.Text.Json;

namespace FlowerPower.Storage.Wire;

/// <summary>The names of stored fields: short, because every job pays for them, and never changed once shipped.</summary>
internal static class WireNames
{
    // A record's head.
    public static readonly JsonEncodedText Format = Name("v");
    public static readonly JsonEncodedText Version = Name("n");
    public static readonly JsonEncodedText State = Name("s");

    // Events and states.
    public static readonly JsonEncodedText At = Name("at");
    public static readonly JsonEncodedText DueAt = Name("due");
    public static readonly JsonEncodedText Spec = Name("spec");
    public static readonly JsonEncodedText Attempt = Name("try");
    public static readonly JsonEncodedText Grant = Name("grant");
    public static readonly JsonEncodedText Worker = Name("worker");
    public static readonly JsonEncodedText StartedAt = Name("start");
    public static readonly JsonEncodedText Deadline = Name("until");
    public static readonly JsonEncodedText Error = Name("err");
    public static readonly JsonEncodedText RetryAt = Name("again");
    public static readonly JsonEncodedText Crashed = Name("crash");
    public static readonly JsonEncodedText Result = Name("res");
    public static readonly JsonEncodedText By = Name("by");
    public static readonly JsonEncodedText Request = Name("req");
    public static readonly JsonEncodedText Reason = Name("why");
    public static readonly JsonEncodedText KeptUntil = Name("to");
    public static readonly JsonEncodedText Outcome = Name("out");

    // The trail.
    public static readonly JsonEncodedText EnqueuedAt = Name("enq");
    public static readonly JsonEncodedText AttemptsMade = Name("tries");
    public static readonly JsonEncodedText FailuresMade = Name("fails");
    public static readonly JsonEncodedText Crashes = Name("crashes");
    public static readonly JsonEncodedText Retries = Name("retries");
    public static readonly JsonEncodedText Dropped = Name("dropped");
    public static readonly JsonEncodedText Steps = Name("steps");

    // The spec.
    public static readonly JsonEncodedText Id = Name("id");
    public static readonly JsonEncodedText Pipeline = Name("pipe");
    public static readonly JsonEncodedText Project = Name("proj");
    public static readonly JsonEncodedText RunConfig = Name("cfg");
    public static readonly JsonEncodedText Queue = Name("queue");
    public static readonly JsonEncodedText Priority = Name("prio");
    public static readonly JsonEncodedText Retry = Name("retry");
    public static readonly JsonEncodedText Timeout = Name("limit");
    public static readonly JsonEncodedText ExpiresAt = Name("exp");
    public static readonly JsonEncodedText ResultRetention = Name("keep");
    public static readonly JsonEncodedText FailureRetention = Name("keepf");
    public static readonly JsonEncodedText Description = Name("desc");
    public static readonly JsonEncodedText Tags = Name("tags");
    public static readonly JsonEncodedText Metadata = Name("meta");

    // Ties to other jobs.
    public static readonly JsonEncodedText DependsOn = Name("after");
    public static readonly JsonEncodedText AllowFailure = Name("any");
    public static readonly JsonEncodedText Inputs = Name("in");
    public static readonly JsonEncodedText OnSuccess = Name("onok");
    public static readonly JsonEncodedText OnFailure = Name("onfail");
    public static readonly JsonEncodedText Links = Name("links");
    public static readonly JsonEncodedText Awaits = Name("awaits");
    public static readonly JsonEncodedText Dependents = Name("deps");
    public static readonly JsonEncodedText Outbox = Name("outbox");
    public static readonly JsonEncodedText LastNote = Name("last");
    public static readonly JsonEncodedText Dependent = Name("dep");
    public static readonly JsonEncodedText Parent = Name("parent");
    public static readonly JsonEncodedText Numbers = Name("nos");

    public static readonly JsonEncodedText UniqueKey = Name("key");
    public static readonly JsonEncodedText UniqueFor = Name("keyfor");
    public static readonly JsonEncodedText HoldsKey = Name("holds");

    public static readonly JsonEncodedText Permit = Name("permit");

    // What an attempt says and saves.
    public static readonly JsonEncodedText Log = Name("log");
    public static readonly JsonEncodedText Checkpoint = Name("save");
    public static readonly JsonEncodedText Fresh = Name("fresh");

    // The retry policy and an error.
    public static readonly JsonEncodedText MaxRetries = Name("max");
    public static readonly JsonEncodedText Delay = Name("wait");
    public static readonly JsonEncodedText JitterFactor = Name("jit");
    public static readonly JsonEncodedText MaxDelay = Name("cap");
    public static readonly JsonEncodedText Exceptions = Name("on");
    public static readonly JsonEncodedText Types = Name("t");
    public static readonly JsonEncodedText Message = Name("m");
    public static readonly JsonEncodedText Detail = Name("d");

    private static JsonEncodedText Name(string name) => JsonEncodedText.Encode(name);
}
