using FlowerPower.Storage;

namespace FlowerPower.Node.Tests;

/// <summary>A node disposes its store; this one stays.</summary>
internal sealed class Kept(IShardStore inner) : IShardStore
{
    public int ShardCount => inner.ShardCount;

    /// <summary>Records that lists have read.</summary>
    public long Listed { get; set; }

    public ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken) =>
        inner.ClaimAsync(shard, mine, previous, cancellationToken);

    public ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken) => inner.ReadHeadAsync(shard, cancellationToken);

    public ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken) =>
        inner.ReleaseAsync(shard, claim, cancellationToken);

    public ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken) =>
        inner.AppendAsync(batch, cancellationToken);

    public ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken) =>
        inner.ReadLogAsync(shard, after, maxEntries, cancellationToken);

    public ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(
        int shard, string? after, int maxRecords, CancellationToken cancellationToken) =>
        inner.ReadLiveAsync(shard, after, maxRecords, cancellationToken);

    public ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken) =>
        inner.ReadRecordAsync(shard, entityId, cancellationToken);

    public async ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken)
    {
        var page = await inner.ListAsync(query, cancellationToken);
        Listed += page.Records.Count;
        return page;
    }

    public ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken) =>
        inner.CountByStatusAsync(cancellationToken);

    public ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken) =>
        inner.PruneAsync(shard, claim, now, maxRecords, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
