namespace FlowerPower.Jobs;

/// <summary>What a job is: fixed when it is enqueued, never changed afterwards.</summary>
public sealed record JobSpec
{
    /// <summary>The job's id; enqueueing the same id again is a repetition, not a second job.</summary>
    public required JobId Id { get; init; }

    /// <summary>The pipeline's name in its project.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The project's name; for people, and for workers that serve several projects.</summary>
    public string Project { get; init; } = "";

    /// <summary>The run's configuration as UTF-8 JSON (an object), merged already; the worker hands it to the pipeline as it is.</summary>
    public ReadOnlyMemory<byte> RunConfigJson { get; init; } = "{}"u8.ToArray();

    /// <summary>The queue's name.</summary>
    public string Queue { get; init; } = DefaultQueue;

    /// <summary>The place inside the queue.</summary>
    public JobPriority Priority { get; init; } = JobPriority.Medium;

    /// <summary>What happens after a failed attempt.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>The longest that one attempt may run; <see langword="null"/>: no limit. Above zero.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>If no attempt has started by then, the job fails as <c>expired</c>; <see langword="null"/>: it waits for ever.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How long a completed or cancelled job is kept. Above zero.</summary>
    public TimeSpan ResultRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a failed job is kept. Above zero.</summary>
    public TimeSpan FailureRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>A line for people.</summary>
    public string? Description { get; init; }

    /// <summary>Words to filter lists by; may be empty.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The caller's own data about the job, by name; may be empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = NoMetadata;

    /// <summary>The queue of a job that names none.</summary>
    public const string DefaultQueue = "default";

    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();
}
