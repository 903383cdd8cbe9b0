namespace FlowerPower.Actors.Transport;

/// <summary>One incarnation of one node, or a client. Equal by <see cref="NodeId"/> and <see cref="Incarnation"/>.</summary>
/// <param name="NodeId">The node's stable name; 1 to 128 characters.</param>
/// <param name="Incarnation">Grows with each start of the node; 0 or more.</param>
/// <param name="Roles">What it does; not empty. A client has only <see cref="ClientRole"/>.</param>
/// <param name="Address">Where others reach it; <see langword="null"/> for one that does not listen.</param>
public sealed record PeerIdentity(string NodeId, long Incarnation, IReadOnlyList<string> Roles, PeerAddress? Address)
{
    /// <summary>The role of a process that is no node.</summary>
    public const string ClientRole = "client";

    internal const int MaxNodeIdLength = 128;
    internal const int MaxRoles = 16;

    /// <summary>Is it a client and no node?</summary>
    public bool IsClient => Roles is [ClientRole];

    /// <inheritdoc/>
    public bool Equals(PeerIdentity? other) => other is not null && NodeId == other.NodeId && Incarnation == other.Incarnation;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(NodeId, Incarnation);

    /// <summary>For logs: <c>n1#3</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{NodeId}#{Incarnation}");
}
