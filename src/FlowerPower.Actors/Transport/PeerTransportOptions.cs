using System.Security.Cryptography;
using System.Text;

namespace FlowerPower.Actors.Transport;

/// <summary>What a <see cref="PeerTransport"/> is given.</summary>
public sealed record PeerTransportOptions
{
    /// <summary>The shortest secret, in UTF-8 bytes.</summary>
    public const int MinSecretLength = 16;

    /// <summary>The cluster's name; 1 to 128 characters. Processes of different clusters refuse each other.</summary>
    public required string ClusterId { get; init; }

    /// <summary>This process' stable name, unique in the cluster; 1 to 128 characters.</summary>
    public required string NodeId { get; init; }

    /// <summary>Grows with each start of the node; 0 or more.</summary>
    public required long Incarnation { get; init; }

    /// <summary>What this process does; by default a client, which does not listen.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [PeerIdentity.ClientRole];

    /// <summary>The types that it sends and understands.</summary>
    public required WireTypes Types { get; init; }

    /// <summary>Where to listen; port 0 for a free one; <see langword="null"/> not to listen.</summary>
    public PeerAddress? Listen { get; init; }

    /// <summary>Where others reach what listens; by default what it listens on. A port of 0 is replaced by the real one.</summary>
    public PeerAddress? Advertise { get; init; }

    /// <summary>The cluster's shared secret, at least 16 bytes. Never sent. Mandatory to listen beyond loopback.</summary>
    public string? Secret { get; init; }

    /// <summary>TLS on every connection; <see langword="null"/> for none. All of a cluster use it or none.</summary>
    public PeerTlsOptions? Tls { get; init; }

    /// <summary>The oldest protocol version that it speaks; 1 or more.</summary>
    public int MinProtocol { get; init; } = Handshake.Protocol;

    /// <summary>The newest protocol version that it speaks; not less than <see cref="MinProtocol"/>.</summary>
    public int MaxProtocol { get; init; } = Handshake.Protocol;

    /// <summary>The clock of every time-out.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Uniform samples in [0, 1) for the jitter of reconnecting; by default a source with an arbitrary seed. Called by one caller at a time.</summary>
    public Func<double> Jitter { get; init; } = new Random().NextDouble;

    /// <summary>Fills a challenge with what nobody can guess.</summary>
    public Action<byte[]> Nonce { get; init; } = static nonce => RandomNumberGenerator.Fill(nonce);

    /// <summary>
    /// The longest frame in bytes, 1 KiB to 1 GiB; by default 32 MiB, twice the greatest result. The smaller one of two peers counts for what they send.
    /// </summary>
    public int MaxFrameBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>The most messages that wait for one peer, or that it has not confirmed; 1 or more.</summary>
    public int MaxOutstandingMessages { get; init; } = 100_000;

    /// <summary>The most bytes of them, about (see <see cref="WireType.Of"/>); at least <see cref="MaxFrameBytes"/>.</summary>
    public long MaxOutstandingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long a connection may take to be made; more than zero.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a handshake may take; more than zero.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often each side says that it lives; more than zero.</summary>
    public TimeSpan HeartbeatEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a peer may send nothing at all before it is lost; at least twice <see cref="HeartbeatEvery"/>. Looked at with each heartbeat.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may take nothing of what waits for it; at least twice <see cref="HeartbeatEvery"/>.</summary>
    public TimeSpan StuckTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause before a lost connection is made again; more than zero.</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest such pause; not less than <see cref="ReconnectMin"/>.</summary>
    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a stop waits until what was sent has left; zero or more.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most handshakes at once that were dialled from outside; 1 or more. One more is refused.</summary>
    public int MaxHandshakes { get; init; } = 256;

    /// <summary>Who it is for. Not all that it holds, as records otherwise say: the secret is among it.</summary>
    public override string ToString() => FormattableString.Invariant($"{ClusterId}: {NodeId}#{Incarnation}");

    internal byte[] SecretBytes => Secret is null ? [] : Encoding.UTF8.GetBytes(Secret);

    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    internal void Validate()
    {
        CheckName(ClusterId, nameof(ClusterId));
        CheckName(NodeId, nameof(NodeId));
        Check(Incarnation >= 0, nameof(Incarnation), "use 0 or more");
        Check(
            Roles is { Count: >= 1 and <= PeerIdentity.MaxRoles } && Roles.All(r => r is { Length: >= 1 and <= PeerIdentity.MaxNodeIdLength }),
            nameof(Roles),
            $"name 1 to {PeerIdentity.MaxRoles} roles");
        Check(Listen is null || !Roles.Contains(PeerIdentity.ClientRole), nameof(Listen), "a client does not listen: give it another role, or no address");
        Check(
            Secret is null || Encoding.UTF8.GetByteCount(Secret) >= MinSecretLength,
            nameof(Secret),
            $"use at least {MinSecretLength} bytes, such as those of `openssl rand -hex 32`");
        Check(MinProtocol >= 1 && MaxProtocol >= MinProtocol, nameof(MaxProtocol), "use versions from 1 up, the newest not below the oldest");
        Check(MaxFrameBytes is >= 1024 and <= 1024 * 1024 * 1024, nameof(MaxFrameBytes), "use 1 KiB to 1 GiB");
        Check(MaxOutstandingMessages >= 1, nameof(MaxOutstandingMessages), "use 1 or more");
        Check(MaxOutstandingBytes >= MaxFrameBytes, nameof(MaxOutstandingBytes), $"use at least {nameof(MaxFrameBytes)}, or no such frame could wait");
        CheckLength(ConnectTimeout, nameof(ConnectTimeout));
        CheckLength(HandshakeTimeout, nameof(HandshakeTimeout));
        CheckLength(HeartbeatEvery, nameof(HeartbeatEvery));
        Check(SilenceTimeout >= 2 * HeartbeatEvery, nameof(SilenceTimeout), $"use at least twice {nameof(HeartbeatEvery)}, or a late heartbeat is a death");
        Check(StuckTimeout >= 2 * HeartbeatEvery, nameof(StuckTimeout), $"use at least twice {nameof(HeartbeatEvery)}, which carry the confirmations");
        CheckLength(ReconnectMin, nameof(ReconnectMin));
        Check(ReconnectMax >= ReconnectMin, nameof(ReconnectMax), $"use at least {nameof(ReconnectMin)}");
        CheckLength(ReconnectMax, nameof(ReconnectMax));
        Check(CloseTimeout >= TimeSpan.Zero && CloseTimeout <= TimeSpan.FromDays(1), nameof(CloseTimeout), "use zero to one day");
        Check(MaxHandshakes >= 1, nameof(MaxHandshakes), "use 1 or more");
    }

    private static void CheckName(string name, string option) =>
        Check(name is { Length: >= 1 and <= PeerIdentity.MaxNodeIdLength }, option, $"use 1 to {PeerIdentity.MaxNodeIdLength} characters");

    private static void CheckLength(TimeSpan value, string option) =>
        Check(value > TimeSpan.Zero && value <= TimeSpan.FromDays(1), option, "use more than zero, at most one day");

    private static void Check(bool isGood, string option, string remedy)
    {
        if (!isGood)
        {
            throw new ArgumentException($"{option} of the transport is outside its range: {remedy}.", option);
        }
    }
}
