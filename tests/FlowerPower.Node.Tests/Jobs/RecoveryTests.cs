using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

public sealed class RecoveryTests
{
    [Fact]
    public async Task A_second_owner_takes_over_and_the_first_can_record_nothing_any_more()
    {
        var store = new InMemoryShardStore(4);
        var release = new TaskCompletionSource<string>();
        var slow = new ScriptedExecutor().On("job", _ => release.Task);
        var refused = new TaskCompletionSource<string>();
        await using var first = await TestNode.StartAsync(
            slow,
            new NodeOptions
            {
                WorkerSlots = 2,
                DrainTimeout = TimeSpan.Zero, // nobody will ever answer its report
                HandBackTimeout = TimeSpan.FromMilliseconds(200),
                OnNotice = notice =>
                {
                    if (notice.Text.Contains("serves it no more", StringComparison.Ordinal))
                    {
                        refused.TrySetResult(notice.Text);
                    }
                },
            },
            store);
        var id = await first.EnqueueAsync("job");
        await slow.NextStartAsync();

        // As after a kill: the first node is not asked to stop, and still believes that it runs the job.
        var quick = new ScriptedExecutor().On("job", _ => Task.FromResult("""{"by":"second"}"""));
        await using var second = await TestNode.StartAsync(quick, store: store);
        var job = await second.EndAsync(id);

        // Only writing the first one's report makes it look at its shard again.
        Assert.False(refused.Task.IsCompleted);
        release.SetResult("""{"by":"first"}""");
        await refused.Task.Within("the former owner's report to be refused");

        var after = (await second.Queue.FindAsync(id).Within())!;
        Assert.Equal(job.Status, after.Status);
        Assert.Equal(job.ResultJson.ToArray(), after.ResultJson.ToArray());
        Assert.Equal(job.History, after.History);
        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal("""{"by":"second"}""", System.Text.Encoding.UTF8.GetString(job.ResultJson.Span));
        Assert.Equal(2, job.Attempts);
        Assert.Contains(job.History, step => step.Note == "the worker died");
    }

    [Theory]
    [InlineData(1)] // every batch moves jobs to their records
    [InlineData(7)]
    [InlineData(100_000)] // the log holds everything
    public async Task What_was_acknowledged_is_there_after_a_restart_whatever_the_log_still_held(int logEvents)
    {
        var store = new InMemoryShardStore(4);
        var options = new NodeOptions { WorkerSlots = 0, LogEvents = logEvents, MaxActiveJobsPerShard = 3 };
        var ids = new List<JobId>();
        var before = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);
        for (var i = 0; i < 100; i++)
        {
            ids.Add(await before.EnqueueAsync("echo", $"job-{i}"));
        }

        await before.Queue.CancelAsync(ids[50], "Ada").Within();
        await before.Queue.RetryAsync(ids[50], "Ada").Within();
        var executor = ScriptedExecutor.Echo();
        await using var after = await TestNode.StartAsync(executor, options with { WorkerSlots = 4 }, store); // the first is fenced, not stopped

        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await after.EndAsync(id)).Status);
        }

        Assert.All(ids, id => Assert.Equal(1, executor.Starts[id]));
        await before.DisposeAsync();
    }

    [Fact]
    public async Task What_only_the_log_holds_survives_a_cut_after_a_recovery()
    {
        var store = new InMemoryShardStore(1);
        var options = new NodeOptions
        {
            WorkerSlots = 0,
            LogEvents = 12,
            DrainTimeout = TimeSpan.Zero,
            HandBackTimeout = TimeSpan.FromMilliseconds(200),
        };
        var executor = ScriptedExecutor.Echo().On("forever", _ => new TaskCompletionSource<string>().Task);
        await using (var first = await TestNode.StartAsync(executor, options, store))
        {
            await first.EnqueueAsync("forever", "a"); // the clean stop writes its record, so recovery meets it before "x"
        }

        await using var second = await TestNode.StartAsync(executor, options, store);
        await second.EnqueueAsync("echo", "x", dueAt: TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1)); // the log alone knows it
        second.Node.SetWorkerSlots(1);
        await executor.NextStartOfAsync("a"); // later in the log than "x"

        await using var third = await TestNode.StartAsync(executor, options with { WorkerSlots = 2 }, store);
        for (var i = 0; i < 2; i++)
        {
            await third.EndAsync(await third.EnqueueAsync("echo", $"echo-{i}"));
        }

        Assert.True((await store.ReadHeadAsync(0, default)).CutThrough > 1, "the log was cut again, or this test shows nothing");
        await using var fourth = await TestNode.StartAsync(executor, options, store);
        Assert.Equal(JobStatus.Scheduled, (await fourth.Queue.FindAsync(JobId.Parse("x")).Within())?.Status);
    }

    [Fact]
    public async Task A_clean_stop_leaves_records_only_and_a_start_finds_every_job()
    {
        var store = new InMemoryShardStore(2);
        await using (var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, store))
        {
            for (var i = 0; i < 20; i++)
            {
                await node.EnqueueAsync("echo", $"job-{i}");
            }
        }

        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            var head = await store.ReadHeadAsync(shard, default);
            Assert.Null(head.Owner);
            var log = await store.ReadLogAsync(shard, head.CutThrough, 100, default);
            Assert.DoesNotContain(log.Entries, entry => entry.Events.Count > 0);
        }

        await using var again = await TestNode.StartAsync(ScriptedExecutor.Echo(), store: store);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(JobStatus.Completed, (await again.EndAsync(JobId.Parse($"job-{i}"))).Status);
        }
    }

    [Fact]
    public async Task A_node_that_drains_its_one_slot_starts_nothing_more()
    {
        var store = new InMemoryShardStore(2);
        var release = new TaskCompletionSource<string>();
        var executor = ScriptedExecutor.Echo().On("block", _ => release.Task);
        var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1, DrainTimeout = TimeSpan.FromMinutes(1) }, store);
        var running = await node.EnqueueAsync("block", "running");
        await executor.NextStartAsync();
        for (var i = 0; i < 20; i++)
        {
            await node.EnqueueAsync("echo", $"waiting-{i}");
        }

        var stopping = node.Node.StopAsync();
        release.SetResult("{}");
        await stopping.Within();

        Assert.Equal([running], executor.Starts.Keys);
        await using var next = await TestNode.StartAsync(executor, new NodeOptions(), store);
        Assert.Equal(JobStatus.Completed, (await next.Queue.FindAsync(running).Within())!.Status);
        for (var i = 0; i < 20; i++)
        {
            Assert.Single((await next.Queue.FindAsync(JobId.Parse($"waiting-{i}")).Within())!.History);
        }
    }

    [Fact]
    public async Task A_stop_hands_back_what_still_runs_and_that_is_no_crash()
    {
        var store = new InMemoryShardStore(2);
        var executor = new ScriptedExecutor().On("wait", async run =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, run.Cancelled);
            return "{}";
        });
        var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 4, DrainTimeout = TimeSpan.FromMilliseconds(50) }, store);
        var id = await node.EnqueueAsync("wait");
        await executor.NextStartAsync();
        await node.DisposeAsync();

        await using var again = await TestNode.StartAsync(
            new ScriptedExecutor().On("wait", _ => Task.FromResult("{}")), store: store);
        var job = await again.EndAsync(id);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal(2, job.Attempts);
        Assert.Contains(job.History, step => step.Note == "the worker handed it back");
    }

    [Fact]
    public async Task A_job_whose_workers_die_three_times_is_parked()
    {
        var store = new InMemoryShardStore(2);
        var nodes = new List<TestNode>();
        JobId id = default;
        for (var i = 0; i < JobLifecycle.MaxCrashes; i++)
        {
            var killer = new ScriptedExecutor().On("kill", _ => new TaskCompletionSource<string>().Task);
            var node = await TestNode.StartAsync(killer, new NodeOptions { WorkerSlots = 1, DrainTimeout = TimeSpan.Zero, HandBackTimeout = TimeSpan.FromMilliseconds(200) }, store);
            nodes.Add(node);
            if (i == 0)
            {
                id = await node.EnqueueAsync("kill");
            }

            await killer.NextStartAsync(); // and the next owner takes over without this one's stop
        }

        await using var last = await TestNode.StartAsync(ScriptedExecutor.Echo(), store: store);
        var job = await last.EndAsync(id);

        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.Equal(JobError.PoisonType, job.Error!.Type);
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task More_waiting_jobs_than_actors_may_stay_in_memory_all_run_once()
    {
        var executor = ScriptedExecutor.Echo();
        await using var node = await TestNode.StartAsync(
            executor, new NodeOptions { WorkerSlots = 0, MaxActiveJobsPerShard = 5, LogEvents = 200 });
        var requests = Enumerable.Range(0, 5_000).Select(i => new EnqueueRequest(TestNode.NewSpec("echo", $"job-{i}"))).ToList();
        await node.Queue.EnqueueAsync(requests).Within();
        node.Node.SetWorkerSlots(16);

        var ended = await Task.WhenAll(requests.Select(request => node.EndAsync(request.Spec.Id)));

        Assert.All(ended, job => Assert.Equal(JobStatus.Completed, job.Status));
        Assert.All(requests, request => Assert.Equal(1, executor.Starts[request.Spec.Id]));
    }
}
