using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>One process of a cluster: it serves shards, runs jobs, or both, and answers for the whole cluster.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    private const int JoinTries = 4;

    private static readonly TimeSpan HandOverTimeout = TimeSpan.FromSeconds(20);

    private readonly JobNode node;
    private readonly NodeMembership membership;
    private readonly ClusterPeers peers;
    private readonly ShardKeeper keeper;
    private readonly PeerTransport transport;
    private readonly Lock gate = new();
    private Task? stopping;

    private ClusterNode(
        JobNode node, NodeMembership membership, ClusterPeers peers, ShardKeeper keeper, PeerTransport transport, ClusterJobQueue queue, TaskCompletionSource stopRequested)
    {
        this.node = node;
        this.membership = membership;
        this.peers = peers;
        this.keeper = keeper;
        this.transport = transport;
        Queue = queue;
        StopRequested = stopRequested.Task;
    }

    /// <summary>The cluster's jobs.</summary>
    public IJobQueue Queue { get; }

    /// <summary>This incarnation's name.</summary>
    public string Name => node.Name;

    /// <summary>Where others reach it.</summary>
    public PeerAddress Address => transport.Self.Address!.Value;

    /// <summary>Completes, with the reason, when the cluster has declared this incarnation dead: dispose it, and start anew.</summary>
    public Task<string> Died => membership.Died;

    /// <summary>Done when a client asks the node to stop; whoever started it then disposes it.</summary>
    public Task StopRequested { get; }

    /// <summary>Whether it may grant and answer now.</summary>
    public bool MayServe => membership.MayServe;

    /// <summary>Takes no more work, and gives back what runs, at once: an end in a hurry, before or while the node is disposed.</summary>
    public void HandBackRunning() => node.HandBackRunning();

    /// <inheritdoc cref="JobNode.SetWorkerSlots"/>
    internal void SetWorkerSlots(int slots) => node.SetWorkerSlots(slots);

    /// <summary>The shards that it serves now.</summary>
    public int ShardsServed => node.Parts.Journals.Count(journal => journal is not null);

    /// <summary>Of a node that died: the process that has its name and address now; <see langword="null"/>: none is known.</summary>
    internal MemberInfo? ReplacedBy => membership.ReplacedBy;

    /// <summary>What the node's actors know of each other.</summary>
    internal JobNodeParts Parts => node.Parts;

    /// <summary>Its connections.</summary>
    internal PeerTransport Transport => transport;

    /// <summary>The others, as this node sees them.</summary>
    internal ClusterPeers Peers => peers;

    /// <summary>Its row, and what it knows of the others'.</summary>
    internal NodeMembership Membership => membership;

    /// <summary>Joins the cluster, makes it if it is the first, and begins to serve and to work.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    /// <exception cref="StoreException">Redis does not answer, refuses, or holds something else; the message says what to do.</exception>
    /// <exception cref="IOException">The address cannot be listened on, or the nodes that live do not let this one in: another secret, TLS on one side only.</exception>
    public static async Task<ClusterNode> StartAsync(
        ClusterNodeOptions options, IJobExecutor executor, CancellationToken cancellationToken = default)
    {
        options.Lease.Validate();
        var store = await RedisServing.OpenSharedAsync(options.Redis, options.Node.Name, cancellationToken).ConfigureAwait(false);
        try
        {
            return await StartAsync(options, executor, store, store.OpenMembers(), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>On a store and a table that a test may have made; the node disposes the store.</summary>
    internal static async Task<ClusterNode> StartAsync(
        ClusterNodeOptions options, IJobExecutor executor, IShardStore store, IMemberTable table, CancellationToken cancellationToken)
    {
        var nodeOptions = options.Node with
        {
            RepairWindow = RedisServing.RepairWindow,
            WorkerSlots = options.Roles.HasFlag(MemberRoles.Worker) ? options.Node.WorkerSlots : 0,
        };
        nodeOptions.Validate();
        var servesShards = options.Roles.HasFlag(MemberRoles.Queue);
        var incarnation = JobNode.NewIncarnation(nodeOptions);
        var handler = new LateHandler();
        var transport = await PeerTransport.StartAsync(TransportOptions(options, incarnation), handler, cancellationToken).ConfigureAwait(false);
        NodeMembership? membership = null;
        JobNode? node = null;
        try
        {
            await FirstHandshake.RequireAsync(options, transport.Self.Address!.Value, table, cancellationToken).ConfigureAwait(false);
            var me = new MemberInfo(incarnation.Value, nodeOptions.Name, transport.Self.Address!.Value.ToString(), options.Roles)
            {
                Weight = options.Weight,
                Slots = nodeOptions.WorkerSlots,
                Queues = nodeOptions.Queues,
                Software = options.Software,
                Process = $"process {Environment.ProcessId} on {Environment.MachineName}",
            };
            membership = new NodeMembership(table, me, options.Lease, nodeOptions.Time, nodeOptions.Chance.NextDouble);
            var peers = new ClusterPeers(membership, store.ShardCount, options.Plan);
            await JoinAsync(membership, cancellationToken).ConfigureAwait(false);
            handler.Inner.SetResult(peers);
            node = JobNode.Start(store, executor, nodeOptions, incarnation, servesShards, _ => peers);
            var keeper = new ShardKeeper(peers, options.Plan, nodeOptions.Time, node.Parts.Warn);
            var stopRequested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var queue = new ClusterJobQueue(new NodesFromHere(peers, node, store.ShardCount), nodeOptions.Chance, nodeOptions.Time);
            (node.Parts.AllJobs, node.Parts.Mailbox, node.Parts.Queues) = (queue, queue, queue);
            var sessions = new QueueSessions(node.Queue, queue, incarnation.Value, () => stopRequested.TrySetResult(), node.Parts.Warn);
            peers.Begin(node.Parts, transport, sessions);
            var started = node;
            membership.HistoryDoubted += () =>
            {
                started.Parts.Warn("Redis was restarted or replaced, and may have lost what it acknowledged last: the histories of this node's shards are compared with it.");
                started.CompareHistories();
            };
            await BeUpAsync(membership, cancellationToken).ConfigureAwait(false);
            keeper.Look();
            return new ClusterNode(node, membership, peers, keeper, transport, queue, stopRequested);
        }
        catch
        {
            if (membership is not null)
            {
                await membership.DisposeAsync().ConfigureAwait(false);
            }

            await transport.DisposeAsync().ConfigureAwait(false);
            if (node is not null)
            {
                await node.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>
    /// Leaves in order: running jobs finish or are handed back, shards go to the others, then the connections close. A node that was declared
    /// dead has nothing to hand over.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            return new ValueTask(stopping ??= StopOnceAsync());
        }
    }

    /// <summary>For tests: the process is gone, from one moment to the next.</summary>
    internal async Task VanishAsync()
    {
        await membership.VanishAsync().ConfigureAwait(false);
        await transport.DisposeAsync().ConfigureAwait(false);
    }

    private async Task StopOnceAsync()
    {
        if (!membership.Died.IsCompleted)
        {
            try
            {
                await node.DrainAsync().ConfigureAwait(false);
                await membership.SetStatusAsync(MemberStatus.Leaving).ConfigureAwait(false);
                peers.TellMembersChanged();
                await keeper.GiveAwayAsync().WaitAsync(HandOverTimeout, node.Parts.Options.Time).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // Whatever it was: the lease, the connections and the store are let go of below.
                node.Parts.Warn($"The node could not hand over all of its shards; the others take them: {error.Message}");
            }
        }
        else
        {
            node.AbandonRunning();
        }

        await keeper.DisposeAsync().ConfigureAwait(false);
        await membership.DisposeAsync().ConfigureAwait(false);
        peers.TellMembersChanged();
        await peers.DisposeAsync().ConfigureAwait(false);
        await transport.DisposeAsync().ConfigureAwait(false);
        await node.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The first call of a process that has just begun may take longer than a renewal may, most of all with a short lease on a busy machine.</summary>
    private static async Task JoinAsync(NodeMembership membership, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await membership.JoinAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (StoreUnavailableException) when (tries < JoinTries)
            {
                // It is the same incarnation: if the table has taken it already, it takes it again.
            }
        }
    }

    private static async Task BeUpAsync(NodeMembership membership, CancellationToken cancellationToken)
    {
        try
        {
            await membership.SetStatusAsync(MemberStatus.Up, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // The next good renewal says it.
        }
    }

    private static PeerTransportOptions TransportOptions(ClusterNodeOptions options, WorkerId incarnation)
    {
        var roles = new[] { MemberRoles.Queue, MemberRoles.Worker }.Where(role => options.Roles.HasFlag(role)).Select(role => role.ToString()).ToList();
        return new PeerTransportOptions
        {
            ClusterId = options.Redis.Name,
            NodeId = incarnation.Value,
            Incarnation = 0, // the id is a new one with each start
            Roles = roles.Count > 0 ? roles : ["Observer"],
            Types = ClusterWire.Types,
            Listen = options.Listen,
            Advertise = options.Advertise,
            Secret = options.Secret,
            Tls = options.Tls,
            Time = options.Node.Time,
        };
    }

    /// <summary>The transport listens before the node can answer: what comes waits.</summary>
    private sealed class LateHandler : ITransportHandler
    {
        public TaskCompletionSource<ITransportHandler> Inner { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void PeerUp(Peer peer) => Now?.PeerUp(peer);

        public void PeerLost(Peer peer, PeerLoss loss) => Now?.PeerLost(peer, loss);

        public void Dropped(DroppedMessage message) => Now?.Dropped(message);

        public async ValueTask ReceiveAsync(Inbound message) => await (await Inner.Task.ConfigureAwait(false)).ReceiveAsync(message).ConfigureAwait(false);

        private ITransportHandler? Now => Inner.Task.IsCompletedSuccessfully ? Inner.Task.Result : null;
    }

    private sealed class NodesFromHere(ClusterPeers peers, JobNode node, int shardCount) : IClusterNodes
    {
        public int ShardCount => shardCount;

        public Task Changed => peers.Directory.Changed;

        /// <summary>This one first: it costs no connection.</summary>
        public IEnumerable<MemberInfo> Living =>
            peers.View.Living.Select(m => m.Info).OrderBy(info => info.Incarnation == peers.Me.Incarnation ? 0 : 1);

        public IReadOnlyList<ParkedShard> Parked => peers.View.Parked;

        public string? OwnerOf(int shard) => peers.Directory.OwnerOf(shard);

        public string? ServedBy(int shard) => peers.Directory.ServedBy(shard);

        public IJobQueue? QueueOf(string name) => name == peers.Me.Incarnation ? node.Queue : peers.Find(name)?.Queue;

        public void Doubt(int shard, string name) => peers.Directory.Doubt(shard, name);
    }
}
