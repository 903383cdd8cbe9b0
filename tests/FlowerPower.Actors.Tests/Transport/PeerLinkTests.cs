using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class PeerLinkTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    [Fact]
    public async Task A_link_connects_again_to_the_next_incarnation_at_the_same_address()
    {
        await using var client = await TestPeer.Client(change: Patient);
        var first = await TestPeer.Listen("n1", incarnation: 1);
        var address = first.Address;
        await using var link = client.Transport.Link(address);
        var before = await link.ConnectedAsync().WaitAsync(Sim.Guard);

        await first.DisposeAsync();
        await client.NextLoss();
        await using var second = await TestPeer.Listen("n1", incarnation: 2, change: o => o with { Listen = address });
        var after = await client.AdvanceUntil(Connected(link, notBefore: before), Step);

        Assert.Equal(1, before.Identity.Incarnation);
        Assert.Equal(2, after.Identity.Incarnation);
        Assert.Equal(3, (await link.Ask<Answer>(new Question(3), TimeSpan.FromHours(1)).WaitAsync(Sim.Guard)).Number);
        Assert.Null(link.LastError);
    }

    [Fact]
    public async Task A_link_connects_again_after_a_broken_connection()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: Patient);
        await using var link = client.Transport.Link(node.Address);
        var before = await link.ConnectedAsync().WaitAsync(Sim.Guard);

        ((RemotePeer)await node.NextUp()).Lose(PeerLossReason.ClosedHere, "broken by the test");
        await client.NextLoss();
        var after = await client.AdvanceUntil(Connected(link, notBefore: before), Step);

        Assert.NotSame(before, after);
        Assert.Equal(before.Identity, after.Identity);
    }

    [Fact]
    public async Task While_there_is_no_connection_every_message_is_said_to_be_lost()
    {
        await using var client = await TestPeer.Client(change: Patient);
        var gone = await TestPeer.Listen();
        await gone.DisposeAsync();
        await using var link = client.Transport.Link(gone.Address);

        Assert.False(link.Tell(new Note(1)));
        var error = await Assert.ThrowsAsync<MessageNotSentException>(() => link.Ask<Answer>(new Question(1), Second));

        Assert.Equal(DropReason.NotConnected, (await client.NextDrop()).Reason);
        Assert.Equal(DropReason.NotConnected, error.Reason);
        Assert.Contains($"There is no connection to {gone.Address}", error.Message);
    }

    [Fact]
    public async Task Who_waits_for_a_link_is_told_what_only_a_configuration_can_mend()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => Patient(o) with { Secret = "another secret altogether" });
        await using var link = client.Transport.Link(node.Address);

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => link.ConnectedAsync().WaitAsync(Sim.Guard));

        Assert.Equal(HandshakeRefusal.WrongSecret, error.Reason);
        await client.NextRefusal();
        var again = client.NextRefusal();
        await client.AdvanceUntil(again, Step); // it tries on, should the other side be mended
        Assert.Equal(HandshakeRefusal.WrongSecret, (await again).Reason);
    }

    [Fact]
    public async Task A_disposed_link_dials_no_more()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: Patient);
        var link = client.Transport.Link(node.Address);
        await link.ConnectedAsync().WaitAsync(Sim.Guard);

        await link.DisposeAsync();

        Assert.Equal(PeerLossReason.Left, (await node.NextLoss()).Loss.Reason);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => link.ConnectedAsync());
        Assert.Null(link.Current);
    }

    [Theory]
    [InlineData(0, 0.0, 50)]
    [InlineData(0, 0.5, 75)]
    [InlineData(1, 0.0, 100)]
    [InlineData(3, 0.5, 600)]
    [InlineData(6, 0.0, 2500)]
    [InlineData(1_000_000, 0.5, 3750)]
    public void The_pause_doubles_up_to_its_bound_and_is_spread(int failures, double jitter, int milliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(milliseconds),
            PeerLink.Pause(failures, TimeSpan.FromMilliseconds(100), 5 * Second, jitter));

    /// <summary>The clock runs ahead of the sockets here, and only the pauses between attempts are meant.</summary>
    private static PeerTransportOptions Patient(PeerTransportOptions options) => options with
    {
        ConnectTimeout = TimeSpan.FromDays(1),
        HandshakeTimeout = TimeSpan.FromDays(1),
        SilenceTimeout = TimeSpan.FromDays(1),
        StuckTimeout = TimeSpan.FromDays(1),
    };

    private static async Task<Peer> Connected(PeerLink link, Peer notBefore)
    {
        while (true)
        {
            var peer = await link.ConnectedAsync();
            if (peer != notBefore)
            {
                return peer;
            }

            await Task.Yield(); // the link has not yet noticed its loss
        }
    }
}
