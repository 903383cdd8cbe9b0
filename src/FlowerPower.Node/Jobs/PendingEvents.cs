using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>Events of one entity on their way into a batch, and who waits for them.</summary>
internal sealed class PendingEvents
{
    /// <param name="next">The entity after them.</param>
    /// <param name="record">Its record, if that changes in the same step.</param>
    public PendingEvents(EventFrame[] frames, EntityState next, RecordChange? record)
    {
        (Frames, Next, Record) = (frames, next, record);
        Bytes = Frames.Sum(frame => (long)frame.Payload.Length) + (Record?.Body.Length ?? 0);
    }

    /// <summary>Encodes a job's events: by the job's own actor, so that the jobs of a shard are encoded side by side and outside its lock.</summary>
    /// <param name="next">The job after them.</param>
    /// <exception cref="ArgumentException">An event holds what cannot be stored.</exception>
    public static PendingEvents Of(IReadOnlyList<JobEvent> events, JobState next) =>
        new(Encode(events, next.EntityId!, next.Version - events.Count), next, NeedsRecord(events, next) ? JobRecords.Change(next) : null);

    /// <summary>The end of all that is known of a job: its record goes in the same step.</summary>
    /// <param name="former">The job before.</param>
    public static PendingEvents Of(JobEvent.Deleted deleted, JobState.Finished former) => new(
        Encode([deleted], former.EntityId!, former.Version), JobState.None, JobRecords.Deletion(former.EntityId!, former.Version + 1))
    { Deleted = former };

    /// <summary>The entity.</summary>
    public string Id => Next.EntityId ?? Deleted!.EntityId!;

    /// <summary>The job that goes; <see langword="null"/>: none does.</summary>
    public JobState.Finished? Deleted { get; private init; }

    public EventFrame[] Frames { get; }

    public EntityState Next { get; }

    /// <summary>What it adds to its batch.</summary>
    public long Bytes { get; }

    /// <summary>The entity's record, if it changes in the same step.</summary>
    public RecordChange? Record { get; }

    /// <summary>
    /// Its actor goes on where it is told, with little to do before its turn ends: a hop over the thread pool for each event would cost more than that.
    /// </summary>
    public TaskCompletionSource Stored { get; } = new();

    /// <summary>
    /// The record of a job that has ended says so at once, and that of one that waits again as well, because it still says that it ended. What an ended job was still told may stay in the log until the last of it.
    /// </summary>
    private static bool NeedsRecord(IReadOnlyList<JobEvent> events, JobState next) =>
        events is [JobEvent.Retried] || (next is JobState.Finished && !(next.IsLive && events is [JobEvent.NotesDelivered or JobEvent.KeyReleased]));

    private static EventFrame[] Encode(IReadOnlyList<JobEvent> events, string id, long version)
    {
        var frames = new EventFrame[events.Count];
        for (var i = 0; i < frames.Length; i++)
        {
            var (type, payload) = JobWire.Encode(events[i]);
            frames[i] = new EventFrame(id, ++version, type, payload);
        }

        return frames;
    }
}

/// <summary>How much goes into one batch.</summary>
internal sealed record JournalLimits
{
    /// <summary>Jobs' steps; 1 or more.</summary>
    public int BatchSteps { get; init; } = 4_000;

    /// <summary>
    /// Bytes before a batch is closed; one heavier step still goes alone. Records that are moved from the log are weighed apart. Far below what
    /// a store takes, because the greatest event and the greatest record come on top of it.
    /// </summary>
    public long BatchBytes { get; init; } = 32L << 20;

    /// <summary>Jobs that are moved from the log to their records with one batch, at least, while the log is too long.</summary>
    public int RecordsPerBatch { get; init; } = 256;
}
