using System.Collections.Concurrent;
using FlowerPower.Jobs;
using FlowerPower.Storage;

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
    private readonly JournalLimits limits = parts.Options.Journal;
    private readonly ShardAppender appender = new(store, shard, me, replaced, parts);
    private readonly Lock gate = new();
    private readonly EntitiesInLog log = new();
    private List<PendingEvents> gathering = [];
    private long sequence;
    private BatchToken token;
    private bool writing;
    private bool isDoubted;
    private Exception? lost;
    private string? readProblem;
    private TaskCompletionSource? idle;

    /// <summary>Its number.</summary>
    public int Shard => shard;

    /// <summary>The jobs of this shard that are not finished.</summary>
    public LiveJobs Live { get; } = new();

    /// <summary>Why the store does not take what is to be written, while it is tried again; <see langword="null"/> if it does.</summary>
    public string? StoreProblem => appender.Problem;

    /// <summary>Why the store did not give the last record that was asked for; <see langword="null"/> if it did.</summary>
    public string? ReadProblem => Volatile.Read(ref readProblem);

    /// <summary>Which of its jobs has which unique key.</summary>
    public UniqueKeys Keys { get; } = new();

    /// <summary>The gates of its queues that have settings, or jobs with permits.</summary>
    public ConcurrentDictionary<string, QueueGate> Gates { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Of jobs that waited when their queue's gate asked: the permit under which they may not start any more. Not stored: a grant that was made before the shard was read
    /// again is void anyway.
    /// </summary>
    public ConcurrentDictionary<JobId, long> VoidPermits { get; } = new();

    /// <summary>When some job's clock must be looked at.</summary>
    public ClockChecks Clock { get; } = new();

    /// <summary>Take up the chain where recovery found it.</summary>
    internal void Resume(ShardHead head, IEnumerable<(long Sequence, int Events)> entries)
    {
        sequence = head.Sequence;
        token = head.Token;
        appender.Begin(token);
        log.Resume(head.CutThrough, entries);
    }

    /// <summary>A live job that recovery found in the log: its record is older than <paramref name="state"/>, or missing.</summary>
    internal void ResumeDirty(EntityState state, long firstSequence) => log.Mark(state, firstSequence);

    /// <summary>The entity as of its last stored event.</summary>
    public async ValueTask<EntityState> LoadAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (log.TryGet(id, out var state))
            {
                return state;
            }
        }

        StoredRecord? record;
        try
        {
            record = await store.ReadRecordAsync(shard, id, cancellationToken);
            Volatile.Write(ref readProblem, null);
        }
        catch (StoreUnavailableException unavailable)
        {
            Volatile.Write(ref readProblem, unavailable.Message);
            throw;
        }

        return record is null ? Entities.None(id) : Entities.Decode(record);
    }

    /// <summary>Store events of one entity; done when they are stored.</summary>
    /// <exception cref="ShardLostException">The shard is not this node's any more; whether the events were stored is known to its new owner.</exception>
    public Task AppendAsync(PendingEvents pending)
    {
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
                if (lost is not null || (!writing && log.Count == 0 && log.Events == 0))
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

            await (wait ?? WriteAsync(checkpointAll: true));
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
            return ShardMemory.Of(appender.Recent.All, log.States, Live.Ids());
        }
    }

    private async Task WriteAsync(bool checkpointAll = false)
    {
        while (true)
        {
            List<PendingEvents> batch;
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

            var failure = await appender.StoreAsync(entry, sequence);
            if (failure is not null)
            {
                Lose(failure, batch);
                return;
            }

            Commit(entry, batch);
        }
    }

    private List<PendingEvents> TakeBatch()
    {
        long bytes = 0;
        var count = 0;
        while (count < gathering.Count && count < limits.BatchSteps && (count == 0 || bytes + gathering[count].Bytes <= limits.BatchBytes))
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

    private ShardBatch Build(List<PendingEvents> batch, bool checkpointAll)
    {
        var events = new List<EventFrame>(batch.Count);
        var records = new List<RecordChange>();
        foreach (var pending in batch)
        {
            events.AddRange(pending.Frames);
            if (pending.Record is not null)
            {
                records.Add(pending.Record);
                log.MoveToRecord(pending.Id, pending.Next);
            }
            else
            {
                log.Mark(pending.Next, sequence + 1);
            }
        }

        if (checkpointAll || log.Events + LogWeight.Of(events) > parts.Options.LogEvents)
        {
            var atMost = checkpointAll ? int.MaxValue : Math.Max(limits.RecordsPerBatch, events.Count * 2);
            log.MoveToRecords(records, atMost, limits.BatchBytes, newest: sequence);
        }

        var cut = log.CutPoint(sequence);
        var isWorthwhile = (records.Count > 0 || checkpointAll) && (log.Events > parts.Options.LogEvents / 2 || log.Count == 0);

        return new ShardBatch
        {
            Shard = shard,
            Claim = me.Claim,
            Previous = token,
            Token = new BatchToken(parts.Options.Chance.NextGuid()),
            Events = events,
            Records = records,
            CutThrough = isWorthwhile ? cut : null,
        };
    }

    private void Commit(ShardBatch entry, List<PendingEvents> batch)
    {
        lock (gate)
        {
            sequence++;
            token = entry.Token;
            log.Stored(sequence, LogWeight.Of(entry.Events), entry.CutThrough);
        }

        foreach (var pending in batch)
        {
            Apply(pending.Next);
            if (pending.Deleted is { } gone)
            {
                Forget(gone);
            }

            pending.Stored.SetResult();
        }
    }

    /// <summary>Take in an entity as it is stored.</summary>
    public void Apply(EntityState state)
    {
        if (state is QueueGate gate)
        {
            if (gate.IsLive)
            {
                Gates[gate.Queue] = gate;
            }
            else
            {
                Gates.TryRemove(gate.Queue, out _);
            }
        }

        if (state is JobState job and not JobState.Absent)
        {
            Live.Apply(job);
            Keys.Apply(job);
            if (job is JobState.Finished)
            {
                VoidPermits.TryRemove(job.History!.Spec.Id, out _);
            }

            Clock.Set(job.History!.Spec.Id, JobLifecycle.NextClockCheck(job));
        }
    }

    /// <summary>A job that had ended is there no more.</summary>
    private void Forget(JobState.Finished job)
    {
        Clock.Set(job.Trail.Spec.Id, null);
        if (job.Trail.Spec.UniqueKey is { } key)
        {
            Keys.Release(key, job.Trail.Spec.Id);
        }
    }

    private void Lose(Exception failure, List<PendingEvents> batch)
    {
        List<PendingEvents> waiting;
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
}
