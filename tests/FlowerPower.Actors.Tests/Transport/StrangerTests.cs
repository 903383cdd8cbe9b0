using System.Text;
using System.Text.Json;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

/// <summary>What comes from those who are no peers.</summary>
public sealed class StrangerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001")]
    [InlineData("\u0005\u0000\u0000\u0000\u0001junk")]
    [InlineData("\u0003\u0000\u0000\u0000\u0002{}")]
    [InlineData("\u0000\u0000\u0000\u0000\u0001")]
    public async Task What_is_not_the_protocol_is_cut_off_and_counted_and_the_node_serves_on(string bytes)
    {
        await using var node = await TestPeer.Listen();
        using (var stranger = await RawPeer.Connect(node.Address))
        {
            await stranger.Send(Encoding.Latin1.GetBytes(bytes));
            await stranger.UntilEnd();
        }

        Assert.Equal(HandshakeRefusal.NotOurProtocol, (await node.NextRefusal()).Reason);
        await using var client = await TestPeer.Client();
        Assert.Equal("n1", (await client.Dial(node)).Identity.NodeId);
    }

    [Fact]
    public async Task A_stranger_gets_no_more_memory_than_a_handshake_needs()
    {
        await using var node = await TestPeer.Listen();
        using var stranger = await RawPeer.Connect(node.Address);

        await stranger.Send(BitConverter.GetBytes(Handshake.MaxFrame + 1));
        await stranger.UntilEnd();

        Assert.Contains("a frame of 16,385 bytes, where 1 to 16,384 are allowed", (await node.NextRefusal()).Detail);
    }

    [Fact]
    public async Task A_handshake_that_hangs_is_cut_off_at_its_deadline()
    {
        await using var node = await TestPeer.Listen();
        using var stranger = await RawPeer.Connect(node.Address);
        await stranger.SendFrame(FrameKind.Handshake, Hello());
        Assert.Equal(FrameKind.Handshake, (await stranger.Next())!.Value.Kind); // the challenge, which stays unanswered

        node.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(0, node.Transport.Refused.Total);
        node.Time.Advance(TimeSpan.FromSeconds(0.1));

        await stranger.UntilEnd();
        Assert.Equal(HandshakeRefusal.TimedOut, (await node.NextRefusal()).Reason);
    }

    [Fact]
    public async Task A_stranger_that_leaves_in_the_middle_of_the_handshake_is_counted()
    {
        await using var node = await TestPeer.Listen();
        using (var stranger = await RawPeer.Connect(node.Address))
        {
            await stranger.Send(RawPeer.FrameOf(FrameKind.Handshake, Hello())[..20]);
        }

        Assert.Equal(HandshakeRefusal.Closed, (await node.NextRefusal()).Reason);
    }

    [Fact]
    public async Task More_handshakes_than_allowed_at_once_are_refused()
    {
        await using var node = await TestPeer.Listen(change: o => o with { MaxHandshakes = 1 });
        using var first = await RawPeer.Connect(node.Address);
        await first.SendFrame(FrameKind.Handshake, Hello());
        await first.Next(); // the challenge: this handshake is under way
        using var second = await RawPeer.Connect(node.Address);

        await second.UntilEnd();

        Assert.Equal(HandshakeRefusal.Busy, (await node.NextRefusal()).Reason);
    }

    [Fact]
    public async Task A_recorded_handshake_cannot_be_replayed()
    {
        await using var node = await TestPeer.Listen();
        var (address, accepted) = RawPeer.Listen();
        await using var client = await TestPeer.Client();
        var dialling = client.Transport.DialAsync(address);
        using var between = await accepted.WaitAsync(Sim.Guard);
        using var onward = await RawPeer.Connect(node.Address);
        var recorded = new List<byte[]>();
        for (var i = 0; i < 2; i++) // hello and challenge, proof and welcome
        {
            recorded.Add((await between.Next())!.Value.Body);
            await onward.SendFrame(FrameKind.Handshake, recorded[^1]);
            await between.SendFrame(FrameKind.Handshake, (await onward.Next())!.Value.Body);
        }

        Assert.Equal("n1", (await dialling.WaitAsync(Sim.Guard)).Identity.NodeId); // a good handshake was recorded

        using var replay = await RawPeer.Connect(node.Address);
        await replay.SendFrame(FrameKind.Handshake, recorded[0]);
        await replay.Next();
        await replay.SendFrame(FrameKind.Handshake, recorded[1]);
        var answer = Encoding.UTF8.GetString((await replay.Next())!.Value.Body);

        Assert.Contains("WrongSecret", answer);
        Assert.Equal(HandshakeRefusal.WrongSecret, (await node.NextRefusal()).Reason);
        Assert.DoesNotContain(recorded, bytes => Encoding.UTF8.GetString(bytes).Contains(TestPeer.Secret));
    }

    [Fact]
    public async Task A_listener_that_gives_the_diallers_own_proof_back_is_no_peer()
    {
        var (address, accepted) = RawPeer.Listen();
        await using var client = await TestPeer.Client();
        var dialling = client.Transport.DialAsync(address);
        using var impostor = await accepted.WaitAsync(Sim.Guard);
        await impostor.Next();
        await impostor.SendFrame(FrameKind.Handshake, Encode(new HandshakeMessage.Challenge(1, Introduction("n1"))));
        var proof = JsonSerializer.Deserialize((await impostor.Next())!.Value.Body, TransportJson.Default.HandshakeMessage);

        await impostor.SendFrame(FrameKind.Handshake, Encode(new HandshakeMessage.Welcome(((HandshakeMessage.Proof)proof!).Mac)));

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => dialling.WaitAsync(Sim.Guard));
        Assert.Equal(HandshakeRefusal.WrongSecret, error.Reason);
        Assert.Empty(client.Transport.Peers);
    }

    [Fact]
    public async Task Who_dials_something_else_is_told_that_it_is_no_node()
    {
        var (address, accepted) = RawPeer.Listen();
        await using var client = await TestPeer.Client();
        var dialling = client.Transport.DialAsync(address);
        using var web = await accepted.WaitAsync(Sim.Guard);

        await web.Send(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => dialling.WaitAsync(Sim.Guard));
        Assert.Equal(HandshakeRefusal.NotOurProtocol, error.Reason);
        Assert.Contains("it must be the cluster port of a node", error.Message);
    }

    [Fact]
    public async Task Who_dials_something_silent_is_told_at_the_deadline()
    {
        var (address, accepted) = RawPeer.Listen();
        await using var client = await TestPeer.Client();
        var dialling = client.Transport.DialAsync(address);
        using var silent = await accepted.WaitAsync(Sim.Guard);
        await silent.Next(); // the hello: the deadline runs

        client.Time.Advance(5 * Second);

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => dialling.WaitAsync(Sim.Guard));
        Assert.Equal(HandshakeRefusal.TimedOut, error.Reason);
        Assert.False(error.NeedsConfiguration);
    }

    private static byte[] Hello() => Encode(new HandshakeMessage.Hello(1, 1, Introduction("stranger")));

    private static Introduction Introduction(string node) => new("test", node, 1, ["worker"], new byte[Handshake.NonceBytes], 1 << 20);

    private static byte[] Encode(HandshakeMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, TransportJson.Default.HandshakeMessage);
}
