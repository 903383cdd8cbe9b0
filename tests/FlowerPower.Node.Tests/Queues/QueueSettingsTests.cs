using System.Collections.Concurrent;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Queues;

/// <summary>Paused and limited queues, on one node, across owners, and in a cluster: never more runs than may, and nobody waits for nothing.</summary>
public sealed class QueueSettingsTests
{
    [Fact]
    public async Task No_job_of_a_paused_queue_starts_and_those_of_others_do()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var info = await node.Queue.ChangeQueueAsync("reports", new QueueChange { Pause = true, Reason = "the source is down" }, "ada").Within();
        Assert.Equal(("ada", "the source is down"), (info.Settings.Pause!.By, info.Settings.Pause.Reason));

        var paused = await node.EnqueueAsync("echo", "paused", spec => spec with { Queue = "reports" });
        await node.EndAsync(await node.EnqueueAsync("echo", "other"));
        Assert.Equal(JobStatus.Pending, (await node.Queue.FindAsync(paused).Within())!.Status);

        await node.Queue.ChangeQueueAsync("reports", new QueueChange { Pause = false }, "bob").Within();
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(paused)).Status);
        Assert.Equal(["ada", "bob"], (await node.Queue.ChangeQueueAsync("reports", new QueueChange(), "ada").Within()).Changes.Select(change => change.By));
    }

    [Fact]
    public async Task A_pause_outlives_its_node()
    {
        var store = new InMemoryShardStore(4);
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, store);
        await first.Queue.ChangeQueueAsync("default", new QueueChange { Pause = true }, "ada").Within();

        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), store: store);
        var paused = await second.EnqueueAsync("echo", "paused");
        await second.EndAsync(await second.EnqueueAsync("echo", "other", spec => spec with { Queue = "other" }));

        Assert.Equal(JobStatus.Pending, (await second.Queue.FindAsync(paused).Within())!.Status);
        Assert.NotNull(Assert.Single(await second.Queue.QueuesAsync().Within(), queue => queue.Name == "default").Settings.Pause);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Never_more_jobs_of_a_limited_queue_run_than_may_and_as_many_as_may_do(int limit)
    {
        var watch = new RunWatch();
        await using var node = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 8 });
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = limit }, "ada").Within();

        var ids = await EnqueueAsync(node.Queue, 40);
        await watch.AtOnceAsync(limit);
        watch.Release();

        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        }

        Assert.Equal(limit, watch.Most);
    }

    [Fact]
    public async Task What_runs_when_the_limit_is_set_counts()
    {
        var watch = new RunWatch();
        await using var node = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 8 });
        var ids = await EnqueueAsync(node.Queue, 2);
        await watch.AtOnceAsync(2);

        var info = await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 3 }, "ada").Within();
        Assert.Equal(2, info.Permits);
        ids = [.. ids, .. await EnqueueAsync(node.Queue, 10)];
        await watch.AtOnceAsync(3);
        await node.EndAsync(await node.EnqueueAsync("echo", "other", spec => spec with { Queue = "other" })); // whoever could start had time to

        Assert.Equal(3, watch.Most);
        watch.Release();
        foreach (var id in ids)
        {
            await node.EndAsync(id);
        }
    }

    [Fact]
    public async Task A_permit_outlives_its_owner_so_that_the_next_one_gives_no_more()
    {
        var store = new InMemoryShardStore(4);
        var watch = new RunWatch();
        await using var first = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 4, DrainTimeout = TimeSpan.Zero, HandBackTimeout = TimeSpan.FromMilliseconds(200) }, store);
        await first.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 2 }, "ada").Within();
        var ids = await EnqueueAsync(first.Queue, 6);
        await watch.AtOnceAsync(2);

        // As after a kill: the next owner finds two permits and two jobs whose worker is gone.
        var next = new RunWatch();
        await using var second = await TestNode.StartAsync(next.Executor(), new NodeOptions { WorkerSlots = 4 }, store);
        await next.AtOnceAsync(2);
        next.Release();
        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await second.EndAsync(id)).Status);
        }

        Assert.Equal(2, next.Most);
        while (Assert.Single(await second.Queue.QueuesAsync().Within(), queue => queue.Name == "reports").Permits > 0)
        {
            await Task.Yield(); // permits come back after their jobs have ended
        }

        watch.Release();
    }

    [Fact]
    public async Task A_limit_that_is_lifted_holds_nobody_any_more()
    {
        var watch = new RunWatch();
        await using var node = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 8 });
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 1 }, "ada").Within();
        await EnqueueAsync(node.Queue, 5);
        await watch.AtOnceAsync(1);

        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true }, "ada").Within();

        await watch.AtOnceAsync(5);
        Assert.Equal(5, watch.Most);
        watch.Release();
    }

    [Fact]
    public async Task A_rate_lets_so_many_start_in_its_time_and_the_others_afterwards()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo("work"), new NodeOptions { WorkerSlots = 8 });
        var rate = new StartRate(3, TimeSpan.FromMilliseconds(400));
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Rate = rate }, "ada").Within();

        var ids = await EnqueueAsync(node.Queue, 8);
        var starts = new List<DateTimeOffset>();
        foreach (var id in ids)
        {
            starts.Add((await node.EndAsync(id)).StartedAt!.Value);
        }

        starts.Sort();
        for (var i = rate.Count; i < starts.Count; i++)
        {
            // A permit is given just before its attempt starts, so two starts may be closer together by that.
            Assert.True(starts[i] - starts[i - rate.Count] > rate.Per - TimeSpan.FromMilliseconds(150), $"{starts[i - rate.Count]:O} and {starts[i]:O}");
        }
    }

    [Fact]
    public async Task A_job_that_was_cancelled_while_it_waited_for_leave_keeps_nobody_from_it()
    {
        var watch = new RunWatch();
        await using var node = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 2 });
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 1 }, "ada").Within();
        var ids = await EnqueueAsync(node.Queue, 3);
        await watch.AtOnceAsync(1);

        await node.Queue.CancelAsync(ids[1], "ada").Within();
        watch.Release();

        Assert.Equal(JobStatus.Completed, (await node.EndAsync(ids[2])).Status);
        Assert.Equal(JobStatus.Cancelled, (await node.EndAsync(ids[1])).Status);
    }

    [Fact]
    public async Task A_pause_stops_also_those_that_had_leave_and_waited_for_a_slot()
    {
        var watch = new RunWatch();
        await using var node = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 1 });
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 5 }, "ada").Within();
        var ids = await EnqueueAsync(node.Queue, 4);
        await watch.AtOnceAsync(1);

        var running = Assert.Single((await node.Queue.ListAsync(new JobFilter { Status = JobStatus.Running }).Within()).Jobs);
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { Pause = true }, "ada").Within();
        watch.Release();
        await node.EndAsync(running.Id);
        await node.EndAsync(await node.EnqueueAsync("echo", "other", spec => spec with { Queue = "other" })); // whoever could start had time to

        Assert.Equal(3, (await node.Queue.OverviewAsync().Within()).Counts[JobStatus.Pending]);
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { Pause = false }, "ada").Within();
        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        }
    }

    [Fact]
    public async Task Leave_that_went_to_a_job_which_nobody_is_about_to_start_keeps_the_others_from_theirs_only_for_a_moment()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo("work"), new NodeOptions { WorkerSlots = 0 });
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 1 }, "ada").Within();
        var ids = await EnqueueAsync(node.Queue, 40); // more than a broker asks for at once

        // As if a broker had got it for the last of them, and its node had died.
        var last = ids.Max();
        var receipt = await node.Node.Parts.Queues.PostAsync("reports", new QueueMail.AskPermit(last, JobPriority.Medium, DateTimeOffset.MaxValue), CancellationToken.None).Within();
        Assert.Equal(1, receipt.Permit);
        node.Node.SetWorkerSlots(2);

        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        }
    }

    [Fact]
    public async Task Nothing_starts_under_a_permit_that_the_gate_has_taken_back()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo("work"), new NodeOptions { WorkerSlots = 0 });
        var id = (await EnqueueAsync(node.Queue, 1))[0];
        var parts = node.Node.Parts;

        var receipt = await parts.Mailbox.PostAsync(id, new JobMail.LookAtJob(2), CancellationToken.None).Within();
        Assert.Equal((true, false), (receipt.Exists, receipt.IsRunning));
        Assert.False((await GrantAsync("late", permit: 2)).Started);
        Assert.True((await GrantAsync("anew", permit: 3)).Started);

        Task<GrantOutcome> GrantAsync(string grant, long permit) => node.AskJobAsync<GrantOutcome>(
            id, new GrantAttempt(new JobCommand.Start(new GrantId(grant), parts.WorkerId, permit), parts.Worker, parts.Journals[ShardKey.Of(id.Value, parts.Journals.Length)]!));
    }

    [Fact]
    public async Task A_broker_that_gives_a_permit_back_takes_none_from_a_job_that_runs_under_it()
    {
        var watch = new RunWatch();
        await using var node = await TestNode.StartAsync(watch.Executor(), new NodeOptions { WorkerSlots = 4 });
        await node.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 1 }, "ada").Within();
        var ids = await EnqueueAsync(node.Queue, 3);
        await watch.AtOnceAsync(1);

        foreach (var id in ids)
        {
            await node.Node.Parts.Queues.PostAsync("reports", new QueueMail.CheckHolder(id, 1), CancellationToken.None).Within();
        }

        // The gate has asked the job, and heard it, before this one has asked for leave and run.
        await node.EndAsync(await node.EnqueueAsync("echo", "other", spec => spec with { Queue = "other" }));
        Assert.Equal(1, watch.Most);
        watch.Release();
        foreach (var id in ids)
        {
            await node.EndAsync(id);
        }

        Assert.Equal(1, watch.Most);
    }

    [Fact]
    public async Task A_name_that_cannot_have_settings_is_refused()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());

        await Assert.ThrowsAsync<ArgumentException>(() => node.Queue.ChangeQueueAsync("two words", new QueueChange { Pause = true }, "ada").Within());
        await Assert.ThrowsAsync<ArgumentException>(() => node.Queue.ChangeQueueAsync(new string('x', 101), new QueueChange { Pause = true }, "ada").Within());
    }

    private static async Task<IReadOnlyList<JobId>> EnqueueAsync(IJobQueue queue, int count)
    {
        var requests = Enumerable.Range(0, count).Select(_ => new EnqueueRequest(TestNode.NewSpec("work") with { Queue = "reports" })).ToList();
        return [.. (await queue.EnqueueAsync(requests).Within()).Select(receipt => receipt.Id)];
    }

    /// <summary>Counts who runs at once, and holds them until it lets them go.</summary>
    internal sealed class RunWatch
    {
        private readonly Lock gate = new();
        private readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentDictionary<int, TaskCompletionSource> reached = new();
        private int now;

        /// <summary>The most that ran at once.</summary>
        public int Most { get; private set; }

        public ScriptedExecutor Executor() => ScriptedExecutor.Echo().On("work", async run =>
        {
            lock (gate)
            {
                Most = Math.Max(Most, ++now);
                Reached(now).TrySetResult();
            }

            try
            {
                await release.Task.WaitAsync(run.Cancelled);
            }
            finally
            {
                lock (gate)
                {
                    now--;
                }
            }

            return "{}";
        });

        public Task AtOnceAsync(int count) => Reached(count).Task.Within($"{count} jobs to run at once");

        public void Release() => release.TrySetResult();

        private TaskCompletionSource Reached(int count) => reached.GetOrAdd(count, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
