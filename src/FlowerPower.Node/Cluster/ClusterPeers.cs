using System.Collections.Concurrent;
using FlowerPower.Actors;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
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
    private LatestWord served = null!;
    private LatestWord map = null!;
    private ITimer? confirming;

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
        served = new LatestWord(() => TellAll(ShardsServedHere()), gate, GatherFor, parts.Options.Time);
        map = new LatestWord(TellClients, gate, GatherFor, parts.Options.Time);
        nowhere = new RemoteRef(parts.System, Me.Incarnation, "nowhere", (_, _) => { });
        hasBegun = true;
        Apply(membership.View);
        foreach (var peer in transport.Peers)
        {
            PeerUp(peer); // one that came before; a second word of it does no harm
        }

        confirming = parts.Options.Time.CreateTimer(_ => ConfirmAll(), null, ConfirmEvery, ConfirmEvery);
        ready.SetResult(); // only now: what a node says first, which shards it serves, would be taken for a stranger's
    }

    public NodePeer? Find(string incarnation) => nodes.GetValueOrDefault(incarnation);

    public ActorRef? FindWorker(WorkerId id) => Find(id.Value)?.Worker;

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
                suspects[shard] = holder.Claim;
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
        ShardServing?.Invoke(shard, true); // before anybody hears of it: who takes a shard for one that does not serve yet gives it away without ado
        Announce();
        if (suspects.TryRemove(shard, out var ended))
        {
            _ = AcquitLaterAsync(shard, ended);
        }
    }

    public void ServesNoMore(int shard)
    {
        mine.TryRemove(shard, out _);
        Announce();
        ShardServing?.Invoke(shard, false);
    }

    /// <summary>Has this node put by what the shard's store has lost, and not written it again yet?</summary>
    public bool IsMending(int shard) => parts.Memories[shard] is not null;

    /// <summary>The shard goes to another node: what was put by for it may be older than what that one writes.</summary>
    public void GiveUpMending(int shard)
    {
        if (Interlocked.Exchange(ref parts.Memories[shard], null) is { } memory)
        {
            parts.Warn(
                $"Shard {shard} leaves this node before what its store had lost could be written again: {memory.Jobs.Count} jobs that this node knew may be missing or set back. "
                + "Look for them with flowerpower queue list, and enqueue again what is missing.");
        }
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
        if (confirming is not null)
        {
            await confirming.DisposeAsync().ConfigureAwait(false);
        }

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
        map.Due();
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

    private void Announce()
    {
        lock (gate)
        {
            Directory.Serves(Me.Incarnation, [.. mine.Keys]);
        }

        served.Due();
        map.Due();
    }

    private ShardsServed ShardsServedHere() => new([.. mine.Keys.Order()]);

    /// <summary>Clients know whom to ask, also when the node that they learnt it from is gone.</summary>
    private void TellClients()
    {
        foreach (var client in transport.Peers.Where(peer => peer.Identity.IsClient))
        {
            client.Tell(Map());
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

    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);
}
