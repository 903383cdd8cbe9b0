using System.Text;

namespace FlowerPower.Jobs;

/// <summary>Which shard an entity id belongs to: the same in every process and version, for as long as a store lives.</summary>
public static class ShardKey
{
    /// <summary>Ends the part of an id that decides its shard.</summary>
    public const string Tie = "..";

    /// <summary>The shard of an entity id.</summary>
    /// <param name="shardCount">1 or more; fixed when a store is made.</param>
    /// <returns>0 to <paramref name="shardCount"/> − 1.</returns>
    /// <remarks>
    /// 64-bit FNV-1a over the UTF-8 bytes of the id, or of its part before the first <see cref="Tie"/> if it has one, folded by xor of its halves, modulo
    /// the count: ids that begin alike up to there are in one shard, and what must be decided for all of them at once is decided there.
    /// Source: draft-eastlake-fnv, "The FNV Non-Cryptographic Hash Algorithm". Never <c>string.GetHashCode</c>: it differs per process.
    /// </remarks>
    public static int Of(string entityId, int shardCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        var tie = entityId.IndexOf(Tie, StringComparison.Ordinal);
        var hash = Fnv1a(tie < 0 ? entityId : entityId[..tie]);
        return (int)((uint)(hash ^ (hash >> 32)) % (uint)shardCount);
    }

    /// <summary>64-bit FNV-1a over the text's UTF-8 bytes.</summary>
    public static ulong Fnv1a(string text)
    {
        const ulong offsetBasis = 14695981039346656037;
        const ulong prime = 1099511628211;
        var hash = offsetBasis;
        Span<byte> buffer = stackalloc byte[512];
        ReadOnlySpan<byte> bytes = text.Length <= 128
            ? buffer[..Encoding.UTF8.GetBytes(text, buffer)]
            : Encoding.UTF8.GetBytes(text);
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * prime;
        }

        return hash;
    }
}
