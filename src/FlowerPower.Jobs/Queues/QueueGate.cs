using System.Collections.Immutable;

namespace FlowerPower.Jobs;

/// <summary>
/// A queue's settings, and who has its leave to run: the one place for all nodes, so that a limit is exact. Jobs of a queue with settings run with a permit that is
/// stored before they start.
/// </summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Permits">Who has leave to run, by job.</param>
/// <param name="LastPermit">The number of the newest permit that there ever was.</param>
/// <param name="Starts">When permits were given, oldest first: as far back as the rate looks.</param>
/// <param name="Changes">Who set what, newest last; at most <see cref="MaxChanges"/>.</param>
public sealed record QueueGate(
    string Queue,
    QueueSettings Settings,
    ImmutableDictionary<JobId, QueuePermit> Permits,
    long LastPermit,
    ImmutableList<DateTimeOffset> Starts,
    ImmutableList<QueueChanged> Changes) : EntityState
{
    /// <summary>The greatest length of <see cref="Changes"/>.</summary>
    public const int MaxChanges = 50;

    /// <summary>The greatest length of a queue's name that can have settings, in characters.</summary>
    public const int MaxNameLength = 100;

    private const string Prefix = "queue:";

    /// <inheritdoc/>
    public override string? EntityId => Version == 0 ? null : IdOf(Queue);

    /// <summary>It has settings, or somebody has leave to run.</summary>
    public override bool IsLive => Version > 0 && !(Settings.IsPlain && Permits.IsEmpty);

    /// <summary>The id of a queue's gate in the store. No job has such an id.</summary>
    public static string IdOf(string queue) => Prefix + queue;

    /// <summary>Is it the id of a gate?</summary>
    public static bool IsId(string entityId) => entityId.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The queue of a gate's id.</summary>
    public static string QueueOf(string entityId) => entityId[Prefix.Length..];

    /// <summary>A queue for which nothing was ever set.</summary>
    public static QueueGate Of(string queue) => new(queue, QueueSettings.Plain, ImmutableDictionary<JobId, QueuePermit>.Empty, 0, [], []);

    /// <inheritdoc/>
    public bool Equals(QueueGate? other) =>
        other is not null && Version == other.Version && Queue == other.Queue && Settings == other.Settings && LastPermit == other.LastPermit
        && Starts.SequenceEqual(other.Starts) && Changes.SequenceEqual(other.Changes)
        && Permits.Count == other.Permits.Count && Permits.All(p => other.Permits.TryGetValue(p.Key, out var permit) && permit == p.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Queue, Version);
}

/// <summary>A job's leave to run one attempt.</summary>
/// <param name="Number">1 or more; never used twice by one queue.</param>
/// <param name="IsAdopted">The job ran already when the limit was set.</param>
public sealed record QueuePermit(long Number, DateTimeOffset GivenAt, bool IsAdopted = false);

/// <summary>Somebody set a queue's settings.</summary>
public sealed record QueueChanged(DateTimeOffset At, string By, QueueSettings Settings);

/// <summary>Something that happened to a queue's gate. A shipped event is never edited.</summary>
public abstract record QueueGateEvent
{
    private QueueGateEvent() { } // closed: every event is nested here

    /// <summary>When; UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Its settings are these now.</summary>
    public sealed record Changed(string By, QueueSettings Settings) : QueueGateEvent;

    /// <summary>A job may run an attempt.</summary>
    public sealed record PermitGiven(JobId Job, long Number, bool IsAdopted = false) : QueueGateEvent;

    /// <summary>A job runs no more under its permit.</summary>
    public sealed record PermitReturned(JobId Job, long Number) : QueueGateEvent;
}

/// <summary>The answer to a job that asks for leave to run.</summary>
/// <param name="Permit">Its permit's number; <see langword="null"/>: it has to wait.</param>
/// <param name="Why">What it waits for; <see langword="null"/> if it does not.</param>
/// <param name="At">When it is worth asking again; <see langword="null"/>: when something changes.</param>
public readonly record struct QueueAnswer(long? Permit, QueueHold? Why = null, DateTimeOffset? At = null);

/// <summary>What holds up the jobs of a queue.</summary>
public enum QueueHold
{
    /// <summary>Somebody paused it.</summary>
    Paused = 1,

    /// <summary>As many run as may.</summary>
    Concurrency = 2,

    /// <summary>As many have started lately as may.</summary>
    Rate = 3,
}
