namespace FlowerPower.Storage.Contracts;

/// <summary>What a store's records should be, in the most naive way: a dictionary and a sort.</summary>
internal sealed class StoreModel(int shardCount)
{
    private readonly Dictionary<string, StoredRecord>[] shards =
        [.. Enumerable.Range(0, shardCount).Select(_ => new Dictionary<string, StoredRecord>())];

    public IEnumerable<StoredRecord> All => shards.SelectMany(s => s.Values);

    public StoredRecord? Find(int shard, string entityId) => shards[shard].GetValueOrDefault(entityId);

    public void Apply(int shard, RecordChange change)
    {
        shards[shard].Remove(change.EntityId);
        if (change.Index is { } index)
        {
            shards[shard].Add(
                change.EntityId,
                new StoredRecord(change.EntityId, change.Version, change.IsLive, index, change.ExpiresAt, change.Body.ToArray()));
        }
    }

    /// <summary>Delete what has expired.</summary>
    /// <returns>The number deleted.</returns>
    public int Prune(int shard, DateTimeOffset now)
    {
        var expired = shards[shard].Values.Where(r => r.ExpiresAt <= now).ToList();
        expired.ForEach(r => shards[shard].Remove(r.EntityId));
        return expired.Count;
    }

    public IEnumerable<StoredRecord> Live(int shard) =>
        shards[shard].Values.Where(r => r.IsLive).OrderBy(r => r.EntityId, StringComparer.Ordinal);

    public IEnumerable<StoredRecord> List(int? status, string? group, string? queue) => All
        .Where(r => (status is null || r.Index.Status == status)
            && (group is null || r.Index.Group == group)
            && (queue is null || r.Index.Queue == queue))
        .OrderByDescending(r => r.Index.SortAt)
        .ThenByDescending(r => r.EntityId, StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<int, long>> Counts() => All
        .GroupBy(r => r.Index.Status)
        .Select(g => new KeyValuePair<int, long>(g.Key, g.Count()))
        .OrderBy(c => c.Key);
}
