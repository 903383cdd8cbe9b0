using System.Diagnostics;
using System.Globalization;
using FlowerPower.Benchmarks.Embedded;
using FlowerPower.Storage;
using FlowerPower.TestServers;
using StackExchange.Redis;

namespace FlowerPower.Benchmarks.Redis;

/// <summary>What the Redis store does, with a redis-server (appendfsync everysec) and the callers on the same machine.</summary>
internal static class RedisSuite
{
    private const int Shards = 16;
    private const int LiveJobs = 100_000;
    private const int FinishedJobs = 200_000;
    private const int ListedJobs = 1_000_000;

    public static IReadOnlyList<Measure> Measures { get; } =
    [
        new("redis.benchmark_set_pipelined_per_s", "SET/s by redis-benchmark, 50 connections, 16 at a time", RedisBenchmarkAsync),
        .. Sizes("redis.store_events_per_s", "events/s through the store, a record per three", StoreEventsAsync),
        .. Sizes("redis.bare_script_events_per_s", "events/s by the same script, arguments made before", BareEventsAsync),
        .. new[] { 1, 4, 64 }.Select(shards => new Measure(
            $"redis.store_events_per_s.{shards}_{(shards == 1 ? "shard" : "shards")}_of_100_jobs", "events/s, that many shards at once",
            () => WithStoreAsync((_, store) => StoreEventsAsync(store, 100, shards), shards))),
        new("redis.bytes_per_finished_job", "bytes of Redis' memory, log cut", () => WithStoreAsync((server, store) => BytesPerJobAsync(server, store, 0)), Runs: 1),
        new("redis.bytes_per_finished_job.payload_of_100_bytes", "the same with an input", () => WithStoreAsync((server, store) => BytesPerJobAsync(server, store, 100)), Runs: 1),
        new("redis.claim_to_serving_ms", "ms from opening a store of 10,000 waiting jobs in 16 shards to 64 new ones stored", ClaimToServingAsync),
        new("redis.recover_100k_live_s", "s to read one shard's live records", () => WithStoreAsync(RecoverAsync)),
        new("redis.drain_jobs_per_s", "jobs/s of one node, from the workers' start to the last stored result", DrainAsync),
        new("redis.list_page_of_1m_ms", "ms, worst of 20 pages of 50 by 4 filters", () => WithStoreAsync(ListAsync), Runs: 1),
    ];

    private static IEnumerable<Measure> Sizes(string name, string unit, Func<RedisShardStore, int, int, Task<double>> take) =>
        new[] { 11, 100 }.Select(jobs => new Measure($"{name}.batches_of_{jobs}_jobs", unit, () => WithStoreAsync((_, store) => take(store, jobs, Shards))));

    private static async Task<double> StoreEventsAsync(RedisShardStore store, int jobs, int shards)
    {
        var batches = 60_000 / jobs / shards;
        var content = Content(shards, batches, jobs);
        var started = Stopwatch.GetTimestamp();
        await OnShardsAsync(store, shards, batches, (shard, batch) => content[shard][batch]);
        return shards * batches * jobs * 3 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The same calls with nothing but the client library around them: what the store's own work costs is the difference.</summary>
    private static async Task<double> BareEventsAsync(RedisShardStore store, int jobs, int shards)
    {
        var batches = 60_000 / jobs / shards;
        var content = Content(shards, batches, jobs);
        await OnShardsAsync(store, shards, 1, (shard, batch) => ([], [])); // claims, and the script is known
        using var connection = await ConnectionMultiplexer.ConnectAsync(store.Where);
        var database = connection.GetDatabase();
        var calls = new RedisValue[shards][][];
        for (var shard = 0; shard < shards; shard++)
        {
            var token = Token(shard, 0);
            calls[shard] = new RedisValue[batches][];
            for (var batch = 0; batch < batches; batch++)
            {
                var (events, records) = content[shard][batch];
                calls[shard][batch] = AppendArguments.Of(Batch(shard, token, Token(shard, batch + 1), events, records, batch));
                token = Token(shard, batch + 1);
            }
        }

        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, shards).Select(async shard =>
        {
            var keys = new ShardKeys(RedisAddress.DefaultName, shard).All;
            foreach (var arguments in calls[shard])
            {
                var answer = (RedisResult[])(await database.ScriptEvaluateAsync(RedisScript.Append.Hash, keys, arguments).ConfigureAwait(false))!;
                if ((string?)answer[0] != "OK")
                {
                    throw new InvalidOperationException($"The script answered {answer[0]}.");
                }
            }
        }));
        return shards * batches * jobs * 3 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<double> BytesPerJobAsync(RedisServer server, RedisShardStore store, int payload)
    {
        var before = await UsedMemoryAsync(server);
        await FinishAsync(store, FinishedJobs, payload);
        await store.DisposeAsync(); // its connections' buffers are not the jobs'
        long now, last = 0;
        while ((now = await UsedMemoryAsync(server)) != last)
        {
            last = now;
            await Task.Delay(500); // the log's buffer is written out and given back meanwhile
        }

        return (now - before) / (double)FinishedJobs;
    }

    private static async Task<double> DrainAsync()
    {
        const int jobs = 30_000;
        await using var server = await RedisServer.StartAsync();
        await using var bench = await BenchNode.StartAsync(workerSlots: 0, RedisAddress.Parse(server.Url));
        await bench.EnqueueManyAsync(jobs, page: 1_000);
        var started = Stopwatch.GetTimestamp();
        bench.Node.SetWorkerSlots(128);
        await bench.WaitUntilCompletedAsync(jobs);
        return jobs / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<double> ClaimToServingAsync()
    {
        await using var server = await RedisServer.StartAsync();
        await using var bench = await BenchNode.StartAsync(workerSlots: 0, RedisAddress.Parse(server.Url));
        await bench.EnqueueManyAsync(10_000, page: 1_000);
        await bench.Node.DisposeAsync();
        var started = Stopwatch.GetTimestamp();
        await bench.OpenAsync(workerSlots: 0);
        await bench.Queue.EnqueueAsync([.. Enumerable.Range(0, Shards * 4).Select(_ => bench.NewJob())]); // so many that about every shard has one
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<double> RecoverAsync(RedisServer server, RedisShardStore store)
    {
        const int perBatch = 500;
        await OnShardsAsync(store, 1, LiveJobs / perBatch, (shard, batch) => ([], JobLives.Waiting(shard, batch, perBatch)));
        var started = Stopwatch.GetTimestamp();
        var read = 0;
        string? after = null;
        while (await store.ReadLiveAsync(0, after, 1000, CancellationToken.None) is { Count: > 0 } page)
        {
            read += page.Count;
            after = page[^1].EntityId;
        }

        return read == LiveJobs
            ? Stopwatch.GetElapsedTime(started).TotalSeconds
            : throw new InvalidOperationException($"{read} of {LiveJobs} live records were read.");
    }

    private static async Task<double> ListAsync(RedisServer server, RedisShardStore store)
    {
        await FinishAsync(store, ListedJobs);
        RecordQuery[] questions =
        [
            new(), new() { Status = 3 }, new() { Group = "noop", WithBodies = false }, new() { Status = 5, Group = "noop", Queue = "default" },
        ];
        await store.ListAsync(questions[0], CancellationToken.None);
        var worst = TimeSpan.Zero;
        foreach (var question in questions)
        {
            RecordCursor? after = null;
            for (var page = 0; page < 5; page++)
            {
                var started = Stopwatch.GetTimestamp();
                after = (await store.ListAsync(question with { After = after }, CancellationToken.None)).Next;
                worst = Stopwatch.GetElapsedTime(started) is var took && took > worst ? took : worst;
            }
        }

        return worst.TotalMilliseconds;
    }

    private static async Task FinishAsync(RedisShardStore store, int jobs, int payload = 0)
    {
        const int perBatch = 100;
        await OnShardsAsync(store, Shards, jobs / Shards / perBatch, (shard, batch) => JobLives.Finished(shard, batch, perBatch, payload));
    }

    private static (EventFrame[] Events, RecordChange[] Records)[][] Content(int shards, int batches, int jobs) =>
        [.. Enumerable.Range(0, shards).Select(shard => Enumerable.Range(0, batches).Select(batch => JobLives.Finished(shard, batch, jobs)).ToArray())];

    private static Task OnShardsAsync(
        RedisShardStore store, int shards, int batches, Func<int, int, (EventFrame[] Events, RecordChange[] Records)> content) =>
        Task.WhenAll(Enumerable.Range(0, shards).Select(shard => Task.Run(async () =>
        {
            await store.ClaimAsync(shard, new ShardOwner("Ada", Claim(shard)), null, CancellationToken.None);
            var token = BatchToken.Start;
            for (var batch = 0; batch < batches; batch++)
            {
                var (events, records) = content(shard, batch);
                var outcome = await store.AppendAsync(Batch(shard, token, Token(shard, batch), events, records, batch), CancellationToken.None);
                token = outcome is AppendOutcome.Stored
                    ? Token(shard, batch)
                    : throw new InvalidOperationException($"Batch {batch} of shard {shard} ended with {outcome}.");
            }
        })));

    private static ShardBatch Batch(
        int shard, BatchToken previous, BatchToken token, EventFrame[] events, RecordChange[] records, int batch) => new()
        {
            Shard = shard,
            Claim = Claim(shard),
            Previous = previous,
            Token = token,
            Events = events,
            Records = records,
            CutThrough = batch > 0 ? batch : null, // the log keeps one entry: every job here ended in its own batch
        };

    private static ClaimId Claim(int shard) => new(new Guid(shard, 1, 1, new byte[8]));

    private static BatchToken Token(int shard, int batch) => new(new Guid(batch, (short)shard, 2, new byte[8]));

    private static async Task<long> UsedMemoryAsync(RedisServer server) => long.Parse(
        (await server.CommandAsync("EVAL", "return string.match(redis.call('INFO','memory'),'used_memory:(%d+)')", "0")).Split("\r\n")[1],
        CultureInfo.InvariantCulture);

    private static async Task<double> RedisBenchmarkAsync()
    {
        await using var server = await RedisServer.StartAsync();
        using var process = Process.Start(new ProcessStartInfo("redis-benchmark", ["-p", $"{server.Port}", "-t", "set", "-n", "500000", "-c", "50", "-P", "16", "-d", "200", "--csv"])
        {
            RedirectStandardOutput = true,
        })!;
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n');
        await process.WaitForExitAsync();
        return double.Parse(lines[1].Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
    }

    private static async Task<double> WithStoreAsync(Func<RedisServer, RedisShardStore, Task<double>> measure, int shards = Shards)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = shards });
        return await measure(server, store);
    }
}
