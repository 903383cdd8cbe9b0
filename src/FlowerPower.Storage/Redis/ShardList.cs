using System.Buffers.Binary;
using System.Text;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>A page of all shards' records: each bucket of each shard is a list in order, and the page is their merge.</summary>
/// <remarks>
/// Every list is read in windows, about as many places in all as the page has, and only a list whose window was used up is read on. Shards are
/// read one after another in one round trip, so a page is a snapshot of each record and not of all of them: a record that
/// moved meanwhile is left out, and stands where it is now.
/// </remarks>
internal sealed class ShardList(RedisGate gate, ShardKeys[] keys, ShardBuckets[] buckets)
{
    public async ValueTask<RecordPage> PageAsync(RecordQuery query, CancellationToken cancellationToken)
    {
        var sources = await SourcesAsync(query, cancellationToken).ConfigureAwait(false);
        var window = Math.Min(query.Limit + 1, (query.Limit / Math.Max(sources.Count, 1) * 2) + 4);
        sources.ForEach(s => s.Window = window);
        await FillAsync(sources, cancellationToken).ConfigureAwait(false);
        var queue = new PriorityQueue<Source, Place>(Place.NewestFirst);
        foreach (var source in sources.Where(s => s.Places.Count > 0))
        {
            queue.Enqueue(source, source.Places.Peek());
        }

        var chosen = new List<(int Shard, int Number, RecordBucket Bucket, Place Place)>();
        while (chosen.Count <= query.Limit && queue.TryDequeue(out var source, out var place))
        {
            chosen.Add((source.Shard, source.Number, source.Bucket, place));
            source.Places.Dequeue();
            if (source.Places.Count == 0 && source.HasMore)
            {
                source.Window = Math.Min(source.Window * 4, StoreArguments.MaxListLimit);
                await FillAsync([source], cancellationToken).ConfigureAwait(false);
            }

            if (source.Places.Count > 0)
            {
                queue.Enqueue(source, source.Places.Peek());
            }
        }

        RecordCursor? next = null;
        if (chosen.Count > query.Limit)
        {
            chosen.RemoveAt(query.Limit);
            next = chosen[^1].Place.Cursor;
        }

        return new RecordPage(await RecordsAsync(chosen, query.WithBodies, cancellationToken).ConfigureAwait(false), next);
    }

    private async ValueTask<List<Source>> SourcesAsync(RecordQuery query, CancellationToken cancellationToken)
    {
        var after = query.After is { } cursor ? Place.Bytes(cursor) : [];
        var counts = new Task<List<(int Number, RecordBucket Bucket, long Count)>>[keys.Length];
        for (var shard = 0; shard < keys.Length; shard++)
        {
            counts[shard] = buckets[shard].CountsAsync(cancellationToken).AsTask();
        }

        await Task.WhenAll(counts).ConfigureAwait(false);
        return [.. counts.SelectMany((c, shard) => c.Result
            .Where(b => b.Bucket.Fits(query))
            .Select(b => new Source(shard, b.Number, b.Bucket) { After = after }))];
    }

    private async ValueTask FillAsync(List<Source> sources, CancellationToken cancellationToken)
    {
        var reads = sources.GroupBy(s => s.Shard).Select(async group =>
        {
            Source[] wanted = [.. group];
            var arguments = wanted.SelectMany(s => new RedisValue[] { s.Code, s.After, s.Window }).ToArray();
            var answer = await gate.RunAsync(RedisScript.List, [keys[group.Key].Index], arguments, RedisLane.Bulk, cancellationToken)
                .ConfigureAwait(false);
            var pages = (RedisResult[])answer!;
            for (var i = 0; i < wanted.Length; i++)
            {
                wanted[i].Take((byte[][])pages[i]!);
            }
        });
        await Task.WhenAll(reads).ConfigureAwait(false);
    }

    private async ValueTask<List<StoredRecord>> RecordsAsync(
        List<(int Shard, int Number, RecordBucket Bucket, Place Place)> chosen, bool withBodies, CancellationToken cancellationToken)
    {
        var found = new StoredRecord?[chosen.Count];
        var reads = Enumerable.Range(0, chosen.Count).GroupBy(i => chosen[i].Shard).Select(async group =>
        {
            int[] wanted = [.. group];
            var ids = wanted.Select(i => (RedisValue)chosen[i].Place.EntityId).ToArray();
            var values = await gate.SendAsync(RedisLane.Bulk, d => d.HashGetAsync(keys[group.Key].Records, ids, RedisGate.MasterOnly), cancellationToken)
                .ConfigureAwait(false);
            for (var j = 0; j < wanted.Length; j++)
            {
                var (shard, number, bucket, place) = chosen[wanted[j]];
                byte[]? value = values[j];
                if (value is null || RecordFormat.BucketOf(value) != number)
                {
                    continue;
                }

                var record = RedisShardStore.Decode(shard, place.EntityId, value, bucket, withBodies, gate.Where);
                found[wanted[j]] = record.Index.SortAt == place.SortAt ? record : null;
            }
        });
        await Task.WhenAll(reads).ConfigureAwait(false);
        return [.. found.OfType<StoredRecord>()];
    }

    /// <summary>One bucket of one shard, read in windows.</summary>
    private sealed class Source(int shard, int number, RecordBucket bucket)
    {
        public int Shard => shard;

        public int Number => number;

        public RecordBucket Bucket => bucket;

        public byte[] Code { get; } = RecordFormat.Code(number);

        public byte[] After { get; set; } = [];

        public int Window { get; set; }

        public bool HasMore { get; private set; }

        public Queue<Place> Places { get; } = new();

        public void Take(byte[][] members)
        {
            foreach (var member in members)
            {
                Places.Enqueue(Place.Read(member, Code.Length));
            }

            HasMore = members.Length == Window;
            After = members.Length == 0 ? After : members[^1][Code.Length..];
        }
    }

    /// <summary>Where a record stands in a list: its instant, then its id.</summary>
    internal readonly record struct Place(DateTimeOffset SortAt, string EntityId)
    {
        public static IComparer<Place> NewestFirst { get; } = Comparer<Place>.Create((a, b) =>
            b.SortAt.CompareTo(a.SortAt) is var order and not 0 ? order : EntityOrder.Instance.Compare(b.EntityId, a.EntityId));

        public RecordCursor Cursor => new(SortAt, EntityId);

        public static byte[] Bytes(RecordCursor cursor)
        {
            var bytes = new byte[8 + Encoding.UTF8.GetByteCount(cursor.EntityId)];
            BinaryPrimitives.WriteInt64BigEndian(bytes, cursor.SortAt.UtcTicks);
            Encoding.UTF8.GetBytes(cursor.EntityId, bytes.AsSpan(8));
            return bytes;
        }

        public static Place Read(byte[] member, int at) =>
            new(new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(member.AsSpan(at)), TimeSpan.Zero), Encoding.UTF8.GetString(member, at + 8, member.Length - at - 8));
    }
}
