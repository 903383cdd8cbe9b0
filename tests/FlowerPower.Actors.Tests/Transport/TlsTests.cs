using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 trusted = Certificate("localhost");
    private readonly X509Certificate2 stranger = Certificate("localhost");

    [Fact]
    public async Task Over_tls_messages_of_all_sizes_go_both_ways()
    {
        await using var node = await TestPeer.Listen(change: o => o with { Tls = new() { Certificate = trusted } });
        await using var client = await TestPeer.Client(change: o => o with { Tls = Trusting(trusted) });
        var toNode = await client.Dial(node);
        var big = new string('y', 1_000_000);

        for (var i = 0; i < 200; i++)
        {
            toNode.Tell(new Note(i));
        }

        toNode.Tell(new Note(-1, big));
        var answer = await toNode.Ask<Answer>(new Question(5), TimeSpan.FromSeconds(1)).WaitAsync(Sim.Guard);

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(new Note(i), (await node.Next()).Message);
        }

        Assert.Equal(new Note(-1, big), (await node.Next()).Message);
        Assert.Equal(5, answer.Number);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused_on_both_sides()
    {
        await using var node = await TestPeer.Listen(change: o => o with { Tls = new() { Certificate = stranger } });
        await using var client = await TestPeer.Client(change: o => o with { Tls = Trusting(trusted) });

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.Tls, error.Reason);
        Assert.Contains("with a certificate that this side trusts and that names the host", error.Message);
        Assert.Contains((await node.NextRefusal()).Reason, (HandshakeRefusal[])[HandshakeRefusal.Tls, HandshakeRefusal.Closed]);
        Assert.Empty(node.Transport.Peers);
    }

    [Fact]
    public async Task A_certificate_of_another_host_is_refused()
    {
        await using var node = await TestPeer.Listen(change: o => o with { Tls = new() { Certificate = trusted } });
        await using var client = await TestPeer.Client(change: o => o with { Tls = Trusting(trusted, host: "elsewhere.example") });

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(node));

        Assert.Equal(HandshakeRefusal.Tls, error.Reason);
    }

    [Fact]
    public async Task Tls_on_one_side_only_is_refused_with_a_word_about_it()
    {
        await using var node = await TestPeer.Listen(change: o => o with { Tls = new() { Certificate = trusted } });
        await using var plain = await TestPeer.Client("c1");
        await using var plainNode = await TestPeer.Listen("n2");
        await using var client = await TestPeer.Client("c2", change: o => o with { Tls = Trusting(trusted) });

        var byPlain = await Assert.ThrowsAsync<HandshakeRefusedException>(() => plain.Dial(node));
        var byTls = await Assert.ThrowsAsync<HandshakeRefusedException>(() => client.Dial(plainNode));

        Assert.Contains("TLS", byPlain.Message);
        Assert.Contains("TLS", byTls.Message);
        Assert.Equal(HandshakeRefusal.NotOurProtocol, (await plainNode.NextRefusal()).Reason);
    }

    [Fact]
    public async Task Over_tls_a_killed_peer_is_lost_at_once_and_another_secret_is_refused()
    {
        await using var node = await TestPeer.Listen(change: o => o with { Tls = new() { Certificate = trusted } });
        await using var client = await TestPeer.Client(change: o => o with { Tls = Trusting(trusted) });
        await using var wrong = await TestPeer.Client("c2", change: o => o with { Tls = Trusting(trusted), Secret = "another secret altogether" });
        await client.Dial(node);
        var toClient = (RemotePeer)await node.NextUp();

        var error = await Assert.ThrowsAsync<HandshakeRefusedException>(() => wrong.Dial(node));
        toClient.Lose(PeerLossReason.ClosedHere, "broken by the test");

        Assert.Equal(HandshakeRefusal.WrongSecret, error.Reason);
        Assert.Equal(PeerLossReason.Closed, (await client.NextLoss()).Loss.Reason);
    }

    [Fact]
    public async Task Nobody_listens_with_tls_and_without_a_private_key()
    {
        using var publicPart = X509CertificateLoader.LoadCertificate(trusted.RawData);

        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => TestPeer.Listen(change: o => o with { Tls = new() { Certificate = publicPart } }));

        Assert.Contains("without a certificate and its private key", error.Message);
    }

    public void Dispose()
    {
        trusted.Dispose();
        stranger.Dispose();
    }

    private static PeerTlsOptions Trusting(X509Certificate2 root, string host = "localhost") =>
        new() { TrustedRoots = [X509CertificateLoader.LoadCertificate(root.RawData)], TargetHost = host };

    private static X509Certificate2 Certificate(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }
}
