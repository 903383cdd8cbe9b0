using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// One shard's single writer: gathers events of its jobs into group commits, keeps the chain of tokens, and moves jobs from the log
/// to their records bit by bit, so that the log stays short and no checkpoint makes anybody wait.
/// </summary>
/// <remarks>
/// While one append is in flight, the next events gather. A <see cref="ShardAppender"/> sends them; an outcome that says "not yours (any
/// more)" ends this journal: it fails everything that waits, and tells <paramref name="onLost"/> once.
/// </remarks>
internal sealed class ShardJournal(
    IShardStore store,
    int shard,
    ShardOwner me,
    ClaimId? replaced,
    JobNodeParts parts,
    Action<Exception> onLost)
{
    private const int MaxBatchEvents = 4_000;
    private const int RecordsPerBatch = 256;

    /// <summary>What a batch may weigh before it is closed; one heavier event still goes alone.</summary>
    private const long MaxBatchBytes = 32L << 20;

    private readonly ShardAppender appender = new(store, shard, me, replaced, parts);
    private readonly Lock gate = new();
    private readonly Dictionary<JobId, DirtyJob> dirty = [];
    private readonly Queue<(JobId Id, long FirstSequence)> dirtyByAge = [];
    private readonly Dictionary<JobId, JobState> moving = []; // on their way to their records, in the batch in flight
    private readonly Queue<(long Sequence, int Events)> log = [];
    private List<Pending> gathering = [];
    private int logEvents;
    private long sequence;
    private long cutThrough;
    private BatchToken token;
    private bool writing;
    private bool isDoubted;
    private Exception? lost;
    private TaskCompletionSource? idle;

    /// <summary>The jobs of this shard that are not finished.</summary>
    public LiveJobs Live { get; } = new();

    /// <summary>Why the store does not take what is to be written, while it is tried again; <see langword="null"/> if it does.</summary>
    public string? StoreProblem => appender.Problem;

    /// <summary>When some job's clock must be looked at.</summary>
    public ClockChecks Clock { get; } = new();

    /// <summary>Take up the chain where recovery found it.</summary>
    internal void Resume(ShardHead head, IEnumerable<(long Sequence, int Events)> entries)
    {
        sequence = head.Sequence;
        token = head.Token;
        appender.Begin(token);
        cutThrough = head.CutThrough;
        foreach (var entry in entries)
        {
            log.Enqueue(entry);
            logEvents += entry.Events;
        }
    }

    /// <summary>A live job that recovery found in the log: its record is older than <paramref name="state"/>, or missing.</summary>
    internal void ResumeDirty(JobState state, long firstSequence) => MarkDirty(state, firstSequence);

    /// <summary>The job as of its last stored event.</summary>
    public async ValueTask<JobState> LoadAsync(JobId id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (dirty.TryGetValue(id, out var job))
            {
                return job.State;
            }

            if (moving.TryGetValue(id, out var state))
            {
                return state;
            }
        }

        var record = await store.ReadRecordAsync(shard, id.Value, cancellationToken).ConfigureAwait(false);
        return record is null ? JobState.None : JobWire.DecodeRecord(record.Body);
    }

    /// <summary>Store events of one job; done when they are stored.</summary>
    /// <param name="next">The job after them.</param>
    /// <exception cref="ShardLostException">The shard is not this node's any more; whether the events were stored is known to its new owner.</exception>
    /// <exception cref="ArgumentException">An event holds what cannot be stored; nothing was.</exception>
    public Task AppendAsync(IReadOnlyList<JobEvent> events, JobState next)
    {
        var pending = new Pending(Encode(events, next), next, isRetry: events is [JobEvent.Retried]);
        lock (gate)
        {
            if (lost is not null)
            {
                return Task.FromException(lost);
            }

            gathering.Add(pending);
            if (writing)
            {
                return pending.Stored.Task;
            }

            writing = true;
        }

        _ = WriteAsync();
        return pending.Stored.Task;
    }

    /// <summary>Write every live job's record and cut the log; called when no events come any more.</summary>
    public async Task CheckpointAsync()
    {
        while (true)
        {
            Task? wait = null;
            lock (gate)
            {
                if (lost is not null || (!writing && dirty.Count == 0 && logEvents == 0))
                {
                    return;
                }

                if (writing)
                {
                    idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    wait = idle.Task;
                }
                else
                {
                    writing = true;
                }
            }

            await (wait ?? WriteAsync(checkpointAll: true)).ConfigureAwait(false);
        }
    }

    /// <summary>Compare the store's end of the chain with this one by an empty batch, because the store may have gone back.</summary>
    public void Compare()
    {
        lock (gate)
        {
            isDoubted = true;
            if (writing || lost is not null)
            {
                return; // what is being written finds out
            }

            writing = true;
        }

        _ = WriteAsync();
    }

    /// <summary>What this node knows of its jobs, for the case that the store knows less.</summary>
    public ShardMemory Remember()
    {
        lock (gate)
        {
            var states = dirty.Values.Select(job => job.State).Concat(moving.Values);
            return ShardMemory.Of(appender.Recent.All, states, Live.Ids());
        }
    }

    private async Task WriteAsync(bool checkpointAll = false)
    {
        while (true)
        {
            List<Pending> batch;
            ShardBatch entry;
            lock (gate)
            {
                if (lost is not null || (gathering.Count == 0 && !checkpointAll && !isDoubted))
                {
                    writing = false;
                    idle?.TrySetResult();
                    idle = null;
                    return;
                }

                batch = TakeBatch();
                try
                {
                    entry = Build(batch, checkpointAll);
                }
                catch (Exception error)
                {
                    Lose(new ShardLostException($"Shard {shard} cannot write what it holds: {error.Message}", error), batch);
                    return;
                }

                checkpointAll = false;
                isDoubted = false;
            }

            var failure = await appender.StoreAsync(entry).ConfigureAwait(false);
            if (failure is not null)
            {
                Lose(failure, batch);
                return;
            }

            Commit(entry, batch);
        }
    }

    private List<Pending> TakeBatch()
    {
        long bytes = 0;
        var count = 0;
        while (count < gathering.Count && count < MaxBatchEvents && (count == 0 || bytes + gathering[count].Bytes <= MaxBatchBytes))
        {
            bytes += gathering[count].Bytes;
            count++;
        }

        var batch = gathering;
        if (count == batch.Count)
        {
            gathering = [];
            return batch;
        }

        gathering = batch[count..];
        return batch[..count];
    }

    private ShardBatch Build(List<Pending> batch, bool checkpointAll)
    {
        var events = new List<EventFrame>(batch.Count);
        var records = new List<RecordChange>();
        foreach (var pending in batch)
        {
            var id = pending.Next.History!.Spec.Id;
            events.AddRange(pending.Frames);
            if (pending.Record is not null)
            {
                records.Add(pending.Record!);
                dirty.Remove(id);
            }
            else
            {
                MarkDirty(pending.Next, sequence + 1);
            }
        }

        if (checkpointAll || logEvents + events.Count > parts.Options.LogEvents)
        {
            MoveToRecords(records, checkpointAll ? int.MaxValue : Math.Max(RecordsPerBatch, events.Count * 2), newest: sequence);
        }

        return new ShardBatch
        {
            Shard = shard,
            Claim = me.Claim,
            Previous = token,
            Token = new BatchToken(parts.Options.Chance.NextGuid()),
            Events = events,
            Records = records,
            CutThrough = Cut(records.Count > 0 || checkpointAll),
        };
    }

    private void MarkDirty(JobState state, long firstSequence)
    {
        var id = state.History!.Spec.Id;
        if (dirty.TryGetValue(id, out var known))
        {
            dirty[id] = known with { State = state };
            return;
        }

        dirty[id] = new DirtyJob(state, firstSequence);
        dirtyByAge.Enqueue((id, firstSequence));
    }

    private void MoveToRecords(List<RecordChange> records, int atMost, long newest)
    {
        var moved = 0;
        long bytes = 0;
        while (moved < atMost && bytes < MaxBatchBytes && dirtyByAge.TryPeek(out var oldest) && oldest.FirstSequence <= newest)
        {
            dirtyByAge.Dequeue();
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
    private long? Cut(bool worthwhile)
    {
        while (dirtyByAge.TryPeek(out var oldest)
            && !(dirty.TryGetValue(oldest.Id, out var job) && job.FirstSequence == oldest.FirstSequence))
        {
            dirtyByAge.Dequeue(); // finished, or written, since it was queued
        }

        var through = dirtyByAge.TryPeek(out var first) ? Math.Min(first.FirstSequence - 1, sequence) : sequence;
        var enough = worthwhile && (logEvents > parts.Options.LogEvents / 2 || dirty.Count == 0);
        return enough && through > cutThrough ? through : null;
    }

    private void Commit(ShardBatch entry, List<Pending> batch)
    {
        lock (gate)
        {
            sequence++;
            token = entry.Token;
            moving.Clear();
            log.Enqueue((sequence, entry.Events.Count));
            logEvents += entry.Events.Count;
            if (entry.CutThrough is { } through)
            {
                cutThrough = through;
                while (log.TryPeek(out var oldest) && oldest.Sequence <= through)
                {
                    logEvents -= log.Dequeue().Events;
                }
            }
        }

        foreach (var pending in batch)
        {
            Live.Apply(pending.Next);
            Clock.Set(pending.Next.History!.Spec.Id, JobLifecycle.NextClockCheck(pending.Next));
            pending.Stored.SetResult();
        }
    }

    private void Lose(Exception failure, List<Pending> batch)
    {
        List<Pending> waiting;
        lock (gate)
        {
            lost = failure;
            waiting = [.. batch, .. gathering];
            gathering = [];
            writing = false;
            idle?.TrySetResult();
            idle = null;
        }

        onLost(failure);
        foreach (var pending in waiting)
        {
            pending.Stored.SetException(failure);
        }
    }

    /// <summary>By the job's own actor, so that the jobs of a shard are encoded side by side and outside its lock.</summary>
    private static EventFrame[] Encode(IReadOnlyList<JobEvent> events, JobState next)
    {
        var id = next.History!.Spec.Id.Value;
        var version = next.Version - events.Count;
        var frames = new EventFrame[events.Count];
        for (var i = 0; i < frames.Length; i++)
        {
            var (type, payload) = JobWire.Encode(events[i]);
            frames[i] = new EventFrame(id, ++version, type, payload);
        }

        return frames;
    }

    private sealed class Pending(EventFrame[] frames, JobState next, bool isRetry)
    {
        public EventFrame[] Frames { get; } = frames;

        public JobState Next { get; } = next;

        /// <summary>What it adds to its batch.</summary>
        public long Bytes => Frames.Sum(frame => (long)frame.Payload.Length) + (Record?.Body.Length ?? 0);

        /// <summary>A job that ends changes its record in the same step; so does one that waits again, whose record still says that it ended.</summary>
        public RecordChange? Record { get; } = isRetry || next is JobState.Finished ? JobRecords.Change(next) : null;

        public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly record struct DirtyJob(JobState State, long FirstSequence);
}

/// <summary>The shard is not this node's any more, or its store failed: whoever owns it next reads what was stored.</summary>
internal class ShardLostException(string message, Exception? inner = null) : Exception(message, inner);
