using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>To every node: these are the shards that I serve, and no others.</summary>
/// <param name="Shards">By number; may be empty.</param>
internal sealed record ShardsServed(IReadOnlyList<int> Shards);

/// <summary>To every node: I have released this shard in good order; whoever it belongs to may claim it now.</summary>
internal sealed record ShardReleased(int Shard);

/// <summary>To every node: the table of members has changed; look at it.</summary>
internal sealed record MembersChanged;

/// <summary>From a client: who is there, and who holds what? Answered with a <see cref="ClusterMap"/>.</summary>
internal sealed record AskClusterMap;

/// <summary>From a client: declare this incarnation dead, for ever. Answered with <see cref="MemberDeclared"/>; refused by the one that is meant.</summary>
internal sealed record DeclareDead(string Incarnation);

/// <summary>The member is dead from now on.</summary>
/// <param name="DidIt"><see langword="false"/>: it was dead already, or is no member.</param>
internal sealed record MemberDeclared(bool DidIt);

/// <summary>From a client: let a parked shard be taken up again. Answered with <see cref="ShardUnparked"/>.</summary>
internal sealed record UnparkShard(int Shard);

/// <summary>The shard may be taken.</summary>
/// <param name="WasParked"><see langword="false"/>: it could be before.</param>
internal sealed record ShardUnparked(bool WasParked);

/// <summary>A cluster at one moment, as one of its nodes knows it.</summary>
/// <param name="Node">The incarnation that answers.</param>
/// <param name="Version">Of the members' table.</param>
/// <param name="Members">The living, and those that died lately.</param>
/// <param name="Owners">The incarnation that serves each shard, or that it belongs to; <see langword="null"/>: none.</param>
internal sealed record ClusterMap(
    string Node, DateTimeOffset AsOf, long Version, IReadOnlyList<ClusterMapMember> Members, IReadOnlyList<string?> Owners)
{
    /// <summary>Shards that nobody takes by itself; <see langword="null"/>: none.</summary>
    public IReadOnlyList<ParkedShard>? Parked { get; init; }
}

/// <summary>A member in a <see cref="ClusterMap"/>.</summary>
internal sealed record ClusterMapMember(MemberInfo Info, MemberStatus Status, DateTimeOffset JoinedAt, DateTimeOffset ChangedAt, double LeaseLeftSeconds);
