using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class ClusterTests
{
    /// <summary>So many shards that chance leaves none of two nodes without any.</summary>
    private const int Plenty = 64;

    [Fact]
    public async Task Three_nodes_share_the_shards_and_any_of_them_takes_and_answers_for_every_job()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        var c = await rig.StartAsync("c");
        await rig.SettledAsync(a, b, c);

        var ids = await ClusterRig.EnqueueAsync(a.Queue, 60);

        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
        {
            var view = await rig.EndAsync(rig.Nodes[i % 3].Queue, id);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal(1, view.Attempts);
        }

        Assert.All(rig.Executor.Starts.Values, starts => Assert.Equal(1, starts));
        var page = await c.Queue.ListAsync(new JobFilter { Limit = 100 }).Within();
        Assert.Equal(ids.Select(id => id.Value).Order(), page.Jobs.Select(job => job.Id.Value).Order());
    }

    [Fact]
    public async Task A_worker_node_without_shards_runs_the_jobs_of_all_queue_nodes()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.SettledAsync(a, b);
        await rig.StartAsync("w", MemberRoles.Worker, slots: 1); // fewer slots than brokers

        var ids = await ClusterRig.EnqueueAsync(b.Queue, 40);

        foreach (var id in ids)
        {
            var view = await rig.EndAsync(a.Queue, id);
            Assert.Equal(JobStatus.Completed, view.Status);
        }
    }

    [Fact]
    public async Task A_worker_reports_to_the_node_that_serves_a_shard_while_its_own_node_waits_for_it()
    {
        await using var rig = new ClusterRig(shards: Plenty, residence: TimeSpan.FromHours(1)); // no shard moves to balance the cluster
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await rig.SettledAsync(a);
        var b = await rig.StartAsync("b");
        await rig.UntilAsync([b], BelongsToBothAndIsAtA, "b to know what a serves and what belongs to itself");

        var ids = await ClusterRig.EnqueueAsync(a.Queue, 16);

        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(a.Queue, id)).Status);
        }

        Assert.Equal(0, b.ShardsServed);

        bool BelongsToBothAndIsAtA() => b.Peers.Directory.Owners().All(owner => owner == a.Name) && b.Peers.Directory.Placed.Contains(b.Name);
    }

    [Fact]
    public async Task The_progress_of_a_job_that_runs_on_another_node_is_known_where_the_job_is()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await rig.SettledAsync(a);
        await rig.StartAsync("w", MemberRoles.Worker, slots: 1);
        var gate = new TaskCompletionSource();
        rig.Executor.On("counts", async run =>
        {
            run.Progress(new JobProgress(1, 3, "first"));
            await gate.Task.WaitAsync(run.Cancelled);
            return "{}";
        });
        var id = (await ClusterRig.EnqueueAsync(a.Queue, 1, "counts"))[0];

        await ToldAsync().Within("the job's progress");
        var found = await a.Queue.FindAsync(id).Within("the job");
        gate.SetResult();

        Assert.Equal(new JobProgress(1, 3, "first"), found!.Progress); // a job that had crashed over it would have forgotten it
        Assert.Equal(JobStatus.Completed, (await rig.EndAsync(a.Queue, id)).Status);

        async Task ToldAsync()
        {
            await foreach (var view in a.Queue.WatchAsync(id))
            {
                if (view.Progress is not null)
                {
                    return;
                }
            }
        }
    }

    [Fact]
    public async Task The_jobs_of_a_shard_that_moved_are_counted_where_it_is_and_not_where_it_was()
    {
        await using var rig = new ClusterRig(shards: Plenty);
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await ClusterRig.EnqueueAsync(a.Queue, 40);

        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.SettledAsync(a, b);

        Assert.True(b.ShardsServed > 0);
        Assert.Equal(40, (await a.Queue.OverviewAsync().Within()).Counts[JobStatus.Pending]);
    }

    [Fact]
    public async Task A_node_that_leaves_hands_its_shards_over_and_nothing_is_lost()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await rig.SettledAsync(a, b);
        var gate = new TaskCompletionSource();
        rig.Executor.On("slow", async run =>
        {
            await gate.Task.WaitAsync(run.Cancelled);
            return "{}";
        });
        var ids = await ClusterRig.EnqueueAsync(b.Queue, 20, "slow");
        await rig.Executor.NextStartAsync();

        var stop = rig.StopAsync(a);
        gate.SetResult();
        await stop;

        await rig.SettledAsync(b);
        foreach (var id in ids)
        {
            var view = await rig.EndAsync(b.Queue, id);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal(1, view.AttemptsThisRound); // one that reached the node while it stopped was handed back, which does not count
        }
    }

    [Fact]
    public async Task The_shards_and_the_attempts_of_a_node_that_vanished_go_to_the_others()
    {
        await using var rig = new ClusterRig(lease: TimeSpan.FromSeconds(6)); // long enough for a busy machine
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await rig.SettledAsync(a, b);
        var hanging = new TaskCompletionSource();
        rig.Executor.On("first-hangs", async run =>
        {
            if (run.Attempt == 1)
            {
                await hanging.Task.WaitAsync(run.Cancelled);
            }

            return "{}";
        });
        var ids = await ClusterRig.EnqueueAsync(b.Queue, 4, "first-hangs");
        for (var i = 0; i < 4; i++)
        {
            await rig.Executor.NextStartAsync(); // two on each node
        }

        await rig.VanishAsync(a);

        await rig.SettledAsync(b);
        hanging.SetResult();
        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(b.Queue, id)).Status);
        }
    }

    [Fact]
    public async Task A_node_that_was_declared_dead_stops_without_waiting_for_what_it_runs()
    {
        await using var rig = new ClusterRig(lease: TimeSpan.FromSeconds(6));
        var a = await rig.StartAsync("a");
        await rig.SettledAsync(a);
        var cancelled = new TaskCompletionSource();
        rig.Executor.On("hangs", async run =>
        {
            await using var told = run.Cancelled.Register(cancelled.SetResult);
            await cancelled.Task;
            return "{}";
        });
        await ClusterRig.EnqueueAsync(a.Queue, 1, "hangs");
        await rig.Executor.NextStartAsync();

        await rig.Table.DeclareDeadAsync(a.Name, CancellationToken.None);
        await a.Died.Within("the node to hear of its death");
        var began = TimeProvider.System.GetTimestamp();
        await rig.StopAsync(a);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0, 15); // of the 20 that a running job is given otherwise
        await cancelled.Task.Within("the attempt to be cancelled");
    }

    [Fact]
    public async Task A_worker_that_stops_waits_once_for_a_node_that_takes_its_outcome()
    {
        await using var rig = new ClusterRig { Drain = TimeSpan.FromMilliseconds(200) };
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await rig.SettledAsync(a);
        var w = await rig.StartAsync("w", MemberRoles.Worker);
        rig.Executor.On("never", async run =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, run.Cancelled);
            return "{}";
        });
        await ClusterRig.EnqueueAsync(a.Queue, 1, "never");
        await rig.Executor.NextStartAsync();

        await rig.VanishAsync(a);
        await rig.StopAsync(w);

        Assert.Single(rig.Notices, notice => notice.Contains("was taken by nobody before the stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_large_result_of_a_worker_elsewhere_is_stored_as_it_is()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await rig.SettledAsync(a);
        await rig.StartAsync("w", MemberRoles.Worker);
        var result = $$"""{"x":"{{new string('я', 3 << 20)}}"}"""; // as escapes it would be three times as long, and more than may be stored
        rig.Executor.On("large", _ => Task.FromResult(result));
        var id = (await ClusterRig.EnqueueAsync(a.Queue, 1, "large"))[0];

        var ended = await rig.EndAsync(a.Queue, id);

        Assert.Equal(JobStatus.Completed, ended.Status);
        Assert.Equal(result, System.Text.Encoding.UTF8.GetString(ended.ResultJson.Span));
    }

    [Fact]
    public async Task A_request_that_is_too_large_to_be_sent_is_refused_and_not_waited_for()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await rig.SettledAsync(a);
        await using var client = await ClusterClient.ConnectAsync(new ClusterClientOptions { Nodes = [a.Address], Name = "test" }).Within();
        var config = System.Text.Encoding.UTF8.GetBytes($$$"""{"inputs":{"x":"{{{new string('x', 12 << 20)}}}"}}""");
        var jobs = Enumerable.Range(0, 3).Select(_ => new EnqueueRequest(TestNode.NewSpec("echo") with { RunConfigJson = config })).ToList();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => client.EnqueueAsync(jobs).Within("the refusal"));
        var alone = await client.EnqueueAsync([jobs[0]]).Within("a request that can be sent");

        Assert.StartsWith("The request was not sent, and nothing was done: ", error.Message, StringComparison.Ordinal);
        Assert.True(Assert.Single(alone).Created);
    }

    [Fact]
    public async Task A_job_does_not_wait_for_a_slot_that_another_queue_node_holds_idle()
    {
        await using var rig = new ClusterRig();
        var nodes = new[] { await rig.StartAsync("a", MemberRoles.Queue), await rig.StartAsync("b", MemberRoles.Queue), await rig.StartAsync("c", MemberRoles.Queue) };
        await rig.SettledAsync(nodes);
        await rig.StartAsync("w", MemberRoles.Worker, slots: 1);

        for (var round = 0; round < 30; round++)
        {
            var id = (await ClusterRig.EnqueueAsync(nodes[round % 3].Queue, 1))[0];
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(nodes[(round + 1) % 3].Queue, id)).Status);
        }
    }

    [Fact]
    public async Task A_client_that_knows_one_node_finds_the_others_and_follows_the_shards()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a");
        await using var client = await ClusterClient.ConnectAsync(new ClusterClientOptions { Nodes = [a.Address], Name = "test" }).Within();
        var ids = (await ClusterRig.EnqueueAsync(client, 10)).ToList();
        var b = await rig.StartAsync("b");
        await rig.SettledAsync(a, b);

        ids.AddRange(await ClusterRig.EnqueueAsync(client, 20));
        await rig.StopAsync(a);
        ids.AddRange(await ClusterRig.EnqueueAsync(client, 20));

        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(client, id)).Status);
        }

        Assert.Equal(50, (await client.ListAsync(new JobFilter { Limit = 100 }).Within()).Jobs.Count);
        Assert.Equal(50, (await client.OverviewAsync().Within()).Counts[JobStatus.Completed]);
    }

    [Fact]
    public async Task Jobs_that_wait_for_jobs_of_other_nodes_are_told_though_a_node_dies_meanwhile()
    {
        await using var rig = new ClusterRig(shards: Plenty, lease: TimeSpan.FromSeconds(6));
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.SettledAsync(a, b);
        var chains = Enumerable.Range(0, 20).ToList();
        foreach (var step in Enumerable.Range(0, 4))
        {
            await b.Queue.EnqueueAsync([.. chains.Select(chain => new EnqueueRequest(TestNode.NewSpec("echo", $"chain-{chain}.{step}") with
            {
                DependsOn = step == 0 ? [] : [new JobDependency(JobId.Parse($"chain-{chain}.{step - 1}"))],
            }))]).Within();
        }

        await rig.StartAsync("w", MemberRoles.Worker);
        await rig.EndAsync(b.Queue, JobId.Parse("chain-7.1"));
        await rig.VanishAsync(a);

        foreach (var chain in chains)
        {
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(b.Queue, JobId.Parse($"chain-{chain}.3"))).Status);
        }
    }

    [Fact]
    public async Task A_limit_holds_for_all_nodes_together_and_through_the_death_of_any()
    {
        await using var rig = new ClusterRig(shards: Plenty, lease: TimeSpan.FromSeconds(6));
        var watch = new Lock();
        var (now, most) = (0, 0);
        rig.Executor.On("work", async run =>
        {
            lock (watch)
            {
                most = Math.Max(most, ++now);
            }

            await Task.Yield();
            lock (watch)
            {
                now--;
            }

            return "{}";
        });
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.StartAsync("w", MemberRoles.Worker, slots: 16);
        await rig.SettledAsync(a, b);
        var info = await b.Queue.ChangeQueueAsync("reports", new QueueChange { SetsLimits = true, Concurrency = 2 }, "ada").Within();
        Assert.Null(info.Unaware);

        var ids = await ClusterRig.EnqueueAsync(b.Queue, 120, "work", spec => spec with { Queue = "reports" });
        await rig.EndAsync(b.Queue, ids[20]);
        await rig.VanishAsync(a);

        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(b.Queue, id)).Status);
        }

        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task A_pause_holds_on_every_node_as_soon_as_it_is_acknowledged()
    {
        await using var rig = new ClusterRig(shards: Plenty);
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await rig.SettledAsync(a, b);
        await rig.EndAsync(a.Queue, (await ClusterRig.EnqueueAsync(a.Queue, 1))[0]);

        await a.Queue.ChangeQueueAsync("default", new QueueChange { Pause = true }, "ada").Within();
        var ids = await ClusterRig.EnqueueAsync(b.Queue, 30);
        await rig.EndAsync(b.Queue, (await ClusterRig.EnqueueAsync(b.Queue, 1, change: spec => spec with { Queue = "other" }))[0]);
        Assert.Equal(30, (await b.Queue.OverviewAsync().Within()).Counts[JobStatus.Pending]);

        await b.Queue.ChangeQueueAsync("default", new QueueChange { Pause = false }, "ada").Within();
        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await rig.EndAsync(a.Queue, id)).Status);
        }
    }
}
