using System.Text;

namespace FlowerPower.Storage.Contracts;

/// <summary>All that a store holds, read by its own pages and in a form that compares by value.</summary>
internal static class Stored
{
    public static async Task<List<LogEntry>> LogAsync(IShardStore store, int shard, long after = 0, int pageSize = 7)
    {
        var entries = new List<LogEntry>();
        while (await store.ReadLogAsync(shard, after, pageSize, default) is { Entries: { Count: > 0 } page })
        {
            entries.AddRange(page);
            after = page[^1].Sequence;
        }

        return entries;
    }

    public static async Task<List<StoredRecord>> LiveAsync(IShardStore store, int shard, int pageSize = 7)
    {
        var records = new List<StoredRecord>();
        while (await store.ReadLiveAsync(shard, records.Count == 0 ? null : records[^1].EntityId, pageSize, default) is { Count: > 0 } page)
        {
            records.AddRange(page);
        }

        return records;
    }

    public static async Task<List<StoredRecord>> ListAsync(IShardStore store, RecordQuery query)
    {
        var records = new List<StoredRecord>();
        for (RecordCursor? cursor = null; ;)
        {
            var page = await store.ListAsync(query with { After = cursor }, default);
            Assert.InRange(page.Records.Count, page.Next is null ? 0 : query.Limit, query.Limit);
            records.AddRange(page.Records);
            cursor = page.Next;
            if (cursor is null)
            {
                return records;
            }
        }
    }

    /// <summary>Everything in all shards: two stores with equal texts hold the same.</summary>
    public static async Task<string> DumpAsync(IShardStore store)
    {
        var text = new StringBuilder();
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            text.AppendLine($"{shard}: {await store.ReadHeadAsync(shard, default)}");
            foreach (var entry in await LogAsync(store, shard))
            {
                text.AppendLine($"  {Text(entry)}");
            }

            foreach (var record in await LiveAsync(store, shard))
            {
                text.AppendLine($"  live {record.EntityId}");
            }
        }

        foreach (var record in await ListAsync(store, new RecordQuery { Limit = 100 }))
        {
            text.AppendLine(Text(record));
        }

        foreach (var (status, count) in (await store.CountByStatusAsync(default)).OrderBy(c => c.Key))
        {
            text.AppendLine($"status {status}: {count}");
        }

        return text.ToString();
    }

    public static string Text(LogEntry entry) =>
        $"{entry.Sequence} {entry.Token} {string.Join(" | ", entry.Events.Select(e => $"{e.EntityId} {e.Version} {e.Type} {Bytes(e.Payload)}"))}";

    public static string Text(StoredRecord r) =>
        $"{r.EntityId} {r.Version} {r.IsLive} {r.Index} {r.ExpiresAt:O} {Bytes(r.Body)}";

    private static string Bytes(ReadOnlyMemory<byte> bytes) =>
        bytes.Length <= 64 ? Encoding.UTF8.GetString(bytes.Span) : $"{bytes.Length} bytes of sum {Checksum.Of(bytes.Span)}";
}
