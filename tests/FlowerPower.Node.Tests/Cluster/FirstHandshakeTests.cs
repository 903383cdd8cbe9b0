using FlowerPower.Actors.TestKit;
using FlowerPower.Actors.Transport;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Whom a node asks before it joins, and whose refusal keeps it out.</summary>
public sealed class FirstHandshakeTests
{
    private const string Secret = "0123456789abcdef";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(9);

    private readonly ManualTime time = new();
    private readonly InMemoryMemberTable table;

    public FirstHandshakeTests() => table = new InMemoryMemberTable(time);

    [Fact]
    public async Task A_node_that_lives_and_has_another_secret_keeps_it_out()
    {
        await using var other = await ListenAsync("ada", "test", "another secret!!!");
        await JoinAsync("ada", other);

        var refused = await Assert.ThrowsAsync<IOException>(RequireAsync);

        Assert.Contains("node ada at", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_at_the_address_of_a_node_whose_lease_has_ended_does_not()
    {
        await using var other = await ListenAsync("ada", "test", "another secret!!!");
        await JoinAsync("ada", other);
        time.Advance(Lease);

        await RequireAsync(); // nobody renews after a crash of all: the row still says that it lives
        Assert.Single((await table.ReadAsync(default)).Living);
    }

    [Theory]
    [InlineData("bob", "test")]
    [InlineData("ada", "another")]
    public async Task Somebody_else_at_the_address_of_a_node_does_not(string node, string cluster)
    {
        await using var other = await ListenAsync(node, cluster, Secret);
        await JoinAsync("ada", other);

        Assert.Null(await Record.ExceptionAsync(RequireAsync));
    }

    private static Task<PeerTransport> ListenAsync(string node, string cluster, string secret) => PeerTransport.StartAsync(
        new PeerTransportOptions
        {
            ClusterId = cluster,
            NodeId = node,
            Incarnation = 0,
            Roles = ["Queue"],
            Types = ClusterWire.Types,
            Listen = new PeerAddress("127.0.0.1", 0),
            Secret = secret,
        },
        new Nobody());

    private async Task JoinAsync(string node, PeerTransport at) =>
        await table.JoinAsync(new MemberInfo(node, node, at.Self.Address!.Value.ToString(), MemberRoles.Queue), Lease, MemberStatus.Up, default);

    private Task RequireAsync() => FirstHandshake.RequireAsync(
        new ClusterNodeOptions { Redis = RedisAddress.Parse("redis://localhost?name=test"), Listen = new PeerAddress("127.0.0.1", 0), Secret = Secret },
        new PeerAddress("127.0.0.1", 1),
        table,
        CancellationToken.None).Within("the handshake");

    private sealed class Nobody : ITransportHandler
    {
        public ValueTask ReceiveAsync(Inbound message) => default;
    }
}
