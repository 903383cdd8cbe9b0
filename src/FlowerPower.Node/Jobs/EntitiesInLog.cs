using System.Diagnostics.CodeAnalysis;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// The live entities of a shard whose newest state is in its log only, and how long that log is: what has to go to records before the log can be
/// cut, oldest first. A plain data structure: its journal's lock guards it.
/// </summary>
internal sealed class EntitiesInLog
{
    private readonly Dictionary<string, DirtyEntity> dirty = [];
    private readonly Queue<(string Id, long FirstSequence)> byAge = [];
    private readonly Dictionary<string, EntityState> moving = []; // on their way to their records, in the batch in flight
    private readonly Queue<(long Sequence, int Events)> entries = [];
    private long cutThrough;

    /// <summary>Events in the log, by their <see cref="LogWeight"/>.</summary>
    public int Events { get; private set; }

    /// <summary>Entities whose newest state is in the log only.</summary>
    public int Count => dirty.Count;

    /// <summary>The newest states of those, and of those on their way to their records.</summary>
    public IEnumerable<EntityState> States => dirty.Values.Select(job => job.State).Concat(moving.Values).Where(state => state.EntityId is not null);

    /// <summary>The log as recovery found it.</summary>
    public void Resume(long cutThrough, IEnumerable<(long Sequence, int Events)> found)
    {
        this.cutThrough = cutThrough;
        foreach (var entry in found)
        {
            entries.Enqueue(entry);
            Events += entry.Events;
        }
    }

    /// <summary>An entity's state, if its record does not tell it (yet).</summary>
    public bool TryGet(string id, [NotNullWhen(true)] out EntityState? state)
    {
        state = dirty.TryGetValue(id, out var job) ? job.State : moving.GetValueOrDefault(id);
        return state is not null;
    }

    /// <summary>An entity's newest state is in the log.</summary>
    /// <param name="sequence">The entry that holds it.</param>
    public void Mark(EntityState state, long sequence)
    {
        var id = state.EntityId!;
        if (dirty.TryGetValue(id, out var known))
        {
            dirty[id] = known with { State = state };
            return;
        }

        dirty[id] = new DirtyEntity(state, sequence);
        byAge.Enqueue((id, sequence));
    }

    /// <summary>The batch that is built has the entity's record, which tells all. Until it is stored the entity is not forgotten: that may show that the store lost it.</summary>
    /// <param name="state">One that does not exist: the batch takes the record away.</param>
    public void MoveToRecord(string id, EntityState state)
    {
        dirty.Remove(id);
        moving[id] = state;
    }

    /// <summary>Take the oldest entities to their records.</summary>
    /// <param name="records">Their records are added here.</param>
    /// <param name="atMost">So many entities.</param>
    /// <param name="atMostBytes">No further one once they have so many bytes.</param>
    /// <param name="newest">Only those that the log speaks of up to here.</param>
    public void MoveToRecords(List<RecordChange> records, int atMost, long atMostBytes, long newest)
    {
        var moved = 0;
        long bytes = 0;
        while (moved < atMost && bytes < atMostBytes && byAge.TryPeek(out var oldest) && oldest.FirstSequence <= newest)
        {
            byAge.Dequeue();
            if (dirty.TryGetValue(oldest.Id, out var job) && job.FirstSequence == oldest.FirstSequence)
            {
                var record = Entities.RecordOf(job.State);
                records.Add(record);
                bytes += record.Body.Length;
                dirty.Remove(oldest.Id);
                moving[oldest.Id] = job.State;
                moved++;
            }
        }
    }

    /// <summary>How far the log is not needed: before the first event of the oldest entity that lives only in it.</summary>
    /// <param name="sequence">The log's last entry.</param>
    /// <returns><see langword="null"/> if the log is needed as far as it goes, or no further than where it was cut.</returns>
    public long? CutPoint(long sequence)
    {
        while (byAge.TryPeek(out var oldest)
            && !(dirty.TryGetValue(oldest.Id, out var job) && job.FirstSequence == oldest.FirstSequence))
        {
            byAge.Dequeue(); // finished, or written, since it was queued
        }

        var through = byAge.TryPeek(out var first) ? Math.Min(first.FirstSequence - 1, sequence) : sequence;
        return through > cutThrough ? through : null;
    }

    /// <summary>The batch in flight is stored.</summary>
    /// <param name="sequence">As this entry.</param>
    /// <param name="events">With so many events.</param>
    /// <param name="cut">And the log was cut through here; <see langword="null"/>: it was not.</param>
    public void Stored(long sequence, int events, long? cut)
    {
        moving.Clear();
        entries.Enqueue((sequence, events));
        Events += events;
        if (cut is { } through)
        {
            cutThrough = through;
            while (entries.TryPeek(out var oldest) && oldest.Sequence <= through)
            {
                Events -= entries.Dequeue().Events;
            }
        }
    }

    private readonly record struct DirtyEntity(EntityState State, long FirstSequence);
}
