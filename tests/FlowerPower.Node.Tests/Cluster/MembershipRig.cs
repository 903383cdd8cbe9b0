using System.Collections.Concurrent;
using System.Diagnostics;
using FlowerPower.Actors.TestKit;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Nodes of one cluster over one in-memory table, all by one clock that the test moves.</summary>
internal sealed class MembershipRig : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly List<RigNode> nodes = [];

    public MembershipRig() => Table = new InMemoryMemberTable(Time);

    public ManualTime Time { get; } = new();

    public InMemoryMemberTable Table { get; }

    public LeaseTimes Times { get; } = new();

    /// <summary>A node that has not joined.</summary>
    /// <param name="time">Its own clock; <see langword="null"/>: the table's.</param>
    public RigNode Make(string incarnation, string? name = null, string? address = null, TimeProvider? time = null, Func<double>? chance = null)
    {
        var way = new FaultyMemberTable(Table, time ?? Time);
        var me = new MemberInfo(incarnation, name ?? incarnation, address ?? $"{incarnation}:7000", MemberRoles.Queue | MemberRoles.Worker);
        var node = new RigNode(way, new NodeMembership(way, me, Times, time ?? Time, chance ?? (() => 0)));
        nodes.Add(node);
        return node;
    }

    /// <summary>A node that has joined and is up.</summary>
    public async Task<RigNode> StartAsync(string incarnation, string? name = null, string? address = null, TimeProvider? time = null)
    {
        var node = Make(incarnation, name, address, time);
        await node.Membership.JoinAsync().Within();
        await node.Membership.SetStatusAsync(MemberStatus.Up).Within();
        return node;
    }

    /// <summary>Move the clock in small steps; at each, every node does what is due.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        for (var left = span; left > TimeSpan.Zero; left -= Step)
        {
            Time.Advance(left < Step ? left : Step);
            await RestAsync();
        }
    }

    /// <summary>Wait until no node has anything to do at this instant.</summary>
    public async Task RestAsync()
    {
        var patience = Stopwatch.StartNew();
        do
        {
            Time.Advance(TimeSpan.Zero);
            while (nodes.Exists(n => !n.Membership.IsResting))
            {
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "A node did not come to rest within 30 s.");
                await Task.Yield();
            }
        }
        while (Time.NextDue <= Time.GetUtcNow());
    }

    public async Task<MemberStatus?> StatusAsync(string incarnation) => (await Table.ReadAsync(default)).Find(incarnation)?.Status;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            node.Way.Delay = TimeSpan.Zero; // the clock stands still now
            await node.Membership.DisposeAsync();
        }
    }
}

/// <summary>A node, its way to the table, and what it told its listeners.</summary>
internal sealed class RigNode
{
    public RigNode(FaultyMemberTable way, NodeMembership membership)
    {
        (Way, Membership) = (way, membership);
        membership.Changed += view => Views.Enqueue(view);
        membership.ServingChanged += may => Serving.Enqueue(may);
        membership.HistoryDoubted += () => Doubts++;
    }

    public FaultyMemberTable Way { get; }

    public NodeMembership Membership { get; }

    public ConcurrentQueue<MemberView> Views { get; } = new();

    public ConcurrentQueue<bool> Serving { get; } = new();

    public int Doubts { get; private set; }

    public MemberStatus? Sees(string incarnation) => Membership.View.Find(incarnation)?.Status;
}
