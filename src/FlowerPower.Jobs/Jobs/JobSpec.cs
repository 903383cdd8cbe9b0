namespace FlowerPower.Jobs;

/// <summary>What a job is: fixed when it is enqueued, never changed afterwards.</summary>
/// <remarks>
/// A value outside its range throws <see cref="ArgumentException"/> where it is set, so every spec that exists can be run and stored.
/// Two specs are equal if everything in them is, the JSON byte by byte.
/// </remarks>
public sealed record JobSpec
{
    /// <summary>The job's id; enqueueing the same id again is a repetition, not a second job.</summary>
    public required JobId Id { get; init; }

    /// <summary>The pipeline's name in its project; never empty.</summary>
    public required string Pipeline { get; init => field = NotEmpty(value, "A job's pipeline name"); }

    /// <summary>The project's name; for people, and for workers that serve several projects.</summary>
    public string Project { get; init; } = "";

    /// <summary>The run's configuration as UTF-8 JSON (an object), merged already; the worker hands it to the pipeline as it is.</summary>
    public ReadOnlyMemory<byte> RunConfigJson { get; init; } = EmptyObject;

    /// <summary>The queue's name; never empty.</summary>
    public string Queue { get; init => field = NotEmpty(value, "A job's queue name"); } = DefaultQueue;

    /// <summary>The place inside the queue.</summary>
    public JobPriority Priority
    {
        get;
        init => field = value is JobPriority.High or JobPriority.Medium or JobPriority.Low
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Priority), value, "A job's priority must be high, medium or low; leave it out for medium.");
    } = JobPriority.Medium;

    /// <summary>What happens after a failed attempt.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>The longest that one attempt may run; <see langword="null"/>: no limit. Above zero.</summary>
    public TimeSpan? Timeout
    {
        get;
        init => field = value is { } limit ? AboveZero(limit, "A job's time-out", "leave it out for no limit") : null;
    }

    /// <summary>
    /// If no attempt has started by then, the job fails as <c>expired</c>; <see langword="null"/>: it waits for ever.
    /// A retry by hand is a wish to run it late, so expiry counts only before the first one.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How long a completed or cancelled job is kept. Above zero.</summary>
    public TimeSpan ResultRetention
    {
        get;
        init => field = AboveZero(value, "A job's result retention", "leave it out for 7 days");
    } = TimeSpan.FromDays(7);

    /// <summary>How long a failed job is kept. Above zero.</summary>
    public TimeSpan FailureRetention
    {
        get;
        init => field = AboveZero(value, "A job's failure retention", "leave it out for 30 days");
    } = TimeSpan.FromDays(30);

    /// <summary>A line for people.</summary>
    public string? Description { get; init; }

    /// <summary>Words to filter lists by; may be empty.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The caller's own data about the job, by name; may be empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = NoMetadata;

    /// <summary>The jobs that must have ended before this one may start; none twice, and not itself. May be empty.</summary>
    public IReadOnlyList<JobDependency> DependsOn
    {
        get;
        init => field = value.DistinctBy(parent => parent.Job).Count() == value.Count
            ? value
            : throw new ArgumentException("A job depends on another one once: name each only once.");
    } = [];

    /// <summary>
    /// A text that no two unfinished jobs have; <see langword="null"/>: none. The job's id is then made by <see cref="JobId.ForKey"/>. It is free again when the job has
    /// ended, but if it completed not before <see cref="UniqueFor"/> is over.
    /// </summary>
    public string? UniqueKey { get; init => field = value is "" ? throw new ArgumentException("A job's unique key must not be empty; leave it out for none.") : value; }

    /// <summary>How long after it was enqueued a completed job still holds its key; <see langword="null"/>: not at all. Above zero.</summary>
    public TimeSpan? UniqueFor
    {
        get;
        init => field = value is { } window ? AboveZero(window, "The time for which a job's key is unique", "leave it out for as long as the job has not ended") : null;
    }

    /// <summary>What runs when it has completed; <see langword="null"/>: nothing.</summary>
    public JobCallback? OnSuccess { get; init; }

    /// <summary>What runs when it has failed for good; <see langword="null"/>: nothing. A cancelled job has not failed.</summary>
    public JobCallback? OnFailure { get; init; }

    /// <summary>The queue of a job that names none.</summary>
    public const string DefaultQueue = "default";

    private static readonly byte[] EmptyObject = [(byte)'{', (byte)'}'];

    private static readonly IReadOnlyDictionary<string, string> NoMetadata =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <inheritdoc/>
    public bool Equals(JobSpec? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Id == other.Id && Pipeline == other.Pipeline && Project == other.Project && Queue == other.Queue
            && Priority == other.Priority && Retry == other.Retry && Timeout == other.Timeout && ExpiresAt == other.ExpiresAt
            && ResultRetention == other.ResultRetention && FailureRetention == other.FailureRetention
            && Description == other.Description && RunConfigJson.Span.SequenceEqual(other.RunConfigJson.Span)
            && DependsOn.SequenceEqual(other.DependsOn) && OnSuccess == other.OnSuccess && OnFailure == other.OnFailure
            && UniqueKey == other.UniqueKey && UniqueFor == other.UniqueFor
            && Tags.SequenceEqual(other.Tags) && SameMetadata(Metadata, other.Metadata));

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    private static bool SameMetadata(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static string NotEmpty(string value, string name) =>
        string.IsNullOrEmpty(value) ? throw new ArgumentException($"{name} must not be empty.") : value;

    private static TimeSpan AboveZero(TimeSpan value, string name, string remedy) =>
        value > TimeSpan.Zero ? value : throw new ArgumentException($"{name} must be above zero, not {value:c}; {remedy}.");
}
