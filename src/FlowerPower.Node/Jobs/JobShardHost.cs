using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Queues;
using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>What one shard of jobs is made of: claims it, recovers it, and knows its journal.</summary>
internal sealed class JobShardHost(int shard, IShardStore store, JobNodeParts parts) : IShardHost
{
    private const int PageOfLog = 256;
    private const int PageOfLive = 1_000;

    private readonly ShardOwner me = new(parts.WorkerId.Value, new ClaimId(parts.Options.Chance.NextGuid()));
    private ShardJournal? journal;
    private bool hasAskedForClaim;
    private ITimer? clockTimer;
    private ITimer? pruneTimer;

    /// <summary>Who holds the shard may change in between, so the claim is tried against what is read, until it is granted.</summary>
    public async ValueTask StartAsync(IShardContext context, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(context, cancellationToken);
        }
        catch (Exception error)
        {
            parts.CannotServe(shard, error);
            if (parts.IsCluster && hasAskedForClaim)
            {
                // Nobody calls StopAsync then, and the shard may be told to go to another node: that one waits for this claim's end.
                await ReleaseAsync();
            }

            throw;
        }
    }

    private async Task OpenAsync(IShardContext context, CancellationToken cancellationToken)
    {
        await parts.Complete.Task.WaitAsync(cancellationToken);
        var (head, replaced) = await ClaimAsync(cancellationToken);
        List<EntityState> live;
        while (true)
        {
            journal = new ShardJournal(store, shard, me, replaced, parts, why => Fail(context, why));
            live = await RecoverInTurnAsync(head, cancellationToken);
            if (parts.Memories[shard] is not { } memory)
            {
                break;
            }

            await new ShardRescue(store, shard, me, parts).RunAsync(memory, head, live, cancellationToken);
            parts.Memories[shard] = null;
            head = await store.ReadHeadAsync(shard, cancellationToken);
        }

        foreach (var state in live)
        {
            journal.Apply(state);
        }

        // Before anything is offered: a broker that starts anew reads the journals of the shards that serve, and must find these jobs there.
        parts.Serves(shard, journal);
        foreach (var job in live.OfType<JobState>())
        {
            TakeUp(job, context);
        }

        foreach (var gate in live.OfType<QueueGate>())
        {
            context.TellEntity(gate.EntityId!, LookAtGate.Instance); // it looks after the permits that it has given
        }

        parts.Peers.AwaitWorkers(shard, [.. live.OfType<JobState.Running>().Select(running => running.Worker).Where(w => w != parts.WorkerId).Distinct()]);

        StartTimers(context);
    }

    /// <summary>Before a shard ends that the store knows less of than this node, what this node knows is put by for its next start.</summary>
    private void Fail(IShardContext context, Exception why)
    {
        if (why is ShardHistoryLostException)
        {
            parts.Memories[shard] = journal!.Remember();
        }

        parts.ServesNoMore(shard, journal!);
        context.Fail(why);
    }

    /// <summary>How a node's shards are made.</summary>
    public static ShardRegionSettings Region(IShardStore store, JobNodeParts parts) => new()
    {
        TypeName = "pipeline-job",
        ShardCount = store.ShardCount,
        ShardOf = id => ShardKey.Of(id, store.ShardCount),
        Host = shard => new JobShardHost(shard, store, parts),
        MaxActiveEntities = parts.Options.MaxActiveJobsPerShard,
        EntitySupervision = JobNode.NeverGiveUp,
        MaxRecoverBackoff = JobNode.LongestBackoff,
    };

    public Props PropsOf(string entityId) =>
        QueueGate.IsId(entityId)
            ? Props.Of(() => new QueueGateActor(QueueGate.QueueOf(entityId), journal!, parts))
            : Props.Of(() => new PipelineJobActor(JobId.Parse(entityId), journal!, parts));

    public async ValueTask StopAsync()
    {
        if (clockTimer is not null)
        {
            await clockTimer.DisposeAsync();
        }

        if (pruneTimer is not null)
        {
            await pruneTimer.DisposeAsync();
        }

        if (journal is not null)
        {
            parts.ServesNoMore(shard, journal);
            await journal.CheckpointAsync();

            // A shard that is only read again stays this node's meanwhile: a former owner that still lives would take what belongs to nobody, and
            // this node would then take itself for replaced. In a cluster nobody takes what is not placed there.
            if (parts.IsCluster || parts.Stopped.IsCancellationRequested)
            {
                await ReleaseAsync();
            }
        }
    }

    /// <summary>
    /// Among others the claim is given back however often it must be said: they take nothing from a node that lives. A node that is alone takes its
    /// shards back from itself.
    /// </summary>
    private async Task ReleaseAsync()
    {
        while (true)
        {
            try
            {
                await store.ReleaseAsync(shard, me.Claim, CancellationToken.None);
                return;
            }
            catch (StoreUnavailableException) when (parts.IsCluster && !parts.Stopped.IsCancellationRequested)
            {
                await Task.Delay(ReleaseAgainAfter, parts.Options.Time);
            }
        }
    }

    /// <summary>Takes the shard when its holder, if it has one, may be replaced.</summary>
    /// <returns>Where the shard stands, and the claim that this one took the place of.</returns>
    private async Task<(ShardHead Head, ClaimId? Replaced)> ClaimAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await store.ReadHeadAsync(shard, cancellationToken);
            if (!await parts.Peers.MayTakeFromAsync(shard, seen.Owner, cancellationToken))
            {
                continue;
            }

            hasAskedForClaim = true;
            parts.Claims[shard].Add(me.Claim); // before the call: if its answer is lost, the shard may be mine all the same
            var outcome = await store.ClaimAsync(shard, me, seen.Owner?.Claim, cancellationToken);
            if (outcome is ClaimOutcome.Granted granted)
            {
                if (parts.IsCluster)
                {
                    ClusterMeter.Claimed(isTakenOver: seen.Owner is { } was && was.Node != me.Node);
                }

                if (seen.Owner is { } former)
                {
                    parts.Claims[shard].Add(former.Claim); // it comes back only if the store goes back
                }

                return (granted.Head, seen.Owner?.Claim);
            }
        }
    }

    /// <summary>A node that takes over many shards reads some of them at a time, so that the first ones serve soon.</summary>
    private async Task<List<EntityState>> RecoverInTurnAsync(ShardHead head, CancellationToken cancellationToken)
    {
        if (!parts.IsCluster)
        {
            return await RecoverAsync(head, cancellationToken);
        }

        await parts.Recoveries.WaitAsync(cancellationToken);
        try
        {
            return await RecoverAsync(head, cancellationToken);
        }
        finally
        {
            parts.Recoveries.Release();
        }
    }

    private async Task<List<EntityState>> RecoverAsync(ShardHead head, CancellationToken cancellationToken)
    {
        var replay = new ShardReplay();
        var sizes = new List<(long Sequence, int Events)>();
        for (var after = head.CutThrough; ;)
        {
            var page = await store.ReadLogAsync(shard, after, PageOfLog, cancellationToken);
            if (page.Entries.Count == 0)
            {
                break;
            }

            foreach (var entry in page.Entries)
            {
                replay.Add(entry);
                sizes.Add((entry.Sequence, LogWeight.Of(entry.Events)));
                after = entry.Sequence;
            }
        }

        journal!.Resume(head, sizes);
        var live = new List<ReplayedEntity>();
        for (string? after = null; ;)
        {
            var page = await store.ReadLiveAsync(shard, after, PageOfLive, cancellationToken);
            if (page.Count == 0)
            {
                break;
            }

            foreach (var record in page)
            {
                Keep(replay.Finish(Entities.Decode(record), record.EntityId), live);
                after = record.EntityId;
            }
        }

        foreach (var id in replay.Unfinished())
        {
            var record = await store.ReadRecordAsync(shard, id, cancellationToken);
            Keep(replay.Finish(record is null ? Entities.None(id) : Entities.Decode(record), id), live);
        }

        // Oldest first: the log is cut before the first of them.
        foreach (var job in live.Where(job => job.FirstSequence is not null).OrderBy(job => job.FirstSequence))
        {
            journal.ResumeDirty(job.State, job.FirstSequence!.Value);
        }

        return live.ConvertAll(job => job.State);
    }

    private static void Keep(ReplayedEntity job, List<ReplayedEntity> live)
    {
        if (job.State.IsLive)
        {
            live.Add(job);
        }
    }

    /// <summary>A job that waits is offered again; one that ran lost its worker, unless that is still there and knows it.</summary>
    private void TakeUp(JobState state, IShardContext context)
    {
        if (!state.Links.Outbox.IsEmpty)
        {
            context.TellEntity(state.History!.Spec.Id.Value, PostNotes.Instance);
        }

        switch (state)
        {
            case JobState.Waiting waiting:
                parts.Broker.Tell(new Offer(waiting.ToWaitingJob()));
                break;
            case JobState.Running running when parts.FindWorker(running.Worker) is { } worker:
                worker.Tell(new ConfirmAttempt(running.Trail.Spec.Id, running.Grant));
                break;
            case JobState.Running when parts.IsCluster:
                break; // it may be a worker that this node has yet to hear of
            case JobState.Running running:
                var stoppedInOrder = parts.Notes.HasStopped(running.Worker);
                context.TellEntity(running.Trail.Spec.Id.Value, new JobCommand.LoseWorker(running.Worker, HandedBack: stoppedInOrder));
                break;
        }
    }

    private void StartTimers(IShardContext context)
    {
        var time = parts.Options.Time;
        var mine = journal!;
        clockTimer = time.CreateTimer(
            _ =>
            {
                foreach (var id in mine.Clock.TakeDue(time.GetUtcNow()))
                {
                    context.TellEntity(id.Value, new JobCommand.CheckClock());
                }
            },
            null, ClockStep, ClockStep);
        pruneTimer = time.CreateTimer(_ => _ = PruneAsync(), null, parts.Options.PruneEvery, parts.Options.PruneEvery);
    }

    private async Task PruneAsync()
    {
        try
        {
            while (await store.PruneAsync(shard, me.Claim, parts.Options.Time.GetUtcNow(), PrunePage, CancellationToken.None) == PrunePage)
            {
            }
        }
        catch (Exception error) when (error is StoreException or ObjectDisposedException)
        {
            parts.Warn($"Shard {shard} could not delete expired jobs: {error.Message}");
        }
    }

    private const int PrunePage = 500;
    private static readonly TimeSpan ReleaseAgainAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(100);
}
