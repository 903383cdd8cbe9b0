using System.Text;

namespace FlowerPower.Jobs;

/// <summary>Which shard an entity id belongs to: the same in every process and version, for as long as a store lives.</summary>
public static class ShardKey
{
    /// <summary>The shard of an entity id.</summary>
    /// <param name="shardCount">1 or more; fixed when a store is made.</param>
    /// <returns>0 to <paramref name="shardCount"/> − 1.</returns>
    /// <remarks>
    /// 64-bit FNV-1a over the id's UTF-8 bytes, folded by xor of its halves, modulo the count.
    /// Source: draft-eastlake-fnv, "The FNV Non-Cryptographic Hash Algorithm". Never <c>string.GetHashCode</c>: it differs per process.
    /// </remarks>
    public static int Of(string entityId, int shardCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        var hash = Fnv1a(entityId);
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
