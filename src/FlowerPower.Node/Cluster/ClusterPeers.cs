using System.Collections.Concurrent;
using FlowerPower.Actors;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>
/// A node's view of the others, for its actors: whom the table of members names, what the transport says of their connections, and the shards
/// that they have. Decides nothing about shards: <see cref="ShardKeeper"/> does.
/// </summary>
internal sealed partial class ClusterPeers : INodePeers, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, NodePeer> nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, byte> mine = [];
    private readonly ConcurrentDictionary<int, byte> suspects = [];
    private readonly NodeMembership membership;
    private readonly ShardPlan plan;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool hasBegun;
    private JobNodeParts parts = null!;
    private ClusterShardRegion region = null!;
    private PeerTransport transport = null!;
    private QueueSessions sessions = null!;
    private RemoteRef nowhere = null!;
    private MissingWorkers missing = null!;

    public ClusterPeers(NodeMembership membership, int shardCount, ShardPlan plan)
    {
        this.membership = membership;
        this.plan = plan;
        Directory = new ShardDirectory(shardCount);
        membership.Changed += Apply;
    }

    /// <summary>The members have changed; told after everything here is up to date.</summary>
    public event Action? MembersApplied;

    /// <summary>A shard of this node has begun or ceased to serve.</summary>
    public event Action<int, bool>? ShardServing;

    public ShardDirectory Directory { get; }

    public MemberInfo Me => membership.Me;

    public MemberView View => membership.View;

    /// <summary>This node's own region; after the node has started.</summary>
    public ClusterShardRegion Region => region;

    public bool AreThere => true;

    public bool MayServe => membership.MayServe;

    public IReadOnlyCollection<ActorRef> Workers =>
        [.. nodes.Values.Where(node => node.HasWorkers && node.IsConnected).Select(node => node.Worker)];

    /// <summary>The node's actors and its transport are there: what came before waits until now.</summary>
    public void Begin(JobNodeParts nodeParts, PeerTransport nodeTransport, QueueSessions queueSessions)
    {
        parts = nodeParts;
        transport = nodeTransport;
        sessions = queueSessions;
        missing = new MissingWorkers(
            parts.Options.Time,
            worker => Find(worker.Value)?.Times ?? 0,
            (worker, token) => membership.MayTakeFromAsync(worker.Value, token),
            LoseAttempts);
        nowhere = new RemoteRef(parts.System, Me.Incarnation, "nowhere", (_, _) => { });
        hasBegun = true;
        Apply(membership.View);
        foreach (var peer in transport.Peers)
        {
            PeerUp(peer); // one that came before; a second word of it does no harm
        }

        ready.SetResult(); // only now: what a node says first, which shards it serves, would be taken for a stranger's
    }

    public NodePeer? Find(string incarnation) => nodes.GetValueOrDefault(incarnation);

    public ActorRef? FindWorker(WorkerId id) => Find(id.Value)?.Worker;

    public void AwaitWorkers(int shard, IReadOnlyCollection<WorkerId> workers)
    {
        foreach (var worker in workers.Where(worker => Find(worker.Value) is not { IsConnected: true }))
        {
            _ = AwaitAsync(worker);
        }

        async Task AwaitAsync(WorkerId worker)
        {
            try
            {
                await missing.AwaitAsync(shard, worker, stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // This node stops.
            }
        }
    }

    public void RequireHere(int shard)
    {
        if (!region.IsHere(shard) || IsServedElsewhere(shard))
        {
            throw ShardElsewhereException.Of(shard);
        }

        if (!MayServe)
        {
            throw new QueueUnavailableException(
                $"The node {Me.Name} has lost touch with the cluster's Redis ({membership.Trouble ?? "it does not answer in time"}), so others may take over "
                + "its jobs: ask again, with the same job id.");
        }
    }

    public bool IsServedElsewhere(int shard) =>
        !mine.ContainsKey(shard) && Directory.ServedBy(shard) is { } node && node != Me.Incarnation && Find(node) is { IsConnected: true };

    public IShardRegion StartRegion(ActorSystem system, ShardRegionSettings settings) =>
        region = ClusterShardRegion.Start(system, settings, new ShardRouter(this));

    /// <summary>Waits, if it must, until something has changed that may have made it true.</summary>
    public async ValueTask<bool> MayTakeFromAsync(int shard, ShardOwner? holder, CancellationToken cancellationToken)
    {
        if (holder is null || holder.Node == Me.Incarnation)
        {
            return true;
        }

        var change = Directory.Changed; // before the look, so that a change after it is not missed
        if (await membership.MayTakeFromAsync(holder.Node, cancellationToken).ConfigureAwait(false))
        {
            // It ended without giving the shard back. If that goes on and on, it may be the shard.
            if (!await membership.CountFallAsync(shard, holder, plan.MostFalls, ShardPlan.FewOf(parts.Journals.Length), cancellationToken).ConfigureAwait(false))
            {
                suspects[shard] = 0;
                return true;
            }
        }

        try
        {
            await change.WaitAsync(LookAgain, parts.Options.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A hint may have been lost with its connection.
        }

        return false;
    }

    public void Serves(int shard)
    {
        mine[shard] = 0;
        Announce();
        ShardServing?.Invoke(shard, true);
        if (suspects.TryRemove(shard, out _))
        {
            _ = AcquitLaterAsync(shard);
        }
    }

    public void ServesNoMore(int shard)
    {
        mine.TryRemove(shard, out _);
        Announce();
        ShardServing?.Invoke(shard, false);
    }

    /// <summary>The shard was released in order: whoever it belongs to may claim it at once.</summary>
    public void Released(int shard) => TellAll(new ShardReleased(shard));

    /// <summary>A message for a shard that is nowhere at the moment.</summary>
    public void Drop(object message, ActorRef sender) => nowhere.Drop(DeadLetterReason.ShardElsewhere, message, sender);

    /// <summary>The table has changed by this node's doing: the others need not wait for their next look.</summary>
    public void TellMembersChanged() => TellAll(new MembersChanged());

    /// <summary>What a client must know to ask the right node.</summary>
    public ClusterMap Map()
    {
        var view = membership.View;
        return new ClusterMap(Me.Incarnation, parts.Options.Time.GetUtcNow(), view.Version, Rows(view), Directory.Owners()) { Parked = view.Parked };
    }

    public async ValueTask DisposeAsync()
    {
        membership.Changed -= Apply;
        await stopping.CancelAsync().ConfigureAwait(false);
        foreach (var node in nodes.Values)
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Take in who is there. Views come one at a time, in order; the first before the node's actors are there.</summary>
    private void Apply(MemberView view)
    {
        if (!hasBegun)
        {
            return;
        }

        lock (gate)
        {
            foreach (var member in view.Members.Where(m => m.IsLiving && m.Info.Incarnation != Me.Incarnation))
            {
                var node = nodes.GetOrAdd(member.Info.Incarnation, _ => new NodePeer(parts.System, member.Info));
                node.Info = member.Info;
                if (IsDialledFromHere(view, member) && (node.HasQueues || Me.Roles.HasFlag(MemberRoles.Queue))
                    && PeerAddress.TryParse(member.Info.Address, out var address))
                {
                    node.Dial(() => transport.Link(address, member.Info.Incarnation));
                }
            }

            foreach (var (incarnation, node) in nodes)
            {
                if (view.Find(incarnation) is { IsLiving: false })
                {
                    Bury(node);
                    transport.Retire(incarnation, long.MaxValue - 1);
                }
                else if (view.Find(incarnation) is null && !node.IsConnected)
                {
                    // Forgotten by the table; it may be on its way back into it, and is another peer then. One that is connected was only seen before its row.
                    Bury(node);
                }
            }
        }

        TellOfParked(view.Parked);
        Directory.Apply(Rows(view));
        MembersApplied?.Invoke();
        TellClientsSoon();
    }

    /// <summary>The later one dials, because it knows of the earlier one at once.</summary>
    private bool IsDialledFromHere(MemberView view, Member other)
    {
        var joined = view.Find(Me.Incarnation)?.JoinedAt ?? DateTimeOffset.MaxValue;
        var order = other.JoinedAt.CompareTo(joined);
        return order < 0 || (order == 0 && string.CompareOrdinal(other.Info.Incarnation, Me.Incarnation) < 0);
    }

    private void Bury(NodePeer node)
    {
        nodes.TryRemove(node.Incarnation, out _);
        node.Die();
        Forget(node);
        LoseAttempts(node, isCrash: true);
        _ = node.DisposeAsync().AsTask();
    }

    /// <summary>What is promised to it, and what it has promised, is void.</summary>
    private void Forget(NodePeer node)
    {
        parts.Worker.Tell(new BrokerAway(node.Broker));
        if (parts.Broker != ActorRef.Nobody)
        {
            parts.Broker.Tell(new WorkerAway(node.Worker));
        }
    }

    /// <summary>Jobs of this node's shards that a worker ran which will not answer: they run again.</summary>
    private void LoseAttempts(NodePeer node, bool isCrash) =>
        TellRunning(node, new JobCommand.LoseWorker(new WorkerId(node.Incarnation), HandedBack: !isCrash));

    /// <summary>The same for a worker that this node has not met, and one shard, which came with them.</summary>
    private void LoseAttempts(int shard, WorkerId worker, bool isCrash)
    {
        if (TellRunning(parts.Journals[shard], worker.Value, new JobCommand.LoseWorker(worker, HandedBack: !isCrash)) && !isCrash)
        {
            parts.Warn($"The worker {worker} lives but could not be reached from here for {UnreachableAfter.TotalSeconds:0} s: what it runs for shard {shard} runs elsewhere.");
        }
    }

    private void TellRunning(NodePeer node, object message)
    {
        foreach (var journal in parts.Journals)
        {
            TellRunning(journal, node.Incarnation, message);
        }
    }

    /// <returns>Whether there was any.</returns>
    private bool TellRunning(ShardJournal? journal, string worker, object message)
    {
        var isAny = false;
        foreach (var (id, _) in journal?.Live.Where(job => job.Worker == worker) ?? [])
        {
            region.TellHere(id.Value, message, null);
            isAny = true;
        }

        return isAny;
    }

    /// <summary>A node that has a shard for long enough and lives says so, if there was doubt.</summary>
    private async Task AcquitLaterAsync(int shard)
    {
        try
        {
            do
            {
                await Task.Delay(plan.AcquitAfter, parts.Options.Time, stopping.Token).ConfigureAwait(false);
            }
            while (mine.ContainsKey(shard) && !await TryAcquitAsync(shard).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // This node stops, in order: nothing is held against the shard by that.
        }
    }

    private async Task<bool> TryAcquitAsync(int shard)
    {
        if (!MayServe)
        {
            return false; // it stood still, or Redis is away: others may have the shard
        }

        try
        {
            await membership.AcquitAsync(shard, stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    /// <summary>Operators must hear of shards that nobody takes any more.</summary>
    private void TellOfParked(IReadOnlyList<ParkedShard> parked)
    {
        foreach (var shard in parked.ExceptBy(knownParked, known => known.Shard))
        {
            parts.Warn(ParkedShards.Sentence(shard));
        }

        foreach (var shard in knownParked.Except(parked.Select(now => now.Shard)))
        {
            parts.Warn($"Shard {shard} is not parked any more.");
        }

        knownParked = [.. parked.Select(now => now.Shard)];
    }

    private void Announce()
    {
        Directory.Serves(Me.Incarnation, [.. mine.Keys]);
        Soon(ref announcing, () =>
        {
            Volatile.Write(ref announcing, 0);
            TellAll(new ShardsServed([.. mine.Keys.Order()]));
        });
        TellClientsSoon();
    }

    /// <summary>Clients know whom to ask, also when the node that they learnt it from is gone.</summary>
    private void TellClientsSoon() => Soon(ref tellingClients, () =>
    {
        Volatile.Write(ref tellingClients, 0);
        foreach (var client in transport.Peers.Where(peer => peer.Identity.IsClient))
        {
            client.Tell(Map());
        }
    });

    /// <summary>Many shards begin to serve at once: one word for all of them.</summary>
    private void Soon(ref int isSoon, Action tell)
    {
        if (Interlocked.Exchange(ref isSoon, 1) == 0)
        {
            _ = TellLaterAsync();
        }

        async Task TellLaterAsync()
        {
            await Task.Delay(GatherFor, parts.Options.Time).ConfigureAwait(false);
            tell(); // which takes back that it is soon
        }
    }

    private void TellAll(object message)
    {
        foreach (var node in nodes.Values)
        {
            node.Tell(message);
        }
    }

    private static IReadOnlyList<ClusterMapMember> Rows(MemberView view) =>
        [.. view.Members.Select(m => new ClusterMapMember(m.Info, m.Status, m.JoinedAt, m.ChangedAt, m.LeaseLeft.TotalSeconds))];

    private IReadOnlyList<int> knownParked = [];
    private int announcing;
    private int tellingClients;

    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);
}
