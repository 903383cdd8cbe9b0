using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>Jobs that wait for jobs of other shards, told through the outbox, across the ends of nodes.</summary>
public sealed class DependencyTests
{
    private static readonly NodeOptions NoWorkers = new() { WorkerSlots = 0 };

    [Fact]
    public async Task A_chain_runs_one_after_the_other_and_a_join_waits_for_all()
    {
        var order = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var executor = new ScriptedExecutor().On("step", run =>
        {
            order.Enqueue(run.Spec.Id.Value);
            return Task.FromResult("{}");
        });
        await using var node = await TestNode.StartAsync(executor);

        await EnqueueAsync(node, "a");
        await EnqueueAsync(node, "b", "a");
        await EnqueueAsync(node, "c", "a");
        await EnqueueAsync(node, "join", "b", "c");

        Assert.Equal(JobStatus.Completed, (await node.EndAsync(JobId.Parse("join"))).Status);
        Assert.Equal(["a", "join"], [order.First(), order.Last()]);
        Assert.Equal(4, order.Count);
    }

    [Fact]
    public async Task Nobody_waits_for_ever_for_a_parent_that_failed()
    {
        var executor = new ScriptedExecutor().On("step", run => run.Spec.Id.Value == "a" ? throw new IOException("gone") : Task.FromResult("{}"));
        await using var node = await TestNode.StartAsync(executor);

        await EnqueueAsync(node, "a");
        await EnqueueAsync(node, "b", "a");
        await EnqueueAsync(node, "c", "b");
        await EnqueueAsync(node, "free", spec => spec with { DependsOn = [new JobDependency(JobId.Parse("c"), AllowFailure: true)] });

        var c = await node.EndAsync(JobId.Parse("c"));
        Assert.Equal((JobStatus.Failed, JobError.DependencyType), (c.Status, c.Error!.Type));
        Assert.Contains("Job b", c.Error.Message, StringComparison.Ordinal);
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(JobId.Parse("free"))).Status);
        Assert.Equal(0, executor.Starts.GetValueOrDefault(JobId.Parse("b")));
    }

    [Fact]
    public async Task A_parent_that_does_not_exist_ends_the_job_at_once()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());

        await EnqueueAsync(node, "child", "nobody");

        Assert.Contains("does not exist", (await node.EndAsync(JobId.Parse("child"))).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deferred_job_says_whom_it_waits_for_and_is_listed_and_counted_as_such()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);

        await EnqueueAsync(node, "a");
        await EnqueueAsync(node, "b", "a");

        var b = (await node.Queue.FindAsync(JobId.Parse("b")).Within())!;
        Assert.Equal((JobStatus.Deferred, "a"), (b.Status, Assert.Single(b.WaitsFor).Value));
        Assert.Equal("b", Assert.Single((await node.Queue.ListAsync(new JobFilter { Status = JobStatus.Deferred }).Within()).Jobs).Id.Value);
        Assert.Equal(1, (await node.Queue.OverviewAsync().Within()).Counts[JobStatus.Deferred]);
    }

    [Theory]
    [InlineData(1)] // every batch moves jobs to their records
    [InlineData(100_000)] // the log holds everything
    public async Task A_job_waits_on_under_the_next_owner_and_hears_of_its_parent_there(int logEvents)
    {
        var store = new InMemoryShardStore(4);
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers with { LogEvents = logEvents }, store);
        await EnqueueAsync(first, "a");
        await EnqueueAsync(first, "b", "a");
        await EnqueueAsync(first, "c", "b");

        // As after a kill: the first node is not asked to stop.
        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo("step"), new NodeOptions { WorkerSlots = 2, LogEvents = logEvents }, store);

        Assert.Equal(JobStatus.Completed, (await second.EndAsync(JobId.Parse("c"))).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task What_an_ended_job_had_yet_to_tell_its_next_owner_tells(int logEvents)
    {
        var store = new InMemoryShardStore(4);
        var release = new TaskCompletionSource<string>();
        var executor = ScriptedExecutor.Echo("callback").On("step", run => run.Spec.Id.Value == "parent" ? release.Task : Task.FromResult("{}"));
        await using var first = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1, LogEvents = logEvents }, store);
        var mail = new OneWayMail(first.Node.Parts.Mailbox);
        first.Node.Parts.Mailbox = mail;
        await EnqueueAsync(first, "parent", spec => spec with { OnSuccess = new JobCallback("callback") });
        await EnqueueAsync(first, "child", "parent");
        await mail.Subscribed.Task.Within("the child to ask its parent");
        release.SetResult("{}");
        await mail.Lost.Task.Within("the parent to tell its end, in vain");

        await using var second = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1, LogEvents = logEvents }, store);

        Assert.Equal(JobStatus.Completed, (await second.EndAsync(JobId.Parse("child"))).Status);
        Assert.Equal(JobStatus.Completed, (await second.EndAsync((await UntilExistsAsync(second, "parent.on-success")).Id)).Status);
        Assert.Equal(1, executor.Starts[JobId.Parse("parent")]);
        Assert.Equal(1, executor.Starts[JobId.Parse("parent.on-success")]);
    }

    [Fact]
    public async Task A_job_that_failed_has_a_callback_that_is_a_job_of_its_own()
    {
        var executor = ScriptedExecutor.Echo("alas").On("step", _ => throw new IOException("gone"));
        await using var node = await TestNode.StartAsync(executor);

        await EnqueueAsync(node, "a", spec => spec with { OnFailure = new JobCallback("alas"), OnSuccess = new JobCallback("hurray") });

        var callback = await node.EndAsync((await UntilExistsAsync(node, "a.on-failure")).Id);
        Assert.Equal(JobStatus.Completed, callback.Status);
        Assert.Null(await node.Queue.FindAsync(JobId.Parse("a.on-success")).Within());
    }

    [Fact]
    public async Task A_thousand_jobs_that_wait_for_one_all_run_after_it()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo("step"), NoWorkers with { LogEvents = 500 });
        await EnqueueAsync(node, "a");
        var children = Enumerable.Range(0, 1_000).Select(i => TestNode.NewSpec("step", $"child-{i}") with { DependsOn = [new JobDependency(JobId.Parse("a"))] });
        await node.Queue.EnqueueAsync([.. children.Select(spec => new EnqueueRequest(spec))]).Within();

        node.Node.SetWorkerSlots(8);

        for (var i = 0; i < 1_000; i++)
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(JobId.Parse($"child-{i}"))).Status);
        }
    }

    private static Task<JobId> EnqueueAsync(TestNode node, string id, params string[] parents) =>
        EnqueueAsync(node, id, spec => spec with { DependsOn = [.. parents.Select(parent => new JobDependency(JobId.Parse(parent)))] });

    private static Task<JobId> EnqueueAsync(TestNode node, string id, Func<JobSpec, JobSpec> change) => node.EnqueueAsync("step", id, change);

    private static async Task<JobView> UntilExistsAsync(TestNode node, string id)
    {
        while (true)
        {
            if (await node.Queue.FindAsync(JobId.Parse(id)).Within() is { } job)
            {
                return job;
            }

            await Task.Yield();
        }
    }

    /// <summary>Lets jobs ask to be told, and loses what they are told.</summary>
    private sealed class OneWayMail(IJobMailbox inner) : IJobMailbox
    {
        public TaskCompletionSource Subscribed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<JobMailReceipt> PostAsync(JobId to, JobMail mail, CancellationToken cancellationToken)
        {
            if (mail is JobMail.ParentEnded)
            {
                Lost.TrySetResult();
                throw new QueueUnavailableException("It is lost on its way.");
            }

            var receipt = await inner.PostAsync(to, mail, cancellationToken);
            Subscribed.TrySetResult();
            return receipt;
        }
    }
}
