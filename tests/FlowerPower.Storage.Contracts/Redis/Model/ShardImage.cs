using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;

namespace FlowerPower.Storage.Contracts;

/// <summary>All keys of a shard as they are in Redis, read as what they mean: the index's chunks as places, one by one.</summary>
internal sealed class ShardImage
{
    /// <summary>The most that a chunk may have, so that it fits an allocation of Redis' of 1,024 bytes with what Redis puts around it.</summary>
    private const int MaxChunkBytes = 1_016;

    private ShardImage(IReadOnlyList<string> lines, IReadOnlySet<string> ids, IReadOnlyList<Chunk> chunks, IReadOnlyDictionary<string, double> hints)
    {
        Lines = lines;
        Ids = ids;
        Chunks = chunks;
        Hints = hints;
    }

    /// <summary>As <see cref="ShardScripts.Image"/> writes them.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The ids that have records.</summary>
    public IReadOnlySet<string> Ids { get; }

    /// <summary>The index.</summary>
    public IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>The expiry set: code and first place, and the instant in milliseconds.</summary>
    public IReadOnlyDictionary<string, double> Hints { get; }

    public static async Task<ShardImage> ReadAsync(IDatabase database, ShardKeys keys, IReadOnlyList<string> bucketNames)
    {
        // One step for Redis, so that it is one image.
        var step = database.CreateTransaction();
        var head = step.HashGetAllAsync(keys.Head);
        var log = step.ListRangeAsync(keys.Log);
        var records = step.HashGetAllAsync(keys.Records);
        var live = step.SortedSetRangeByRankWithScoresAsync(keys.Live);
        var index = step.SortedSetRangeByRankWithScoresAsync(keys.Index);
        var numbers = step.HashGetAsync(keys.Buckets, [.. bucketNames.Select(n => (RedisValue)n), "none"]);
        var counts = step.HashGetAllAsync(keys.Counts);
        var hints = step.SortedSetRangeByRankWithScoresAsync(keys.Expiry);
        await step.ExecuteAsync();

        var fields = (await head).ToDictionary(f => (string)f.Name!, f => (string?)f.Value);
        var chunks = (await index).Select(m => Chunk.Read((byte[])m.Element!, m.Score)).ToList();
        List<string> lines =
        [
            $"head claim={fields.GetValueOrDefault("claim")} node={fields.GetValueOrDefault("node")} since={Has("since")} epoch={Has("epoch")}",
            $"head seq={fields.GetValueOrDefault("seq")} tok={fields.GetValueOrDefault("tok")} cut={fields.GetValueOrDefault("cut")}",
            .. (await log).Select(e => $"log {ShardScripts.Hex((byte[])e!)}"),
            .. (await records).OrderBy(r => (string)r.Name!, StringComparer.Ordinal).Select(r => $"rec {r.Name}={ShardScripts.Hex((byte[])r.Value!)}"),
            .. (await live).Select(l => $"live {l.Element}{(l.Score == 0 ? "" : $" {l.Score}")}"),
        ];
        var byBucket = (await counts).ToDictionary(c => ShardScripts.Hex(RecordFormat.Code((int)c.Name)), c => $"n {c.Name}={c.Value}");
        foreach (var code in byBucket.Keys.Union(chunks.Select(c => c.Code)).Order(StringComparer.Ordinal))
        {
            lines.Add(byBucket.GetValueOrDefault(code, $"n {code} is not counted"));
            lines.AddRange(chunks.Where(c => c.Code == code).SelectMany(c => c.Places).Select(p => $"ix {code} {p}"));
        }

        lines.AddRange((await numbers).SkipLast(1).Select((n, i) => $"bk {bucketNames[i]}={n}"));
        return new ShardImage(
            lines,
            (await records).Select(r => (string)r.Name!).ToHashSet(),
            chunks,
            (await hints).ToDictionary(h => ShardScripts.Hex((byte[])h.Element!), h => h.Score));

        string Has(string field) => fields.TryGetValue(field, out var value) && long.Parse(value!, CultureInfo.InvariantCulture) > 0 ? "yes" : "no";
    }

    /// <summary>One member of the index.</summary>
    /// <param name="Code">The bucket, as hexadecimal digits; and so the places.</param>
    internal sealed record Chunk(string Code, IReadOnlyList<string> Places)
    {
        public static Chunk Read(byte[] bytes, double score)
        {
            Assert.Equal(0, score);
            Assert.InRange(bytes.Length, 0, MaxChunkBytes);
            var width = bytes[0] < 0xF0 ? 2 : 4;
            var zero = Array.IndexOf(bytes, (byte)0, width + 8);
            var first = bytes[width..zero];
            var later = new List<string>();
            var end = bytes.Length;
            while (end > zero + 1)
            {
                var (length, own) = Math.DivRem((int)BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(end - 2)), 16);
                var begin = end - 2 - own - length;
                later.Add(ShardScripts.Hex([.. first[..(8 - own)], .. bytes[(begin + length)..(end - 2)], .. bytes[begin..(begin + length)]]));
                end = begin;
            }

            Assert.Equal(zero + 1, end);
            later.Reverse();
            return new Chunk(ShardScripts.Hex(bytes[..width]), [ShardScripts.Hex(first), .. later]);
        }
    }
}
