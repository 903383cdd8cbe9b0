using System.Text;

namespace FlowerPower.Actors;

/// <summary>Which member a shard belongs to: every node computes the same answer from the same members, without asking anyone.</summary>
/// <remarks>
/// <para>
/// Weighted rendezvous hashing: each member has as many points per shard as its weight, and the highest point of all wins. So a member's share is
/// its part of all weights, a member that joins takes shards only for itself, and one that leaves only gives up its own. Points are whole numbers:
/// there is no rounding in which two machines could differ.
/// </para>
/// <para>Source: D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on Networking, 1998.</para>
/// </remarks>
public static class ShardPlacement
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>The member that a shard belongs to.</summary>
    /// <param name="shard">0 or more.</param>
    /// <param name="members">In any order, each id once; a weight is 1 to 100 and costs as many hashes.</param>
    /// <returns>A member's id; <see langword="null"/> if there are no members.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static string? OwnerOf(int shard, IReadOnlyList<(string Id, int Weight)> members)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        return OwnerOf(shard, Hashed(members));
    }

    /// <summary>The members that the shards belong to.</summary>
    /// <param name="shardCount">0 or more.</param>
    /// <param name="members">As for one shard, but not empty.</param>
    /// <returns>Each shard's member's id, by the shard's number.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    /// <exception cref="ArgumentException">There are no members.</exception>
    public static string[] OwnersOf(int shardCount, IReadOnlyList<(string Id, int Weight)> members)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shardCount);
        if (members.Count == 0)
        {
            throw new ArgumentException("There is no member that a shard could belong to.", nameof(members));
        }

        var hashed = Hashed(members);
        return [.. Enumerable.Range(0, shardCount).Select(shard => OwnerOf(shard, hashed)!)];
    }

    private static (string Id, int Weight, ulong Hash)[] Hashed(IReadOnlyList<(string Id, int Weight)> members) =>
    [
        .. members.Select(m => m.Weight is >= 1 and <= 100
            ? (m.Id, m.Weight, StableHash.Fnv1a(m.Id))
            : throw new ArgumentOutOfRangeException(nameof(members), m.Weight, $"The weight of member '{m.Id}' is not 1 to 100.")),
    ];

    private static string? OwnerOf(int shard, (string Id, int Weight, ulong Hash)[] members)
    {
        string? owner = null;
        var highest = 0UL;
        foreach (var (id, weight, hash) in members)
        {
            var seed = StableHash.Mix(hash + (Golden * ((ulong)shard + 1)));
            for (var point = 0; point < weight; point++)
            {
                var height = StableHash.Mix(seed + (Golden * (ulong)point));
                if (owner is null || height > highest || (height == highest && string.CompareOrdinal(id, owner) < 0))
                {
                    (owner, highest) = (id, height);
                }
            }
        }

        return owner;
    }
}

/// <summary>Hashes that are the same in every process, on every machine, for ever.</summary>
internal static class StableHash
{
    /// <summary>64-bit FNV-1a over the text's UTF-8 bytes.</summary>
    /// <remarks>Source: draft-eastlake-fnv, "The FNV Non-Cryptographic Hash Algorithm".</remarks>
    public static ulong Fnv1a(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 0x100000001B3UL;
        }

        return hash;
    }

    /// <summary>The output function of SplitMix64: every bit of the input changes every bit of the output with a chance of one half.</summary>
    /// <remarks>Source: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.</remarks>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
