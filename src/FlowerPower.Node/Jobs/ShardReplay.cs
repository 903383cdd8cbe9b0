using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>An entity after replay, and where the log first speaks of it beyond its record.</summary>
/// <param name="FirstSequence"><see langword="null"/> if the record says everything.</param>
internal readonly record struct ReplayedEntity(EntityState State, long? FirstSequence);

/// <summary>Folds a shard's log over its records. Events that a record has already are skipped by their version.</summary>
internal sealed class ShardReplay
{
    private readonly Dictionary<string, List<(long Sequence, EventFrame Frame)>> events = [];

    /// <summary>Take in a log entry; entries come in order.</summary>
    public void Add(LogEntry entry)
    {
        foreach (var frame in entry.Events)
        {
            if (frame.Type == JobWireTypes.Deleted)
            {
                events.Remove(frame.EntityId); // its record went with it; one that is there is of a later life of the id
                continue;
            }

            if (!events.TryGetValue(frame.EntityId, out var list))
            {
                events[frame.EntityId] = list = [];
            }

            if (frame.Version == 1)
            {
                // An id that was pruned (which no event says) may be enqueued again while its former life is still in the log. A record is always the latest life's.
                list.Clear();
            }

            list.Add((entry.Sequence, frame));
        }
    }

    /// <summary>The entity after its record and its events; it is not <see cref="Unfinished"/> any more.</summary>
    /// <exception cref="StoreCorruptException">Its events do not follow its record.</exception>
    public ReplayedEntity Finish(EntityState recorded, string entityId)
    {
        if (!events.Remove(entityId, out var frames))
        {
            return new ReplayedEntity(recorded, null);
        }

        if (recorded is JobState.Absent && frames[0].Frame.Version > 1 && IsEnd(frames))
        {
            return new ReplayedEntity(JobState.None, null); // it ended, and was pruned; the log still tells its last steps
        }

        var state = recorded;
        long? first = null;
        foreach (var (sequence, frame) in frames)
        {
            if (frame.Version <= state.Version)
            {
                continue;
            }

            if (frame.Version != state.Version + 1)
            {
                throw new StoreCorruptException(
                    $"'{entityId}' stands at event {state.Version}, and the log goes on with event {frame.Version}: events are missing. "
                    + "Restore a copy of the store, or delete its record.");
            }

            state = Entities.Evolve(state, frame);
            first ??= sequence;
        }

        return new ReplayedEntity(state, first);
    }

    /// <summary>Was the end of a job the last that happened to it, but for what it told others of it?</summary>
    private static bool IsEnd(List<(long Sequence, EventFrame Frame)> frames)
    {
        var last = frames.FindLast(frame => frame.Frame.Type is not (JobWireTypes.NotesDelivered or JobWireTypes.KeyReleased)).Frame;
        return last.Type is null || JobWire.DecodeEvent(last.Type, last.Payload) is JobEvent.Completed or JobEvent.Failed or JobEvent.Cancelled or JobEvent.Kept;
    }

    /// <summary>Jobs that only the log has spoken of so far; a snapshot.</summary>
    public IReadOnlyList<string> Unfinished() => [.. events.Keys];
}
