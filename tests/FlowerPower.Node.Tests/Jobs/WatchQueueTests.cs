using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Node.Tests.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>Watching all jobs of a queue at once.</summary>
public sealed class WatchQueueTests
{
    [Fact]
    public async Task Every_change_of_every_matching_job_is_pushed_and_of_no_other()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 1 });
        await using var changes = Watch(node.Queue, new JobFilter { Queue = "reports", Pipeline = "echo" });

        await node.EndAsync(await node.EnqueueAsync("echo", "elsewhere"));
        await node.EnqueueAsync("echo", "one", spec => spec with { Queue = "reports" });
        await node.EndAsync(JobId.Parse("one"));

        Assert.Equal(
            [("one", JobStatus.Pending), ("one", JobStatus.Running), ("one", JobStatus.Completed)],
            (await TakeAsync(changes, 3)).Select(change => (change.Job.Id.Value, change.Job.Status)));
    }

    [Fact]
    public async Task Only_changes_to_a_wanted_status_are_pushed()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 1 });
        await using var ended = Watch(node.Queue, new JobFilter { Status = JobStatus.Completed });
        await using var open = Watch(node.Queue, new JobFilter { Unfinished = true });

        await node.EndAsync(await node.EnqueueAsync("echo", "one"));
        await node.EndAsync(await node.EnqueueAsync("echo", "two"));

        Assert.Equal(["one", "two"], (await TakeAsync(ended, 2)).Select(change => change.Job.Id.Value));
        Assert.DoesNotContain(await TakeAsync(open, 4), change => change.Job.IsFinished);
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_is_told_how_many_changes_it_missed()
    {
        using var reader = new ChangeReader(new JobFilter(), () => { });
        for (var i = 0; i < ChangeReader.MaxHeld + 7; i++)
        {
            reader.Offer(View(i));
        }

        var first = await reader.NextAsync(CancellationToken.None);
        var second = await reader.NextAsync(CancellationToken.None);

        Assert.Equal((7, 7L), (first.Job.Attempts, first.SkippedBefore));
        Assert.Equal((8, 0L), (second.Job.Attempts, second.SkippedBefore));
    }

    [Fact]
    public async Task Whoever_has_gone_is_told_nothing_any_more()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var reader = node.Node.Parts.Changes.Read(new JobFilter());
        await node.EndAsync(await node.EnqueueAsync("echo"));
        Assert.Equal(JobStatus.Pending, (await reader.NextAsync(CancellationToken.None).Within()).Job.Status);

        reader.Dispose();
        await node.EndAsync(await node.EnqueueAsync("echo", "late"));

        using var now = new CancellationTokenSource();
        var left = new List<string>();
        for (var next = reader.NextAsync(now.Token); next.IsCompleted; next = reader.NextAsync(now.Token))
        {
            left.Add((await next).Job.Id.Value);
        }

        Assert.DoesNotContain("late", left);
    }

    [Fact]
    public async Task Another_process_watches_until_the_node_stops_and_is_told_so()
    {
        var path = LocalAddress.SocketPath(Directory.CreateTempSubdirectory("fp-").FullName);
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        await using var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", () => { });
        await using var client = await LocalJobQueue.TryConnectAsync(path) ?? throw new InvalidOperationException("Nobody listens.");
        await using var changes = Watch(client, new JobFilter { Status = JobStatus.Completed });
        await client.FindAsync(JobId.Parse("nobody")).Within(); // behind the watch on the same connection

        var first = TakeAsync(changes, 1);
        while (!first.IsCompleted)
        {
            await node.EndAsync(await node.EnqueueAsync("echo")); // the watch begins beside other requests: one of these is after its beginning
        }

        Assert.Equal(JobStatus.Completed, Assert.Single(await first).Job.Status);
        await node.Node.StopAsync().Within();
        await Assert.ThrowsAsync<QueueUnavailableException>(() => TakeAsync(changes, 1_000));
    }

    [Fact]
    public async Task In_a_cluster_the_changes_of_all_nodes_are_gathered()
    {
        await using var rig = new ClusterRig(shards: 64);
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.SettledAsync(a, b);
        var w = await rig.StartAsync("w", MemberRoles.Worker);
        using var enough = new CancellationTokenSource();
        await using var changes = Watch(w.Queue, new JobFilter { Status = JobStatus.Completed }, enough.Token);
        var seen = new HashSet<string>();
        var shards = new HashSet<string?>();

        // The watch begins in its own time: jobs are run until one of each node's has been seen.
        var next = changes.MoveNextAsync().AsTask();
        while (shards.Count < 2)
        {
            var ids = await ClusterRig.EnqueueAsync(a.Queue, 8);
            foreach (var id in ids)
            {
                await rig.EndAsync(a.Queue, id);
            }

            for (; next.IsCompleted; next = changes.MoveNextAsync().AsTask())
            {
                Assert.True(await next);
                Assert.True(seen.Add(changes.Current.Job.Id.Value), "A change was told twice.");
                shards.Add(a.Peers.Directory.ServedBy(ShardKey.Of(changes.Current.Job.Id.Value, 64)));
            }
        }

        Assert.Equal([a.Name, b.Name], shards.Order());
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Within("the watch to end"));
    }

    private static JobView View(int number) => new()
    {
        Id = JobId.Parse("one"),
        Pipeline = "echo",
        Queue = "default",
        Priority = JobPriority.Medium,
        Status = JobStatus.Running,
        EnqueuedAt = default,
        Attempts = number,
    };

    /// <summary>Watches from now on: the reading begins before this returns.</summary>
    private static Begun Watch(IJobQueue queue, JobFilter filter, CancellationToken until = default) =>
        new(queue.WatchQueueAsync(filter, until).GetAsyncEnumerator(CancellationToken.None));

    private static async Task<List<JobChange>> TakeAsync(Begun changes, int count)
    {
        var taken = new List<JobChange>();
        while (taken.Count < count)
        {
            Assert.True(await changes.MoveNextAsync().AsTask().Within("a change"));
            taken.Add(changes.Current);
        }

        return taken;
    }

    private sealed class Begun : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<JobChange> inner;
        private Task<bool>? first;

        public Begun(IAsyncEnumerator<JobChange> inner)
        {
            this.inner = inner;
            first = inner.MoveNextAsync().AsTask();
        }

        public JobChange Current => inner.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            var next = first is { } begun ? new ValueTask<bool>(begun) : inner.MoveNextAsync();
            first = null;
            return next;
        }

        /// <summary>An enumerator that waits cannot be disposed; what it waits for ends with the node.</summary>
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
