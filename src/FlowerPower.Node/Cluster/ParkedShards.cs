using System.Globalization;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>What is said of shards that nobody takes by itself any more.</summary>
internal static class ParkedShards
{
    private const int MostNamed = 4;

    /// <summary>Why, and the remedy.</summary>
    public static string Sentence(ParkedShard parked) =>
        $"Shard {parked.Shard} is parked: {parked.Falls} nodes ended one after the other while they had it (the last was {parked.LastOwner}, counted at "
        + $"{parked.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}), so none takes it by itself any more. What it holds is kept: "
        + $"find out why they ended, then let it be taken up again with flowerpower cluster unpark {parked.Shard}";

    /// <summary>As parts of an answer that lacks them.</summary>
    public static IEnumerable<string> Names(IReadOnlyList<ParkedShard> parked) =>
        parked.Count > MostNamed ? [$"{parked.Count} parked shards"] : parked.Select(shard => $"shard {shard.Shard} (parked)");
}
