using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>A node that only works for what its own process waits for.</summary>
public sealed class OwnJobsTests
{
    private static readonly NodeOptions NoWorkers = new() { WorkerSlots = 0 };

    [Fact]
    public async Task Only_the_job_that_is_run_here_runs_and_all_others_stay_as_they_were()
    {
        var executor = ScriptedExecutor.Echo();
        await using var node = await TestNode.StartAsync(executor, NoWorkers);
        var foreign = await node.EnqueueAsync("echo", "older-and-more-urgent", spec => spec with { Priority = JobPriority.High });
        var before = await node.Queue.FindAsync(foreign).Within();
        var mine = await node.EnqueueAsync("echo", "mine");

        node.Node.RunHere(mine);
        var job = await node.EndAsync(mine);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal([mine], executor.Starts.Keys);
        var after = await node.Queue.FindAsync(foreign).Within();
        Assert.Equal((before!.Status, before.Attempts, before.History), (after!.Status, after.Attempts, after.History));
    }

    [Fact]
    public async Task A_node_that_works_for_itself_offers_no_slots_and_names_what_it_works_for()
    {
        var release = new TaskCompletionSource<string>();
        var executor = new ScriptedExecutor().On("block", _ => release.Task);
        await using var node = await TestNode.StartAsync(executor, NoWorkers);
        var mine = await node.EnqueueAsync("block", "mine");

        node.Node.RunHere(mine);
        await executor.NextStartAsync();
        var during = await node.Queue.OverviewAsync().Within();
        release.SetResult("{}");
        await node.EndAsync(mine);

        Assert.Equal((0, 1), (during.WorkerSlots, during.BusySlots));
        Assert.Equal([mine], during.OwnJobs);
    }

    [Fact]
    public async Task A_retry_of_the_job_that_is_run_here_runs_here_too()
    {
        var executor = new ScriptedExecutor().On(
            "second", run => run.Attempt == 2 ? Task.FromResult("{}") : throw new InvalidDataException("not yet"));
        await using var node = await TestNode.StartAsync(executor, NoWorkers);
        var mine = await node.EnqueueAsync(
            "second", change: spec => spec with { Retry = new RetryPolicy { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(1) } });

        node.Node.RunHere(mine);

        Assert.Equal(JobStatus.Completed, (await node.EndAsync(mine)).Status);
    }

    [Fact]
    public async Task Workers_that_are_started_later_take_the_others_too()
    {
        var release = new TaskCompletionSource<string>();
        var executor = ScriptedExecutor.Echo().On("block", _ => release.Task);
        await using var node = await TestNode.StartAsync(executor, NoWorkers);
        var foreign = await node.EnqueueAsync("echo", "foreign");
        var mine = await node.EnqueueAsync("block", "mine");
        node.Node.RunHere(mine);
        await executor.NextStartOfAsync("mine");

        node.Node.SetWorkerSlots(Environment.ProcessorCount + 1);

        Assert.Equal(JobStatus.Completed, (await node.EndAsync(foreign)).Status);
        release.SetResult("{}");
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(mine)).Status);
    }

    [Fact]
    public async Task A_foreign_job_whose_node_was_killed_waits_again_and_is_taken_by_the_next_worker()
    {
        var store = new InMemoryShardStore(4);
        var stuck = new ScriptedExecutor().On("job", _ => new TaskCompletionSource<string>().Task);
        await using var killed = await TestNode.StartAsync(
            stuck, new NodeOptions { WorkerSlots = 1, DrainTimeout = TimeSpan.Zero, HandBackTimeout = TimeSpan.FromMilliseconds(100) }, store);
        var foreign = await killed.EnqueueAsync("job", "foreign");
        await stuck.NextStartAsync();

        // The next owner takes over without the first one's stop, as after a kill.
        var executor = ScriptedExecutor.Echo().On("job", _ => Task.FromResult("{}"));
        await using var node = await TestNode.StartAsync(executor, NoWorkers, store);
        var mine = await node.EnqueueAsync("echo", "mine");
        node.Node.RunHere(mine);
        await node.EndAsync(mine);

        var waiting = await node.Queue.FindAsync(foreign).Within();
        Assert.Equal((JobStatus.Pending, 1), (waiting!.Status, waiting.Attempts));
        Assert.Equal("the worker died", waiting.History[^1].Note);
        Assert.Equal([mine], executor.Starts.Keys);
        node.Node.SetWorkerSlots(1);
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(foreign)).Status);
    }

    [Fact]
    public async Task What_is_handed_back_is_not_taken_again()
    {
        var executor = new ScriptedExecutor().On("wait", async run =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, run.Cancelled);
            return "{}";
        });
        await using var node = await TestNode.StartAsync(executor, NoWorkers);
        var mine = await node.EnqueueAsync("wait", "mine");
        node.Node.RunHere(mine);
        await executor.NextStartAsync();

        node.Node.HandBackRunning();
        await foreach (var view in node.Queue.WatchAsync(mine))
        {
            if (view.Status == JobStatus.Pending)
            {
                break;
            }
        }

        await node.Node.StopAsync().Within();
        Assert.Equal(1, executor.Starts[mine]);
    }
}
