using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Tests.Jobs;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>What becomes of jobs that came running with their shard, on workers that the new owner has no connection to.</summary>
public sealed class MissingWorkersTests
{
    private static readonly WorkerId Ada = new("ada");

    private readonly ManualTime time = new();
    private readonly List<(int Shard, WorkerId Worker, bool IsCrash)> lost = [];
    private Func<bool> isGone = () => false;
    private int met;

    [Fact]
    public async Task A_worker_that_does_not_come_in_time_loses_what_it_runs()
    {
        var wait = New().AwaitAsync(3, Ada, default);

        time.Advance(ClusterPeers.UnreachableAfter - TimeSpan.FromTicks(1));
        Assert.Empty(lost);
        time.Advance(TimeSpan.FromTicks(1));
        await wait.Within();

        Assert.Equal([(3, Ada, false)], lost); // it may live: the attempt does not count
    }

    [Fact]
    public async Task A_worker_that_introduces_itself_in_time_keeps_what_it_runs()
    {
        var wait = New().AwaitAsync(3, Ada, default);

        time.Advance(ClusterPeers.UnreachableAfter - TimeSpan.FromTicks(1));
        met++;
        time.Advance(TimeSpan.FromMinutes(1));
        await wait.Within();

        Assert.Empty(lost);
    }

    [Fact]
    public async Task A_worker_that_came_and_went_again_is_not_lost_before_its_own_time()
    {
        met = 1; // it was there once, before the shard came
        var wait = New().AwaitAsync(3, Ada, default);

        met += 2;
        time.Advance(ClusterPeers.UnreachableAfter);
        await wait.Within();

        Assert.Empty(lost);
    }

    [Fact]
    public async Task A_worker_that_is_dead_loses_what_it_runs_at_once()
    {
        isGone = () => true;

        await New().AwaitAsync(3, Ada, default).Within();

        Assert.Equal([(3, Ada, true)], lost);
    }

    [Fact]
    public async Task A_worker_that_died_meanwhile_has_used_an_attempt()
    {
        var wait = New().AwaitAsync(3, Ada, default);

        isGone = () => true;
        time.Advance(ClusterPeers.UnreachableAfter);
        await wait.Within();

        Assert.Equal([(3, Ada, true)], lost);
    }

    [Fact]
    public async Task While_nobody_can_tell_who_lives_time_decides()
    {
        isGone = () => throw new StoreUnavailableException("away");
        var wait = New().AwaitAsync(3, Ada, default);
        Assert.Empty(lost);

        time.Advance(ClusterPeers.UnreachableAfter);
        await wait.Within();

        Assert.Equal([(3, Ada, false)], lost);
    }

    [Fact]
    public async Task A_job_whose_worker_lives_but_never_reached_the_shards_new_owner_runs_there_after_ten_seconds()
    {
        await using var rig = new ClusterRig(shards: 1, manual: time);
        await RunOnAsync(rig.Store, Ada);
        await rig.Table.JoinAsync(
            new MemberInfo(Ada.Value, "ada", "127.0.0.1:1", MemberRoles.Worker), TimeSpan.FromHours(1), MemberStatus.Up, default); // nobody listens there
        var began = time.GetUtcNow();
        var node = await rig.StartAsync("a");
        await rig.SettledAsync(node);

        var end = rig.EndAsync(node.Queue, JobId.Parse("job"));
        await PassUntilAsync(end);

        Assert.Equal(JobStatus.Completed, (await end).Status);
        Assert.True(time.GetUtcNow() - began >= ClusterPeers.UnreachableAfter, "The worker was given no time to come.");
        Assert.Contains(rig.Notices, notice => notice.Contains("worker ada lives but could not be reached", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_whose_worker_is_there_and_will_not_report_it_runs_again_after_half_a_minute()
    {
        await using var rig = new ClusterRig(shards: 1, manual: time);
        rig.Executor.On("first-hangs", async run =>
        {
            if (run.Attempt == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, run.Cancelled);
            }

            return "{}";
        });
        var node = await rig.StartAsync("a");
        await rig.SettledAsync(node);
        var id = (await ClusterRig.EnqueueAsync(node.Queue, 1, "first-hangs"))[0];
        await rig.Executor.NextStartAsync();
        var job = await node.Parts.Jobs.Ask<JobReply>(id.Value, QueryJob.Instance, TimeSpan.FromSeconds(5)).Within();

        // As a node would say that has lost the shard and does not know it.
        node.Parts.Worker.Tell(new StopAttempt(Assert.IsType<JobState.Running>(job.State).Grant, new AttemptFate(AttemptEnd.TakenAway, IsOver: false)));
        var end = rig.EndAsync(node.Queue, id);
        await PassUntilAsync(end);

        Assert.Equal(JobStatus.Completed, (await end).Status);
    }

    [Fact]
    public async Task A_job_whose_worker_is_dead_runs_at_once_where_its_shard_comes_to()
    {
        await using var rig = new ClusterRig(shards: 1, manual: time);
        await RunOnAsync(rig.Store, Ada);
        await rig.Table.JoinAsync(
            new MemberInfo(Ada.Value, "ada", "127.0.0.1:1", MemberRoles.Worker), TimeSpan.FromHours(1), MemberStatus.Up, default);
        await rig.Table.DeclareDeadAsync(Ada.Value, default);
        var node = await rig.StartAsync("a");

        var job = await rig.EndAsync(node.Queue, JobId.Parse("job")); // the clock stands still

        Assert.Equal((JobStatus.Completed, 2), (job.Status, job.Attempts));
    }

    private MissingWorkers New() => new(time, _ => met, (_, _) => Task.FromResult(isGone()), (shard, worker, isCrash) => lost.Add((shard, worker, isCrash)));

    /// <summary>The store says that the worker runs a job, of a shard that nobody holds.</summary>
    private static async Task RunOnAsync(InMemoryShardStore store, WorkerId worker)
    {
        var former = new ShardRig(store: store, worker: "former");
        former.Enqueue("job");
        former.RequestWork(1, worker.Value);
        await store.ReleaseAsync(0, (await store.ReadHeadAsync(0, default)).Owner!.Claim, default);
    }

    private async Task PassUntilAsync(Task end)
    {
        for (var i = 0; i < 3_000 && !end.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(end, Task.Delay(1));
        }
    }
}
