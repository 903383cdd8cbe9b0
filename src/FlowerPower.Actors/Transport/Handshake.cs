using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace FlowerPower.Actors.Transport;

/// <summary>What two sides agreed on.</summary>
/// <param name="Remote">Who the other side is.</param>
/// <param name="Protocol">The version that both speak.</param>
/// <param name="MaxFrameToSend">The longest frame that both allow, in bytes.</param>
internal sealed record Agreement(PeerIdentity Remote, int Protocol, int MaxFrameToSend);

/// <summary>Both sides' steps of the handshake over a pipe.</summary>
/// <param name="admit">The refusal of a proved identity that may not come in, or <see langword="null"/>.</param>
internal sealed class Handshake(
    PeerTransportOptions options, PeerIdentity self, IDuplexPipe pipe, Func<PeerIdentity, (HandshakeRefusal Reason, string Detail)?> admit)
{
    public const int Protocol = 1;
    public const int NonceBytes = 32;

    /// <summary>Strangers get no more memory than this.</summary>
    public const int MaxFrame = 16 * 1024;

    private readonly FrameWriter writer = new(pipe.Output, MaxFrame);

    /// <summary>The side that dialled.</summary>
    /// <param name="expected">The node that should answer; <see langword="null"/> for any.</param>
    /// <exception cref="HandshakeRefusedException">Either side refused.</exception>
    public async Task<Agreement> DialAsync(string? expected, CancellationToken cancellationToken)
    {
        var hello = Encode(new HandshakeMessage.Hello(options.MinProtocol, options.MaxProtocol, Introduce()));
        await SendAsync(hello, cancellationToken).ConfigureAwait(false);
        var (challenge, challengeBytes) = await ReceiveAsync<HandshakeMessage.Challenge>(cancellationToken).ConfigureAwait(false);
        var remote = IdentityOf(challenge.Me);
        CheckCluster(challenge.Me);
        if (challenge.Protocol < options.MinProtocol || challenge.Protocol > options.MaxProtocol)
        {
            throw Refusal(HandshakeRefusal.NoCommonVersion, $"{remote} chose protocol {challenge.Protocol}, which was not offered");
        }

        if (expected is not null && remote.NodeId != expected)
        {
            throw Refusal(HandshakeRefusal.UnexpectedNode, $"{remote} answers, and not {expected}");
        }

        var secret = options.SecretBytes;
        var proof = HandshakeRules.Proof(secret, HandshakeRules.DiallerLabel, hello, challengeBytes);
        await SendAsync(Encode(new HandshakeMessage.Proof(proof)), cancellationToken).ConfigureAwait(false);
        var (welcome, _) = await ReceiveAsync<HandshakeMessage.Welcome>(cancellationToken).ConfigureAwait(false);
        if (!HandshakeRules.IsProof(welcome.Mac, HandshakeRules.Proof(secret, HandshakeRules.ListenerLabel, hello, challengeBytes)))
        {
            throw Refusal(HandshakeRefusal.WrongSecret, $"what answers as {remote} does not know the cluster's secret");
        }

        if (admit(remote) is { } refused)
        {
            throw Refusal(refused.Reason, refused.Detail);
        }

        return new Agreement(remote, challenge.Protocol, Math.Min(options.MaxFrameBytes, challenge.Me.MaxFrame));
    }

    /// <summary>The side that was dialled. It tells the other why, if it refuses.</summary>
    /// <exception cref="HandshakeRefusedException">Either side refused.</exception>
    public async Task<Agreement> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (hello, helloBytes) = await ReceiveAsync<HandshakeMessage.Hello>(cancellationToken).ConfigureAwait(false);
            var remote = IdentityOf(hello.Me);
            if (HandshakeRules.CommonProtocol(hello.MinProtocol, hello.MaxProtocol, options.MinProtocol, options.MaxProtocol) is not { } protocol)
            {
                throw Refusal(
                    HandshakeRefusal.NoCommonVersion,
                    $"{remote} speaks protocol {hello.MinProtocol} to {hello.MaxProtocol}, and {self} {options.MinProtocol} to {options.MaxProtocol}");
            }

            CheckCluster(hello.Me);
            var challenge = Encode(new HandshakeMessage.Challenge(protocol, Introduce()));
            await SendAsync(challenge, cancellationToken).ConfigureAwait(false);
            var (proof, _) = await ReceiveAsync<HandshakeMessage.Proof>(cancellationToken).ConfigureAwait(false);
            var secret = options.SecretBytes;
            if (!HandshakeRules.IsProof(proof.Mac, HandshakeRules.Proof(secret, HandshakeRules.DiallerLabel, helloBytes, challenge)))
            {
                throw Refusal(HandshakeRefusal.WrongSecret, $"what calls itself {remote} does not know the cluster's secret");
            }

            if (admit(remote) is { } refused)
            {
                throw Refusal(refused.Reason, refused.Detail);
            }

            var mac = HandshakeRules.Proof(secret, HandshakeRules.ListenerLabel, helloBytes, challenge);
            await SendAsync(Encode(new HandshakeMessage.Welcome(mac)), cancellationToken).ConfigureAwait(false);
            return new Agreement(remote, protocol, Math.Min(options.MaxFrameBytes, hello.Me.MaxFrame));
        }
        catch (HandshakeRefusedException refusal) when (refusal.Reason is not (HandshakeRefusal.NotOurProtocol or HandshakeRefusal.Closed))
        {
            await SayAsync(refusal.Reason, refusal.Message, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tells the other side why it is not let in; as well as can be.</summary>
    public async Task SayAsync(HandshakeRefusal reason, string detail, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(Encode(new HandshakeMessage.Refused(reason.ToString(), detail)), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // It is gone; whoever reads the log of this side will find the reason.
        }
    }

    private static HandshakeRefusedException Refusal(HandshakeRefusal reason, string detail, Exception? inner = null) =>
        new(reason, $"{reason}: {detail}: {HandshakeRules.Remedy(reason)}.", inner);

    private static byte[] Encode(HandshakeMessage message) =>
        JsonSerializer.SerializeToUtf8Bytes(message, TransportJson.Default.HandshakeMessage);

    private static PeerIdentity IdentityOf(Introduction introduction) =>
        introduction.ToIdentity() ?? throw Refusal(HandshakeRefusal.NotOurProtocol, "the other side's introduction contradicts itself");

    private Introduction Introduce()
    {
        var nonce = new byte[NonceBytes];
        options.Nonce(nonce);
        return new Introduction(
            options.ClusterId, self.NodeId, self.Incarnation, self.Roles, nonce, options.MaxFrameBytes, self.Address?.ToString());
    }

    private void CheckCluster(Introduction other)
    {
        if (other.Cluster != options.ClusterId)
        {
            throw Refusal(HandshakeRefusal.WrongCluster, $"{other.Node} belongs to the cluster '{other.Cluster}', and {self.NodeId} to '{options.ClusterId}'");
        }
    }

    private async Task SendAsync(byte[] body, CancellationToken cancellationToken)
    {
        writer.WriteHandshake(body);
        await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<(T Message, byte[] Bytes)> ReceiveAsync<T>(CancellationToken cancellationToken)
        where T : HandshakeMessage
    {
        var bytes = await ReadFrameAsync(cancellationToken).ConfigureAwait(false);
        HandshakeMessage? message;
        try
        {
            message = JsonSerializer.Deserialize(bytes, TransportJson.Default.HandshakeMessage);
        }
        catch (JsonException error)
        {
            throw Refusal(HandshakeRefusal.NotOurProtocol, $"the other side sent no handshake ({error.Message})", error);
        }

        return message switch
        {
            T expected => (expected, bytes),
            HandshakeMessage.Refused refused => throw Refused(refused),
            _ => throw Refusal(HandshakeRefusal.NotOurProtocol, "the other side sent the steps of the handshake in another order"),
        };
    }

    private static HandshakeRefusedException Refused(HandshakeMessage.Refused refused)
    {
        var isKnown = Enum.TryParse<HandshakeRefusal>(refused.Reason, out var reason) && Enum.IsDefined(reason);
        return new HandshakeRefusedException(isKnown ? reason : HandshakeRefusal.NotOurProtocol, refused.Detail);
    }

    private async Task<byte[]> ReadFrameAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await pipe.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var rest = read.Buffer;
            bool isWhole;
            FrameKind kind;
            ReadOnlySequence<byte> body;
            try
            {
                isWhole = Frame.TryCut(ref rest, MaxFrame, out kind, out body);
            }
            catch (ProtocolException error)
            {
                throw Refusal(HandshakeRefusal.NotOurProtocol, $"the other side sent {error.Message}", error);
            }

            if (isWhole)
            {
                if (kind != FrameKind.Handshake)
                {
                    throw Refusal(HandshakeRefusal.NotOurProtocol, "the other side sent a message before the handshake");
                }

                var bytes = body.ToArray();
                pipe.Input.AdvanceTo(rest.Start);
                return bytes;
            }

            pipe.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw Refusal(HandshakeRefusal.Closed, "the other side closed the connection in the handshake");
            }
        }
    }
}
