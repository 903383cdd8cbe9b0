using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FlowerPower.Actors.Transport;

/// <summary>What is decided in a handshake: pure functions.</summary>
internal static class HandshakeRules
{
    /// <summary>What the dialling side proves with, and what the other.</summary>
    /// <remarks>Two labels: else each could answer with what it was just sent.</remarks>
    public const string DiallerLabel = "flowerpower transport: dialler v1";

    /// <inheritdoc cref="DiallerLabel"/>
    public const string ListenerLabel = "flowerpower transport: listener v1";

    /// <summary>The newest version that both speak, or <see langword="null"/>.</summary>
    public static int? CommonProtocol(int minA, int maxA, int minB, int maxB) =>
        Math.Min(maxA, maxB) is var newest && newest >= Math.Max(minA, minB) ? newest : null;

    /// <summary>A proof over every byte that was said, so that nobody between the two can change any of it.</summary>
    /// <param name="secret">Empty if there is none.</param>
    public static byte[] Proof(byte[] secret, string label, byte[] hello, byte[] challenge)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in (ReadOnlySpan<byte[]>)[Encoding.ASCII.GetBytes(label), hello, challenge])
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
            mac.AppendData(length);
            mac.AppendData(part);
        }

        return mac.GetHashAndReset();
    }

    /// <summary>Compares in a time that does not tell how much is right.</summary>
    public static bool IsProof(byte[] given, byte[] expected) => CryptographicOperations.FixedTimeEquals(given, expected);

    /// <summary>What is said to the operator of the side that was refused.</summary>
    public static string Remedy(HandshakeRefusal reason) => reason switch
    {
        HandshakeRefusal.WrongSecret => "give both the same cluster secret (or none, on loopback)",
        HandshakeRefusal.WrongCluster => "correct the cluster's name or the address",
        HandshakeRefusal.NoCommonVersion => "upgrade the older of the two",
        HandshakeRefusal.StaleIncarnation => "restart this process: the cluster takes it for dead, or its node was started again elsewhere",
        HandshakeRefusal.SameNode => "give each node an id of its own, or correct the address",
        HandshakeRefusal.NotOurProtocol => "correct the address: it must be the cluster port of a node",
        HandshakeRefusal.TimedOut => "look whether that process is overloaded or stopped, and whether both sides use TLS",
        HandshakeRefusal.Busy => "try again later",
        HandshakeRefusal.Stopping => "use another node",
        HandshakeRefusal.Tls => "use TLS on both sides, with a certificate that this side trusts and that names the host",
        HandshakeRefusal.UnexpectedNode => "look up the node's present address",
        _ => "try again; if it stays so, look into that process' log, and whether both sides use TLS",
    };
}
