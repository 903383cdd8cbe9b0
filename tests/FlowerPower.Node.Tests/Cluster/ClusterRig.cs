using System.Collections.Concurrent;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Nodes of one cluster in this process: real connections on loopback, a store and a table of members that outlive any of them.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    private readonly List<ClusterNode> nodes = [];
    private readonly LeaseTimes lease;
    private readonly ShardPlan plan;
    private readonly TimeProvider time;

    /// <param name="lease">How long a node lives that says nothing; by default long, so that a busy machine kills none.</param>
    /// <param name="acquitAfter">How long a shard is served before nothing is held against it; by default longer than a test.</param>
    /// <param name="manual">The nodes' and the table's clock, if it is not the machine's.</param>
    public ClusterRig(int shards = 8, TimeSpan? lease = null, TimeSpan? residence = null, TimeProvider? manual = null, TimeSpan? acquitAfter = null)
    {
        time = manual ?? TimeProvider.System;
        Table = new InMemoryMemberTable(time);
        Store = new InMemoryShardStore(shards);
        var length = lease ?? TimeSpan.FromSeconds(60);
        this.lease = new LeaseTimes { Lease = length, RenewEvery = length / 5, Guard = length / 5 };
        plan = ShardPlan.Default with { MinResidence = residence ?? TimeSpan.Zero, AcquitAfter = acquitAfter ?? TimeSpan.FromMinutes(1) };
    }

    public InMemoryShardStore Store { get; }

    /// <summary>What the nodes see of <see cref="Table"/>.</summary>
    public Func<IMemberTable, IMemberTable> Way { get; init; } = table => table;

    public InMemoryMemberTable Table { get; }

    /// <summary>How long a node that stops waits for what it runs.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(20);

    public ScriptedExecutor Executor { get; } = ScriptedExecutor.Echo();

    public ConcurrentQueue<string> Notices { get; } = [];

    public IReadOnlyList<ClusterNode> Nodes => nodes;

    public async Task<ClusterNode> StartAsync(
        string name, MemberRoles roles = MemberRoles.Queue | MemberRoles.Worker, int slots = 2, IReadOnlyList<string>? queues = null, IShardStore? store = null,
        int port = 0)
    {
        var node = await ClusterNode.StartAsync(
            new ClusterNodeOptions
            {
                Redis = RedisAddress.Parse("redis://localhost?name=test"),
                Listen = new PeerAddress("127.0.0.1", port),
                Roles = roles,
                Lease = lease,
                Plan = plan,
                Node = new NodeOptions
                {
                    Name = name,
                    Time = time,
                    WorkerSlots = slots,
                    Queues = queues,
                    DrainTimeout = Drain,
                    OnNotice = notice => Notices.Enqueue($"{name}: {notice.Text}"),
                },
            },
            Executor,
            new Kept(store ?? Store),
            Way(Table),
            CancellationToken.None).Within($"node {name} to start");
        nodes.Add(node);
        return node;
    }

    /// <summary>Something is so that shows in what the nodes know of the shards.</summary>
    /// <param name="what">Completes "Waited 30 s for …".</param>
    public async Task UntilAsync(IReadOnlyList<ClusterNode> nodesNow, Func<bool> isSo, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var changes = nodesNow.Select(node => node.Peers.Directory.Changed).ToList(); // before the look, so that none is missed
            if (isSo())
            {
                return;
            }

            try
            {
                await Task.WhenAny(changes).WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Waited 30 s for {what}.\n{Describe()}");
            }
        }
    }

    /// <summary>The nodes agree whose each shard is, and each shard is served where it belongs and nowhere else.</summary>
    public Task SettledAsync(params ClusterNode[] nodesNow)
    {
        return UntilAsync(nodesNow, () => Enumerable.Range(0, Store.ShardCount).All(IsSettled), "all shards to be where they belong");

        bool IsSettled(int shard) => nodesNow.All(node =>
            node.Peers.Directory.Placed[shard] == nodesNow[0].Peers.Directory.Placed[shard]
            && node.Peers.Directory.Owners()[shard] == nodesNow[0].Peers.Directory.Placed[shard] // its owner has said so, after it knew it itself
            && (node.Parts.Journals[shard] is not null) == (node.Peers.Directory.Placed[shard] == node.Name));
    }

    public static async Task<IReadOnlyList<JobId>> EnqueueAsync(IJobQueue queue, int count, string pipeline = "echo", Func<JobSpec, JobSpec>? change = null)
    {
        var requests = Enumerable.Range(0, count).Select(_ => TestNode.NewSpec(pipeline)).Select(spec => new EnqueueRequest(change?.Invoke(spec) ?? spec)).ToList();
        var receipts = await queue.EnqueueAsync(requests).Within("the receipts");
        Assert.All(receipts, receipt => Assert.True(receipt.Created));
        return [.. receipts.Select(receipt => receipt.Id)];
    }

    public async Task<JobView> EndAsync(IJobQueue queue, JobId id)
    {
        try
        {
            return await queue.WaitAsync(id).Within($"job {id} to end") ?? throw new InvalidOperationException($"Job {id} does not exist.");
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}\n{await queue.FindAsync(id).Within("the job")}\n{Describe()}", error);
        }
    }

    /// <summary>What the nodes know, for a test that fails.</summary>
    private string Describe() => string.Join('\n', nodes.Select(node =>
        $"{node.Name}: {node.ShardsServed} shards, belonging to {string.Join(' ', node.Peers.Directory.Placed)}, served by {string.Join(' ', node.Peers.Directory.Owners())}, "
        + $"dead letters {string.Join(", ", node.Parts.System.DeadLetters.Counts.Where(c => c.Value > 0))}, "
        + $"last {string.Join(" | ", node.Parts.System.DeadLetters.Recent.TakeLast(3))}, "
        + $"dropped {string.Join(" | ", node.Transport.Dropped.Recent.TakeLast(3))}").Concat(Notices));

    /// <summary>Ends a node from one moment to the next, as a machine that vanishes.</summary>
    public async Task VanishAsync(ClusterNode node)
    {
        nodes.Remove(node);
        await node.VanishAsync().Within("the node to vanish");
    }

    public async Task StopAsync(ClusterNode node)
    {
        nodes.Remove(node);
        await node.DisposeAsync().AsTask().Within($"node {node.Name} to stop");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            node.Parts.Scope.Clear();
        }

        // Workers first, and one after the other: what a node has run is told to one that has the job's shard and is still there.
        foreach (var node in nodes.OrderBy(node => node.Peers.Me.Roles.HasFlag(MemberRoles.Queue)))
        {
            await node.DisposeAsync();
        }
    }
}
