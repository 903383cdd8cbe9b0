using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>A cluster at one moment, as one of its nodes knows it.</summary>
/// <param name="Node">The incarnation that answered.</param>
/// <param name="AsOf">When, by that node's clock.</param>
/// <param name="Version">Of the table of members; it rises with each change.</param>
/// <param name="Members">The living, and those that died lately; ascending by name.</param>
/// <param name="Owners">By shard, the incarnation that serves it, or that it belongs to; <see langword="null"/>: none.</param>
public sealed record ClusterPicture(
    string Node, DateTimeOffset AsOf, long Version, IReadOnlyList<Member> Members, IReadOnlyList<string?> Owners)
{
    /// <summary>Shards that no node takes by itself any more, ascending; may be empty.</summary>
    public IReadOnlyList<ParkedShard> Parked { get; init; } = [];

    /// <summary>Why a shard is parked and what to do about it, in one sentence; <see langword="null"/>: it is not.</summary>
    public string? WhyParked(int shard) => Parked.FirstOrDefault(parked => parked.Shard == shard) is { } why ? ParkedShards.Sentence(why) : null;

    internal static ClusterPicture Of(ClusterMap map) => new(
        map.Node,
        map.AsOf,
        map.Version,
        [
            .. map.Members
                .Select(m => new Member(m.Info, m.Status, m.JoinedAt, m.ChangedAt, TimeSpan.FromSeconds(m.LeaseLeftSeconds)))
                .OrderBy(m => m.Info.Name, StringComparer.Ordinal).ThenBy(m => m.Info.Incarnation, StringComparer.Ordinal),
        ],
        map.Owners)
    {
        Parked = map.Parked ?? [],
    };
}
