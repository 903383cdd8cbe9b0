using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class ListeningTests
{
    private static readonly PeerTransportOptions Good = RawPeer.Options;

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.1")]
    [InlineData("::")]
    public async Task Beyond_loopback_nobody_listens_without_a_secret(string host)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Start(Good with { Listen = new(host, 0), Secret = null, Advertise = new("n1", 0) }));

        Assert.Contains("beyond loopback, without a secret: give all nodes of the cluster the same secret, or listen on 127.0.0.1", error.Message);
    }

    [Fact]
    public async Task Who_listens_everywhere_says_where_it_is_reached()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Start(Good with { Listen = new("0.0.0.0", 0) }));
        await using var transport = await PeerTransport.StartAsync(
            Good with { Listen = new("0.0.0.0", 0), Advertise = new("node1.example", 0) }, new TestPeer());

        Assert.Contains("Advertise", error.Message);
        Assert.Equal("node1.example", transport.Self.Address!.Value.Host);
        Assert.NotEqual(0, transport.Self.Address!.Value.Port);
    }

    [Fact]
    public async Task An_address_in_use_is_named_with_the_remedy()
    {
        await using var node = await TestPeer.Listen();

        var error = await Assert.ThrowsAsync<IOException>(() => Start(Good with { Listen = node.Address }));

        Assert.StartsWith($"The transport cannot listen on {node.Address}: ", error.Message);
        Assert.EndsWith("Choose another port, or end what uses it.", error.Message);
    }

    [Fact]
    public async Task A_host_without_an_address_is_named()
    {
        var error = await Assert.ThrowsAsync<IOException>(() => Start(Good with { Listen = new("no-such-host.invalid", 0) }));

        Assert.StartsWith("The transport cannot listen on no-such-host.invalid:0: the host has no address.", error.Message);
    }

    [Fact]
    public async Task Options_outside_their_ranges_are_refused_by_name()
    {
        await Refused(Good with { ClusterId = "" }, "ClusterId");
        await Refused(Good with { NodeId = new string('n', 129) }, "NodeId");
        await Refused(Good with { Incarnation = -1 }, "Incarnation");
        await Refused(Good with { Roles = [] }, "Roles");
        await Refused(Good with { Roles = ["client"], Listen = new("127.0.0.1", 0) }, "Listen");
        await Refused(Good with { Secret = "too short" }, "Secret");
        await Refused(Good with { MinProtocol = 3, MaxProtocol = 2 }, "MaxProtocol");
        await Refused(Good with { MaxFrameBytes = 10 }, "MaxFrameBytes");
        await Refused(Good with { MaxOutstandingMessages = 0 }, "MaxOutstandingMessages");
        await Refused(Good with { MaxOutstandingBytes = 1000 }, "MaxOutstandingBytes");
        await Refused(Good with { ConnectTimeout = TimeSpan.Zero }, "ConnectTimeout");
        await Refused(Good with { HandshakeTimeout = TimeSpan.Zero }, "HandshakeTimeout");
        await Refused(Good with { HeartbeatEvery = TimeSpan.Zero }, "HeartbeatEvery");
        await Refused(Good with { SilenceTimeout = TimeSpan.FromSeconds(1.9) }, "SilenceTimeout");
        await Refused(Good with { StuckTimeout = TimeSpan.FromSeconds(1.9) }, "StuckTimeout");
        await Refused(Good with { ReconnectMin = TimeSpan.FromSeconds(9) }, "ReconnectMax");
        await Refused(Good with { CloseTimeout = TimeSpan.FromSeconds(-1) }, "CloseTimeout");
        await Refused(Good with { MaxHandshakes = 0 }, "MaxHandshakes");
    }

    [Fact]
    public void Printed_options_do_not_tell_the_secret() => Assert.DoesNotContain(TestPeer.Secret, Good.ToString());

    [Theory]
    [InlineData("localhost:7000", "localhost", 7000)]
    [InlineData("10.0.0.1:0", "10.0.0.1", 0)]
    [InlineData("[::1]:65535", "::1", 65535)]
    public void An_address_is_read_as_it_is_written(string text, string host, int port)
    {
        Assert.True(PeerAddress.TryParse(text, out var address));
        Assert.Equal(new PeerAddress(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData(":7000")]
    [InlineData("localhost:")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:-1")]
    [InlineData("::1:7000")]
    [InlineData("a b:7000")]
    public void What_is_no_address_is_not_read(string? text) => Assert.False(PeerAddress.TryParse(text, out _));

    private static Task<PeerTransport> Start(PeerTransportOptions options) => PeerTransport.StartAsync(options, new TestPeer());

    private static async Task Refused(PeerTransportOptions options, string name)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Start(options));
        Assert.StartsWith($"{name} of the transport is outside its range: ", error.Message);
    }
}
