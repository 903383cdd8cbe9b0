using FlowerPower.Actors;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Local;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class NodePeerTests
{
    [Fact]
    public async Task A_connection_that_takes_no_more_for_a_broker_or_a_worker_is_ended_so_that_both_sides_begin_anew()
    {
        var stuck = new Stuck();
        await using var other = await StartAsync("other", stuck, listens: true);
        await using var mine = await StartAsync("mine", new Stuck(), listens: false);
        await using var system = new ActorSystem("test");
        await using var node = new NodePeer(system, new MemberInfo("other", "other", "127.0.0.1:1", MemberRoles.Worker));
        var peer = await mine.DialAsync(other.Self.Address!.Value).Within("the connection");
        node.Connect(peer);

        node.Worker.Tell(BrokerStarted.Instance); // one may be outstanding, and this one is never confirmed
        Assert.Equal(0, system.DeadLetters.Total);
        node.Worker.Tell(BrokerStarted.Instance);

        Assert.Equal(1, system.DeadLetters.Count(DeadLetterReason.NodeUnreachable));
        Assert.Equal(PeerLossReason.ClosedHere, (await peer.WhenLost.Within("the end of the connection")).Reason);
        stuck.Release.SetResult();
    }

    [Fact]
    public async Task Whoever_waits_for_an_answer_of_a_node_hears_it_when_that_is_declared_dead()
    {
        await using var other = await StartAsync("other", new Stuck(), listens: true);
        await using var mine = await StartAsync("mine", new Stuck(), listens: false);
        await using var system = new ActorSystem("test");
        await using var node = new NodePeer(system, new MemberInfo("other", "other", "127.0.0.1:1", MemberRoles.Queue));
        node.Connect(await mine.DialAsync(other.Self.Address!.Value).Within("the connection"));
        var asked = node.Queue!.WaitAsync(JobId.Parse("a"));

        node.Die(); // it stands still: its connection ends later, and nobody looks for it by then

        await Assert.ThrowsAsync<QueueUnavailableException>(() => asked.Within("the end of the wait"));
        Assert.False(node.IsConnected);
    }

    [Fact]
    public async Task An_answer_that_comes_over_another_connection_than_its_question_answers_nothing()
    {
        await using var other = await StartAsync("other", new Stuck(), listens: true);
        await using var mine = await StartAsync("mine", new Stuck(), listens: false);
        var former = await mine.DialAsync(other.Self.Address!.Value).Within("the first connection");
        var present = await mine.DialAsync(other.Self.Address!.Value).Within("the second connection");
        await using var queue = new PeerJobQueue(present);
        var asked = queue.FindAsync(JobId.Parse("a")); // each connection has its own number 1

        queue.Take(former, new LocalResponse.Error(1, "Other", "what somebody asked over the former connection"));
        queue.Take(present, new LocalResponse.Job(1, null));

        Assert.Null(await asked.Within("the answer"));
    }

    private static Task<PeerTransport> StartAsync(string name, ITransportHandler handler, bool listens) => PeerTransport.StartAsync(
        new PeerTransportOptions
        {
            ClusterId = "test",
            NodeId = name,
            Incarnation = 0,
            Roles = listens ? ["Worker"] : [PeerIdentity.ClientRole],
            Types = ClusterWire.Types,
            Listen = listens ? new PeerAddress("127.0.0.1", 0) : null,
            MaxOutstandingMessages = 1,
        },
        handler);

    /// <summary>Handles nothing to its end until it is let go.</summary>
    private sealed class Stuck : ITransportHandler
    {
        public TaskCompletionSource Release { get; } = new();

        public ValueTask ReceiveAsync(Inbound message) => new(Release.Task);
    }
}
