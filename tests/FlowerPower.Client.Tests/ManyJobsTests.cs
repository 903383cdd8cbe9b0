using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client.Tests;

/// <summary>Thousands of jobs with one call: stored, cancelled, retried, deleted.</summary>
public sealed class ManyJobsTests : IDisposable
{
    private static readonly RunConfig One = new RunConfig().WithInput("numbers", new List<object?> { 1L }).WithFinalVars("total");

    private readonly TestProject test = new();

    [Fact]
    public async Task Ten_thousand_jobs_are_stored_with_one_call_here_and_through_the_socket()
    {
        await using var host = new JobQueueManager(test.Project);
        await host.OverviewAsync(); // it serves the project now
        await using var guest = new JobQueueManager(test.Load());

        var here = await host.EnqueueManyAsync(Enumerable.Range(0, 10_000).Select(_ => new EnqueueItem("sum", One)));
        var there = await guest.EnqueueManyAsync(Enumerable.Range(0, 10_000).Select(i => new EnqueueItem("sum", One, new EnqueueOptions { Id = JobId.Parse($"job-{i}") })));

        Assert.All(here.Concat(there), receipt => Assert.True(receipt is { Created: true, IsRefused: false }));
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => $"job-{i}"), there.Select(receipt => receipt.Id.Value));
        Assert.Equal(20_000, (await guest.OverviewAsync()).Counts[JobStatus.Pending]);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_refused_by_its_own_receipt_and_keeps_nothing_else_back()
    {
        await using var queue = new JobQueueManager(test.Project);
        var tooLarge = One.WithInput("text", new string('x', 17 << 20));

        var receipts = await queue.EnqueueManyAsync(
        [
            new EnqueueItem("sum", One, new EnqueueOptions { Id = JobId.Parse("first") }),
            new EnqueueItem("summ", One, new EnqueueOptions { Id = JobId.Parse("unknown") }),
            new EnqueueItem("sum", tooLarge, new EnqueueOptions { Id = JobId.Parse("large") }),
            new EnqueueItem("sum", One, new EnqueueOptions { RunIn = TimeSpan.FromMinutes(-1) }),
            new EnqueueItem("broken", null, new EnqueueOptions { Id = JobId.Parse("first") }),
            new EnqueueItem("sum", One, new EnqueueOptions { Id = JobId.Parse("last") }),
        ]);

        Assert.Equal([true, false, false, false, false, true], receipts.Select(receipt => receipt.Created));
        Assert.Equal([false, true, true, true, true, false], receipts.Select(receipt => receipt.IsRefused));
        Assert.Contains("no pipeline 'summ'", receipts[1].Problem, StringComparison.Ordinal);
        Assert.StartsWith("Job large cannot be stored", receipts[2].Problem, StringComparison.Ordinal);
        Assert.Contains("run_in", receipts[3].Problem, StringComparison.Ordinal);
        Assert.Contains("'sum'", receipts[4].Problem, StringComparison.Ordinal);
        Assert.Equal(["first", "last"], (await queue.ListAsync()).Jobs.Select(job => job.Id.Value).Order());
        var single = await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync("sum", tooLarge));
        Assert.Contains("cannot be stored", single.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_that_depend_on_jobs_are_all_stored_or_none_parents_first_however_many_there_are()
    {
        await using var queue = new JobQueueManager(test.Project);
        EnqueueItem Item(int number, string pipeline = "sum", int? after = null) => new(pipeline, One, new EnqueueOptions
        {
            Id = JobId.Parse($"job-{number}"),
            DependsOn = after is { } parent ? [new JobDependency(JobId.Parse($"job-{parent}"))] : [],
        });
        var children = Enumerable.Range(0, 2_500).Select(i => Item(i, after: 10_000)).ToList();

        await Assert.ThrowsAsync<PipelineNotFoundException>(() => queue.EnqueueManyAsync([.. children, Item(10_000), Item(10_001, "summ")]));
        await Assert.ThrowsAsync<JobNotFoundException>(() => queue.EnqueueManyAsync(children));
        Assert.Empty((await queue.ListAsync()).Jobs);
        var receipts = await queue.EnqueueManyAsync([.. children, Item(10_000)]);

        Assert.All(receipts, receipt => Assert.True(receipt.Created));
        await queue.StartWorkersAsync(4);
        Assert.Equal(JobStatus.Completed, (await queue.WaitAsync(JobId.Parse("job-0"), TimeSpan.FromSeconds(30))).Status);
    }

    [Fact]
    public async Task Large_jobs_go_in_parts_that_each_way_takes()
    {
        await using var host = new JobQueueManager(test.Project);
        await host.OverviewAsync();
        await using var guest = new JobQueueManager(test.Load());
        var large = One.WithInput("text", new string('x', 5 << 20));

        var receipts = await guest.EnqueueManyAsync(Enumerable.Range(0, 7).Select(_ => new EnqueueItem("sum", large)));

        Assert.All(receipts, receipt => Assert.True(receipt.Created));
    }

    [Fact]
    public async Task All_that_match_are_cancelled_retried_and_deleted_whatever_number_a_page_has()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.EnqueueManyAsync(Enumerable.Range(0, 2_500).Select(i => new EnqueueItem(
            "sum", One, new EnqueueOptions { Tags = i % 5 == 0 ? ["fifth"] : [] })));
        var fifth = new JobFilter { Tag = "fifth" };

        Assert.Equal((500, 0), Numbers(await queue.CancelManyAsync(fifth, dryRun: true)));
        Assert.Equal(2_500, (await queue.OverviewAsync()).Counts[JobStatus.Pending]);
        Assert.Equal((500, 500), Numbers(await queue.CancelManyAsync(fifth, "not needed", "ada")));
        Assert.Equal((0, 0), Numbers(await queue.RetryManyAsync(fifth))); // none has failed
        Assert.Equal((500, 500), Numbers(await queue.RetryManyAsync(fifth with { Status = JobStatus.Cancelled }, "bob")));
        Assert.Equal((0, 0), Numbers(await queue.DeleteManyAsync(fifth))); // none has ended
        Assert.Equal((2_500, 2_500), Numbers(await queue.CancelManyAsync(new JobFilter())));
        Assert.Equal((500, 500), Numbers(await queue.DeleteManyAsync(fifth)));

        Assert.Equal(2_000, (await queue.OverviewAsync()).Counts[JobStatus.Cancelled]);
        Assert.Equal((0, 0), Numbers(await queue.DeleteManyAsync(new JobFilter { EnqueuedBefore = DateTimeOffset.UnixEpoch })));
        Assert.Equal((2_000, 2_000), Numbers(await queue.DeleteManyAsync(new JobFilter())));
        Assert.Empty((await queue.ListAsync()).Jobs);
    }

    [Fact]
    public async Task What_refuses_is_counted_by_its_reason()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.EnqueueManyAsync(Enumerable.Range(0, 3).Select(_ => new EnqueueItem("sum", One)));

        var reply = await queue.DeleteManyAsync(new JobFilter { Status = JobStatus.Pending });

        Assert.Equal((3, 0), Numbers(reply));
        Assert.Equal([new(Refusal.NotFinished, 3)], reply.Refused);
        Assert.Equal(3, (await queue.OverviewAsync()).Counts[JobStatus.Pending]);
    }

    [Fact]
    public async Task An_ended_job_is_kept_longer_and_deleted_through_the_socket_too()
    {
        await using var host = new JobQueueManager(test.Project);
        var id = await host.EnqueueAsync("sum", One);
        await using var guest = new JobQueueManager(test.Load());
        Assert.Equal(Refusal.NotFinished, (await guest.KeepAsync(id, TimeSpan.FromDays(90))).Refusal);
        await guest.CancelAsync(id);

        var kept = await guest.KeepAsync(id, TimeSpan.FromDays(90), "ada");
        await Assert.ThrowsAsync<ArgumentException>(() => guest.KeepAsync(id, TimeSpan.Zero));
        var deleted = await guest.DeleteAsync(id);

        Assert.Equal("ada", kept.Job!.History[^1].By);
        Assert.Equal(TimeSpan.FromDays(90), kept.Job.KeptUntil - kept.Job.History[^1].At);
        Assert.Equal(new CommandReply(null, null), deleted);
        Assert.Equal(Refusal.NotFound, (await guest.DeleteAsync(id)).Refusal);
        Assert.Equal(Refusal.NotFound, (await guest.KeepAsync(id, TimeSpan.FromDays(1))).Refusal);
    }

    public void Dispose() => test.Dispose();

    private static (long, long) Numbers(ManyReply reply) => (reply.Matched, reply.Done);
}
