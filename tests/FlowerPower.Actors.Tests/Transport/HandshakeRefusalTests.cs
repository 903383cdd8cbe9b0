using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class HandshakeRefusalTests
{
    [Fact]
    public async Task Another_secret_is_refused_on_both_sides_with_the_remedy()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { Secret = "another secret altogether" });

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.WrongSecret, error.Reason);
        Assert.Contains("give both the same cluster secret", error.Message);
        Assert.True(error.NeedsConfiguration);
        Assert.Equal(HandshakeRefusal.WrongSecret, (await node.NextRefusal()).Reason);
        Assert.Equal(1, node.Transport.Refused.Count(HandshakeRefusal.WrongSecret));
        Assert.Equal(1, client.Transport.Refused.Count(HandshakeRefusal.WrongSecret));
        Assert.Empty(node.Transport.Peers);
    }

    [Fact]
    public async Task No_secret_is_not_the_right_secret()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { Secret = null });

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.WrongSecret, error.Reason);
    }

    [Fact]
    public async Task On_loopback_both_sides_may_go_without_a_secret()
    {
        await using var node = await TestPeer.Listen(change: o => o with { Secret = null });
        await using var client = await TestPeer.Client(change: o => o with { Secret = null });

        Assert.Equal("n1", (await client.Dial(node)).Identity.NodeId);
    }

    [Fact]
    public async Task Another_cluster_is_refused_by_name()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { ClusterId = "staging" });

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.WrongCluster, error.Reason);
        Assert.Equal("WrongCluster: c1 belongs to the cluster 'staging', and n1 to 'test': correct the cluster's name or the address.", error.Message);
        Assert.Equal(HandshakeRefusal.WrongCluster, (await node.NextRefusal()).Reason);
    }

    [Fact]
    public async Task Without_a_common_version_both_ranges_are_named()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { MinProtocol = 2, MaxProtocol = 3 });

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.NoCommonVersion, error.Reason);
        Assert.Equal("NoCommonVersion: c1#1 speaks protocol 2 to 3, and n1#1 1 to 1: upgrade the older of the two.", error.Message);
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(1, 3, 2, 5, 3)]
    [InlineData(4, 6, 1, 4, 4)]
    [InlineData(1, 2, 3, 4, null)]
    [InlineData(3, 4, 1, 2, null)]
    public void The_newest_common_version_is_chosen(int minA, int maxA, int minB, int maxB, int? chosen) =>
        Assert.Equal(chosen, HandshakeRules.CommonProtocol(minA, maxA, minB, maxB));

    [Fact]
    public async Task A_former_incarnation_is_refused_once_a_newer_one_was_seen()
    {
        await using var node = await TestPeer.Listen();
        await using var newer = await TestPeer.Start("w1", 2, null, ["worker"], null, null);
        await using var former = await TestPeer.Start("w1", 1, null, ["worker"], null, null);
        await newer.Dial(node);

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => former.Dial(node));

        Assert.Equal(HandshakeRefusal.StaleIncarnation, error.Reason);
        Assert.Contains("w1#1 is a former incarnation", error.Message);
    }

    [Fact]
    public async Task A_newer_incarnation_ends_the_connection_of_the_former_one()
    {
        await using var node = await TestPeer.Listen();
        await using var former = await TestPeer.Start("w1", 1, null, ["worker"], null, null);
        await using var newer = await TestPeer.Start("w1", 2, null, ["worker"], null, null);
        await former.Dial(node);
        await newer.Dial(node);

        var (peer, loss) = await node.NextLoss();

        Assert.Equal(1, peer.Identity.Incarnation);
        Assert.Equal(PeerLossReason.Superseded, loss.Reason);
        Assert.Equal(PeerLossReason.Closed, (await former.NextLoss()).Loss.Reason);
        Assert.Equal(2, Assert.Single(node.Transport.Peers).Identity.Incarnation);
    }

    [Fact]
    public async Task The_same_incarnation_dialling_again_takes_its_own_place()
    {
        await using var node = await TestPeer.Listen();
        await using var halfOpen = await TestPeer.Start("w1", 1, null, ["worker"], null, null); // which does not know that it is cut off
        await using var again = await TestPeer.Start("w1", 1, null, ["worker"], null, null);
        await halfOpen.Dial(node);
        var first = await node.NextUp();
        await again.Dial(node);
        var second = await node.NextUp();

        var (peer, loss) = await node.NextLoss();

        Assert.Same(first, peer);
        Assert.Equal(PeerLossReason.Replaced, loss.Reason);
        Assert.Same(second, Assert.Single(node.Transport.Peers));
    }

    [Fact]
    public async Task A_retired_incarnation_is_cut_off_and_does_not_come_back_but_the_next_one_does()
    {
        await using var node = await TestPeer.Listen();
        await using var dead = await TestPeer.Start("w1", 4, null, ["worker"], null, null);
        await using var next = await TestPeer.Start("w1", 5, null, ["worker"], null, null);
        await dead.Dial(node);
        await node.NextUp();

        node.Transport.Retire("w1", 4);

        Assert.Equal(PeerLossReason.Retired, (await node.NextLoss()).Loss.Reason);
        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => dead.Dial(node));
        Assert.Equal(HandshakeRefusal.StaleIncarnation, error.Reason);
        Assert.Equal("n1", (await next.Dial(node)).Identity.NodeId);
    }

    [Fact]
    public async Task The_dialling_side_refuses_a_retired_incarnation_as_well()
    {
        await using var node = await TestPeer.Listen("n1", incarnation: 3);
        await using var client = await TestPeer.Client();
        client.Transport.Retire("n1", 3);

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.StaleIncarnation, error.Reason);
        Assert.Empty(client.Transport.Peers);
    }

    [Fact]
    public async Task Two_nodes_with_one_id_refuse_each_other()
    {
        await using var node = await TestPeer.Listen("n1", incarnation: 1);
        await using var twin = await TestPeer.Listen("n1", incarnation: 2);

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => twin.Dial(node));

        Assert.Equal(HandshakeRefusal.SameNode, error.Reason);
        Assert.Contains("give each node an id of its own", error.Message);
    }

    [Fact]
    public async Task Another_node_than_the_expected_one_is_refused()
    {
        await using var node = await TestPeer.Listen("n1");
        await using var client = await TestPeer.Client();

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node, expected: "n2"));

        Assert.Equal(HandshakeRefusal.UnexpectedNode, error.Reason);
        Assert.Contains("n1#1 answers, and not n2", error.Message);
    }

    [Fact]
    public async Task Where_nobody_listens_the_address_is_named()
    {
        await using var client = await TestPeer.Client();
        var gone = await TestPeer.Listen();
        await gone.DisposeAsync();

        var error = await Assert.ThrowsAsync<PeerUnreachableException>(() => client.Dial(gone));

        Assert.StartsWith($"{gone.Address} cannot be reached: ", error.Message);
    }
}
