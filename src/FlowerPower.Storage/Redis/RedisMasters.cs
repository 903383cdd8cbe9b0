namespace FlowerPower.Storage;

/// <summary>
/// The masters of a Redis Cluster, by their replication ids: the lease is kept by one of them and says nothing about the others, any of which
/// may be restarted, or followed by a replica that is behind.
/// </summary>
/// <remarks>
/// Each shard is asked by its key, so that the answer is that of whoever serves it now. At most <see cref="AskedAtOnce"/> are asked in one round,
/// in turn; neighbours' slots are scattered over all masters. A shard that moved to another master looks like one whose
/// master was replaced: its history is compared for nothing.
/// </remarks>
internal sealed class RedisMasters(RedisGate gate, IReadOnlyList<ShardKeys> shards)
{
    /// <summary>The greatest number of shards that one round asks.</summary>
    public const int AskedAtOnce = 64;

    private readonly string?[] ids = new string?[shards.Count];
    private int next;

    /// <summary>Learn who serves the shards, before anything is written to them.</summary>
    public async Task LearnAsync(CancellationToken cancellationToken)
    {
        for (var asked = 0; asked < shards.Count; asked += AskedAtOnce)
        {
            await HaveChangedAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a shard is served by another server than when it was asked last; not while its master is away.</summary>
    public async Task<bool> HaveChangedAsync(CancellationToken cancellationToken)
    {
        var count = Math.Min(AskedAtOnce, shards.Count);
        var changes = await Task.WhenAll(Enumerable.Range(next, count).Select(i => HasChangedAsync(i % shards.Count, cancellationToken))).ConfigureAwait(false);
        next = (next + count) % shards.Count;
        return changes.Any(c => c);
    }

    private async Task<bool> HasChangedAsync(int shard, CancellationToken cancellationToken)
    {
        try
        {
            var id = (string?)await gate.RunAsync(RedisScript.Pulse, [shards[shard].Head], [], RedisLane.Leases, cancellationToken).ConfigureAwait(false);
            var before = ids[shard];
            ids[shard] = id;
            return before is not null && id != before; // what this process wrote nothing to can have lost nothing of it
        }
        catch (StoreException)
        {
            return false; // asked again in the next round
        }
    }
}
