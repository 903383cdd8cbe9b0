using System.Text.Json.Serialization;

namespace FlowerPower.Actors.Transport;

/// <summary>
/// The handshake: the dialling side says hello, the other challenges it, the dialling side proves that it knows the secret, and is welcomed with the other
/// side's proof. Only who has proved itself gets a proof: a stranger cannot collect material to guess the secret from by knocking.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Challenge), "challenge")]
[JsonDerivedType(typeof(Proof), "proof")]
[JsonDerivedType(typeof(Welcome), "welcome")]
[JsonDerivedType(typeof(Refused), "refused")]
internal abstract record HandshakeMessage
{
    private HandshakeMessage()
    {
    }

    public sealed record Hello(int MinProtocol, int MaxProtocol, Introduction Me) : HandshakeMessage;

    public sealed record Challenge(int Protocol, Introduction Me) : HandshakeMessage;

    /// <param name="Mac">By the secret, of all that both sides have said so far.</param>
    public sealed record Proof(byte[] Mac) : HandshakeMessage;

    /// <inheritdoc cref="Proof"/>
    public sealed record Welcome(byte[] Mac) : HandshakeMessage;

    /// <param name="Reason">A name of <see cref="HandshakeRefusal"/>; one that is not known here comes from a newer version.</param>
    public sealed record Refused(string Reason, string Detail) : HandshakeMessage;
}

/// <summary>Who a side says it is. Nothing of it is believed before the proof.</summary>
/// <param name="Nonce">Unguessable, new for each handshake; <see cref="Handshake.NonceBytes"/> long.</param>
/// <param name="MaxFrame">The longest frame that it reads, in bytes.</param>
internal sealed record Introduction(
    string Cluster, string Node, long Incarnation, IReadOnlyList<string> Roles, byte[] Nonce, int MaxFrame, string? Address = null)
{
    /// <summary>Who it is, or <see langword="null"/> if it contradicts itself.</summary>
    public PeerIdentity? ToIdentity()
    {
        PeerAddress? address = null;
        if (Address is not null)
        {
            if (!PeerAddress.TryParse(Address, out var parsed))
            {
                return null;
            }

            address = parsed;
        }

        var isSound = Node.Length is >= 1 and <= PeerIdentity.MaxNodeIdLength
            && Incarnation >= 0
            && Roles.Count is >= 1 and <= PeerIdentity.MaxRoles
            && Roles.All(role => role is { Length: >= 1 and <= PeerIdentity.MaxNodeIdLength })
            && Nonce.Length == Handshake.NonceBytes
            && MaxFrame >= 1024;
        return isSound ? new PeerIdentity(Node, Incarnation, Roles, address) : null;
    }
}
