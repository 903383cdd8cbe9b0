using System.Diagnostics;
using FlowerPower.Storage;

namespace FlowerPower.Benchmarks.Store;

/// <summary>What the SQLite store does per second, with the callers on the same machine.</summary>
public static class StoreSuite
{
    private const int Shards = 8;
    private const int BatchesPerShard = 100;
    private const int JobsPerBatch = 100;
    private const int PayloadBytes = 200;
    private const int BodyBytes = 400;
    private const int LiveRecords = 100_000;

    /// <summary>Each measure's name, its unit, and how it is taken once.</summary>
    public static IReadOnlyList<(string Name, string Unit, Func<Task<double>> Measure)> Measures =>
    [
        ("store.sqlite_events_per_s", "events/s with one record put per three", () => WithStoreAsync(EventsPerSecondAsync)),
        ("store.sqlite_records_per_s", "record puts/s, half of them new", () => WithStoreAsync(RecordsPerSecondAsync)),
        ("store.recover_100k_live_s", "s", () => WithStoreAsync(RecoverAsync)),
    ];

    // A job's whole life in one batch: three events, and its record once it is done.
    private static async Task<double> EventsPerSecondAsync(SqliteShardStore store)
    {
        var payload = new byte[PayloadBytes];
        var started = Stopwatch.GetTimestamp();
        await OnAllShardsAsync(store, BatchesPerShard, (shard, batch) =>
        {
            var ids = Enumerable.Range(0, JobsPerBatch).Select(i => Id(shard, batch, i)).ToArray();
            EventFrame[] events =
            [
                .. ids.Select(id => new EventFrame(id, 1, "job.enqueued.v1", payload)),
                .. ids.Select(id => new EventFrame(id, 2, "job.attempt-started.v1", payload)),
                .. ids.Select(id => new EventFrame(id, 3, "job.completed.v1", payload)),
            ];
            return (events, [.. ids.Select(id => Record(id, 3, isLive: false, batch))]);
        });
        return Shards * BatchesPerShard * JobsPerBatch * 3 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    // Each second batch finishes the jobs of the one before it: every index of a record changes.
    private static async Task<double> RecordsPerSecondAsync(SqliteShardStore store)
    {
        var started = Stopwatch.GetTimestamp();
        await OnAllShardsAsync(store, BatchesPerShard, (shard, batch) =>
        {
            var isNew = batch % 2 == 0;
            return ([], [.. Enumerable.Range(0, JobsPerBatch).Select(i => Record(Id(shard, batch / 2, i), isNew ? 1 : 3, isNew, batch))]);
        });
        return Shards * BatchesPerShard * JobsPerBatch / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<double> RecoverAsync(SqliteShardStore store)
    {
        const int perBatch = 500;
        await OnAllShardsAsync(store, LiveRecords / Shards / perBatch, (shard, batch) =>
            ([], [.. Enumerable.Range(0, perBatch).Select(i => Record(Id(shard, batch, i), 1, isLive: true, batch))]));
        var started = Stopwatch.GetTimestamp();
        var read = 0;
        for (var shard = 0; shard < Shards; shard++)
        {
            string? after = null;
            while (await store.ReadLiveAsync(shard, after, 1000, CancellationToken.None) is { Count: > 0 } page)
            {
                read += page.Count;
                after = page[^1].EntityId;
            }
        }

        return read == LiveRecords
            ? Stopwatch.GetElapsedTime(started).TotalSeconds
            : throw new InvalidOperationException($"{read} of {LiveRecords} live records were read.");
    }

    private static Task OnAllShardsAsync(
        SqliteShardStore store, int batches, Func<int, int, (EventFrame[] Events, RecordChange[] Records)> content) =>
        Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => Task.Run(async () =>
        {
            var claim = new ClaimId(new Guid(shard, 1, 1, new byte[8]));
            await store.ClaimAsync(shard, new ShardOwner("Ada", claim), null, CancellationToken.None);
            var token = BatchToken.Start;
            for (var batch = 0; batch < batches; batch++)
            {
                var (events, records) = content(shard, batch);
                var next = new BatchToken(new Guid(batch, (short)shard, 2, new byte[8]));
                var outcome = await store.AppendAsync(
                    new ShardBatch
                    {
                        Shard = shard,
                        Claim = claim,
                        Previous = token,
                        Token = next,
                        Events = events,
                        Records = records,
                        CutThrough = batch > 20 ? batch - 20 : null,
                    },
                    CancellationToken.None);
                if (outcome is not AppendOutcome.Stored)
                {
                    throw new InvalidOperationException($"Batch {batch} of shard {shard} ended with {outcome}.");
                }

                token = next;
            }
        })));

    private static string Id(int shard, int batch, int i) => $"01jx{batch:d6}{shard:d4}{i:d12}";

    private static RecordChange Record(string id, int status, bool isLive, int batch)
    {
        var at = new DateTimeOffset(2025, 6, 1, 12, 0, 0, TimeSpan.Zero).AddMilliseconds(batch);
        return new RecordChange(
            id, status, isLive, new RecordIndex(status, "daily_sales", "default", at), isLive ? null : at.AddDays(7), new byte[BodyBytes]);
    }

    private static async Task<double> WithStoreAsync(Func<SqliteShardStore, Task<double>> measure)
    {
        var folder = Directory.CreateTempSubdirectory("store-bench-");
        try
        {
            await using var store = await SqliteShardStore.OpenAsync(
                new SqliteStoreOptions { Path = Path.Combine(folder.FullName, "store.db"), ShardCount = Shards });
            return await measure(store);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
