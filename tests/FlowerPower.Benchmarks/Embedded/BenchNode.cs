using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Benchmarks.Embedded;

/// <summary>A node with workers that do nothing, on a new database in the temporary folder or in a Redis.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private static readonly byte[] RunConfig = """{"inputs":{"payload":"0123456789012345678901234567890123456789012345678901234567890123456789"}}"""u8.ToArray();

    private readonly string folder;
    private readonly NoOp executor = new();

    private readonly RedisAddress? redis;

    private BenchNode(string folder, RedisAddress? redis) => (this.folder, this.redis) = (folder, redis);

    public JobNode Node { get; private set; } = null!;

    public IJobQueue Queue => Node.Queue;

    public static async Task<BenchNode> StartAsync(int workerSlots, RedisAddress? redis = null)
    {
        var bench = new BenchNode(Directory.CreateTempSubdirectory("flowerpower-bench-").FullName, redis);
        await bench.OpenAsync(workerSlots);
        return bench;
    }

    public EnqueueRequest NewJob() =>
        new(new JobSpec
        {
            Id = NodeChance.Secure.NextJobId(DateTimeOffset.UtcNow),
            Pipeline = "noop",
            Project = "bench",
            RunConfigJson = RunConfig,
        });

    public async Task EnqueueManyAsync(int count, int page)
    {
        for (var i = 0; i < count; i += page)
        {
            var jobs = new EnqueueRequest[Math.Min(page, count - i)];
            for (var j = 0; j < jobs.Length; j++)
            {
                jobs[j] = NewJob();
            }

            await Queue.EnqueueAsync(jobs);
        }
    }

    /// <summary>Done when every result is stored. The counts are asked for only once all have run, because asking costs time too.</summary>
    public async Task WaitUntilCompletedAsync(int count)
    {
        await executor.RanAsync(count);
        while ((await Queue.OverviewAsync()).Counts.GetValueOrDefault(JobStatus.Completed) < count)
        {
            await Task.Delay(5);
        }
    }

    /// <summary>Give actors of waiting jobs time to leave memory.</summary>
    public Task RestAsync() => Task.Delay(TimeSpan.FromSeconds(5));

    public async Task RestartAsync()
    {
        await Node.DisposeAsync();
        await OpenAsync(workerSlots: 0);
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Open the store again, after the node was closed.</summary>
    public async Task OpenAsync(int workerSlots)
    {
        IShardStore store = redis is null
            ? await SqliteShardStore.OpenAsync(new SqliteStoreOptions
            {
                Path = Path.Combine(folder, "jobs.db"),
                Synchronous = SqliteSynchronous.Normal,
                HolderName = "benchmark",
            })
            : await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = redis, ShardCount = 16 });
        var repair = redis is null ? TimeSpan.Zero : TimeSpan.FromSeconds(15);
        Node = await JobNode.StartAsync(store, executor, new NodeOptions { WorkerSlots = workerSlots, RepairWindow = repair });
    }

    private sealed class NoOp : IJobExecutor
    {
        private static readonly ReadOnlyMemory<byte> Result = """{"ok":true}"""u8.ToArray();

        private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int expected = int.MaxValue;
        private int ran;

        public Task RanAsync(int count)
        {
            Volatile.Write(ref expected, count);
            if (Volatile.Read(ref ran) >= count)
            {
                all.TrySetResult();
            }

            return all.Task;
        }

        public Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref ran) >= Volatile.Read(ref expected))
            {
                all.TrySetResult();
            }

            return Task.FromResult(Result);
        }
    }
}
