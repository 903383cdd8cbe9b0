using System.Diagnostics.CodeAnalysis;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// The live jobs of a shard whose newest state is in its log only, and how long that log is: what has to go to records before the log can be
/// cut, oldest first. A plain data structure: its journal's lock guards it.
/// </summary>
internal sealed class JobsInLog
{
    private readonly Dictionary<JobId, DirtyJob> dirty = [];
    private readonly Queue<(JobId Id, long FirstSequence)> byAge = [];
    private readonly Dictionary<JobId, JobState> moving = []; // on their way to their records, in the batch in flight
    private readonly Queue<(long Sequence, int Events)> entries = [];
    private long cutThrough;

    /// <summary>Events in the log.</summary>
    public int Events { get; private set; }

    /// <summary>Jobs whose newest state is in the log only.</summary>
    public int Count => dirty.Count;

    /// <summary>The newest states of those jobs, and of those on their way to their records.</summary>
    public IEnumerable<JobState> States => dirty.Values.Select(job => job.State).Concat(moving.Values);

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

    /// <summary>The job's state, if its record does not tell it (yet).</summary>
    public bool TryGet(JobId id, [NotNullWhen(true)] out JobState? state)
    {
        state = dirty.TryGetValue(id, out var job) ? job.State : moving.GetValueOrDefault(id);
        return state is not null;
    }

    /// <summary>The job's newest state is in the log.</summary>
    /// <param name="sequence">The entry that holds it.</param>
    public void Mark(JobState state, long sequence)
    {
        var id = state.History!.Spec.Id;
        if (dirty.TryGetValue(id, out var known))
        {
            dirty[id] = known with { State = state };
            return;
        }

        dirty[id] = new DirtyJob(state, sequence);
        byAge.Enqueue((id, sequence));
    }

    /// <summary>The batch that is built has the job's record, which tells all. Until it is stored the job is not forgotten: that may show that the store lost it.</summary>
    public void MoveToRecord(JobState state)
    {
        var id = state.History!.Spec.Id;
        dirty.Remove(id);
        moving[id] = state;
    }

    /// <summary>Take the oldest jobs to their records.</summary>
    /// <param name="records">Their records are added here.</param>
    /// <param name="atMost">So many jobs.</param>
    /// <param name="atMostBytes">No further one once they have so many bytes.</param>
    /// <param name="newest">Only jobs that the log speaks of up to here.</param>
    public void MoveToRecords(List<RecordChange> records, int atMost, long atMostBytes, long newest)
    {
        var moved = 0;
        long bytes = 0;
        while (moved < atMost && bytes < atMostBytes && byAge.TryPeek(out var oldest) && oldest.FirstSequence <= newest)
        {
            byAge.Dequeue();
            if (dirty.TryGetValue(oldest.Id, out var job) && job.FirstSequence == oldest.FirstSequence)
            {
                var record = JobRecords.Change(job.State);
                records.Add(record);
                bytes += record.Body.Length;
                dirty.Remove(oldest.Id);
                moving[oldest.Id] = job.State;
                moved++;
            }
        }
    }

    /// <summary>How far the log is not needed: before the first event of the oldest job that lives only in it.</summary>
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

    private readonly record struct DirtyJob(JobState State, long FirstSequence);
}
