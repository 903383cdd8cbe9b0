using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>
/// What the numbers of one shard's buckets mean. A number keeps its meaning for as long as Redis forgets nothing; after a flush or a failover it
/// may come again with another one, so what is remembered here is only for records, whose checksum tells.
/// </summary>
internal sealed class ShardBuckets(RedisGate gate, ShardKeys keys)
{
    private volatile Dictionary<int, RecordBucket> known = [];

    /// <summary>The bucket of a number that stands in a record or a count.</summary>
    /// <exception cref="StoreCorruptException">Redis does not know the number.</exception>
    public async ValueTask<RecordBucket> OfAsync(int number, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(number, out var bucket))
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!known.TryGetValue(number, out bucket))
            {
                throw new StoreCorruptException(
                    $"The store in Redis at {gate.Where} is damaged: {keys.Buckets} does not say what bucket {number} is; restore Redis from a backup.");
            }
        }

        return bucket;
    }

    /// <summary>Each bucket that has records now, and how many.</summary>
    public async ValueTask<List<(int Number, RecordBucket Bucket, long Count)>> CountsAsync(CancellationToken cancellationToken)
    {
        // In this order on one connection: no number is counted whose name is not read afterwards.
        var counted = gate.SendAsync(RedisLane.Bulk, d => d.HashGetAllAsync(keys.Counts, RedisGate.MasterOnly), cancellationToken).AsTask();
        var named = ReadAsync(cancellationToken).AsTask();
        await Task.WhenAll(counted, named).ConfigureAwait(false);
        var entries = await counted.ConfigureAwait(false);
        var counts = new List<(int, RecordBucket, long)>(entries.Length);
        foreach (var entry in entries)
        {
            var number = (int)entry.Name;
            counts.Add((number, await OfAsync(number, cancellationToken).ConfigureAwait(false), (long)entry.Value));
        }

        return counts;
    }

    /// <summary>Read all meanings again.</summary>
    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        var entries = await gate.SendAsync(RedisLane.Bulk, d => d.HashGetAllAsync(keys.Buckets, RedisGate.MasterOnly), cancellationToken).ConfigureAwait(false);
        known = entries.ToDictionary(e => (int)e.Value, e => RecordBucket.Parse(e.Name!));
    }
}
