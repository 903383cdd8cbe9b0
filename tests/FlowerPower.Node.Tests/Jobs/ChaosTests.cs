using System.Collections.Concurrent;
using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>Owners that are replaced without being asked, and a store that fails before, in the middle of, and after its writes.</summary>
public sealed class ChaosTests
{
    /// <summary>For stops of nodes that nobody answers any more.</summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_acknowledged_job_ends_once_whatever_the_store_and_the_owners_do(int seed)
    {
        var store = new InMemoryShardStore(4, new RandomFaults(seed, failing: 0.05));
        var options = new NodeOptions { WorkerSlots = 8, LogEvents = 50, MaxActiveJobsPerShard = 20, HandBackTimeout = Brief, DrainTimeout = Brief };
        var nodes = new List<TestNode>();
        var acknowledged = new ConcurrentDictionary<JobId, bool>();
        var ends = new ConcurrentDictionary<JobId, JobView>();
        var executor = Workload(seed);

        for (var owner = 0; owner < 4; owner++)
        {
            nodes.Add(await StartAsync(executor, options, store));
            var current = nodes[^1];
            await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
            {
                var spec = TestNode.NewSpec(i % 3 == 0 ? "flaky" : "steady", $"job-{owner}-{i}") with
                {
                    Retry = new RetryPolicy { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(1) },
                };
                await current.Queue.EnqueueAsync([new EnqueueRequest(spec)]);
                acknowledged[spec.Id] = true;
                if (i % 7 == 0)
                {
                    await current.Queue.CancelAsync(spec.Id, "Ada");
                }

                if (i % 2 == 0)
                {
                    ends[spec.Id] = await current.EndAsync(spec.Id);
                }
            })).Within($"owner {owner} (seed {seed})");
        }

        foreach (var id in acknowledged.Keys)
        {
            var job = await nodes[^1].EndAsync(id);
            Assert.Single(job.History, step => step.Status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled);
            if (ends.TryGetValue(id, out var told))
            {
                // Who was told an end is told the same one by every later owner.
                Assert.Equal((told.Status, told.FinishedAt), (job.Status, job.FinishedAt));
                Assert.Equal(Encoding.UTF8.GetString(told.ResultJson.Span), Encoding.UTF8.GetString(job.ResultJson.Span));
            }
        }

        await AssertLogsFollowTheRulesAsync(store, seed);
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_store_that_is_away_for_a_while_loses_nothing_and_needs_no_operator()
    {
        var faults = new RandomFaults(seed: 1, failing: 0);
        var store = new InMemoryShardStore(2, faults);
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), store: store);

        faults.Failing = 1;
        var waiting = Enumerable.Range(0, 20).Select(i => node.EnqueueAsync("echo", $"job-{i}")).ToArray();
        await faults.NextFailureAsync();
        faults.Failing = 0;

        foreach (var id in await Task.WhenAll(waiting))
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        }
    }

    private static async Task<TestNode> StartAsync(ScriptedExecutor executor, NodeOptions options, IShardStore store)
    {
        while (true)
        {
            try
            {
                return await TestNode.StartAsync(executor, options, store);
            }
            catch (StoreUnavailableException)
            {
                // As a process would whose start met the store's bad moment.
            }
        }
    }

    private static ScriptedExecutor Workload(int seed) =>
        new ScriptedExecutor()
            .On("steady", run => Task.FromResult($$"""{"seed":{{seed}}}"""))
            .On("flaky", run => run.Attempt % 2 == 1 ? throw new IOException("first try") : Task.FromResult("{}"));

    /// <summary>One gap-free history: the events that the log still holds fold over the records without breaking a rule.</summary>
    private static async Task AssertLogsFollowTheRulesAsync(InMemoryShardStore store, int seed)
    {
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            var versions = new Dictionary<string, long>();
            for (var after = (await Retried(() => store.ReadHeadAsync(shard, default))).CutThrough; ;)
            {
                var page = await Retried(() => store.ReadLogAsync(shard, after, 100, default));
                if (page.Entries.Count == 0)
                {
                    break;
                }

                foreach (var entry in page.Entries)
                {
                    Assert.Equal(after + 1, entry.Sequence);
                    after = entry.Sequence;
                    foreach (var frame in entry.Events)
                    {
                        Assert.NotNull(JobWire.DecodeEvent(frame.Type, frame.Payload));
                        Assert.True(
                            !versions.TryGetValue(frame.EntityId, out var last) || frame.Version == last + 1,
                            $"seed {seed}: {frame.EntityId} goes from event {last} to {frame.Version}");
                        versions[frame.EntityId] = frame.Version;
                    }
                }
            }
        }
    }

    private static async Task<T> Retried<T>(Func<ValueTask<T>> read)
    {
        while (true)
        {
            try
            {
                return await read();
            }
            catch (StoreUnavailableException)
            {
                // The faults are still on; the next try may pass.
            }
        }
    }

    private sealed class RandomFaults(int seed, double failing) : IStoreFaults
    {
        private readonly Random random = new(seed);
        private TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public double Failing { get; set; } = failing;

        public Task NextFailureAsync()
        {
            failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return failed.Task.Within("the store to fail");
        }

        public void Reached(StoreStep step, StoreOperation operation, int shard)
        {
            bool fails;
            lock (random)
            {
                fails = random.NextDouble() < Failing;
            }

            if (fails)
            {
                failed.TrySetResult();
                throw new StoreUnavailableException($"a made-up failure {step} of {operation}");
            }
        }
    }
}
