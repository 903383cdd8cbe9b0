using FlowerPower.Jobs;
using FlowerPower.Node.Workers;
using FlowerPower.Pipelines;

namespace FlowerPower.Client.Tests;

public sealed class JobQueueManagerTests : IDisposable
{
    private static readonly RunConfig OneTwoThree = new RunConfig().WithInput("numbers", new List<object?> { 1L, 2L, 3L }).WithFinalVars("total", "mean");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestProject test = new();

    [Fact]
    public async Task Run_gives_the_result_by_node_name()
    {
        await using var queue = new JobQueueManager(test.Project);

        var result = await queue.RunAsync("sum", OneTwoThree, timeout: Patience);

        Assert.Equal(6, result["total"].GetDouble());
        Assert.Equal(2, result["mean"].GetDouble());
    }

    [Fact]
    public async Task A_job_that_would_expire_before_it_may_start_is_refused()
    {
        await using var queue = new JobQueueManager(test.Project);
        var options = new EnqueueOptions { RunIn = TimeSpan.FromHours(2), ExpiresIn = TimeSpan.FromHours(1) };

        var error = await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync("sum", OneTwoThree, options));

        Assert.Contains("would expire", error.Message, StringComparison.Ordinal);
        Assert.Contains("run_in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_an_attempt_is_told_when_its_outcome_is_stored_and_others_hear_which_queues_are_served()
    {
        JobQueueManager? asked = null;
        var told = new TaskCompletionSource<(AttemptEnd, JobStatus)>();
        await using var queue = asked = new JobQueueManager(test.Project, options: new QueueOptions
        {
            WorkerSlots = 1,
            Queues = ["default", "reports"],
            OnAttemptEnded = report => told.TrySetResult((report.End, asked!.GetQueueStatusAsync(report.Job.Id).GetAwaiter().GetResult().Status)),
        });
        await queue.EnqueueAsync("sum", OneTwoThree);
        await using var guest = new JobQueueManager(test.Load());

        var overview = await guest.OverviewAsync();

        Assert.Equal((AttemptEnd.Completed, JobStatus.Completed), await told.Task.WaitAsync(Patience));
        Assert.Equal(["default", "reports"], overview.Queues);
        Assert.Equal((true, false), (overview.Serves("reports"), overview.Serves("nobody")));
        Assert.False(overview.CanRun(JobId.Parse("any"), "nobody"));
    }

    [Fact]
    public async Task An_id_of_another_pipelines_job_is_refused_and_the_calls_other_jobs_are_stored()
    {
        await using var queue = new JobQueueManager(test.Project);
        var mine = new EnqueueOptions { Id = JobId.Parse("mine") };
        await queue.EnqueueAsync("sum", OneTwoThree, mine);

        var taken = await Assert.ThrowsAsync<JobIdTakenException>(() => queue.EnqueueAsync("broken", null, mine));
        var many = await queue.EnqueueManyAsync(
            [new EnqueueItem("broken", null, mine), new EnqueueItem("broken", null, mine with { Id = JobId.Parse("other") })]);

        Assert.Equal("sum", taken.Pipeline);
        Assert.Equal([Refusal.IdTaken, null], many.Select(receipt => receipt.Refusal));
        Assert.Equal([true, false], many.Select(receipt => receipt.IsRefused));
        Assert.Equal(taken.Message, many[0].Problem);
        Assert.Equal("sum", (await queue.GetQueueStatusAsync(JobId.Parse("mine"))).Pipeline);
        Assert.Equal("broken", (await queue.GetQueueStatusAsync(JobId.Parse("other"))).Pipeline);
    }

    [Fact]
    public async Task Another_process_hears_of_a_taken_id_and_of_other_inputs_through_the_socket()
    {
        await using var host = new JobQueueManager(test.Project);
        await host.EnqueueAsync("sum", OneTwoThree.WithInput("unit", "°C"), new EnqueueOptions { Id = JobId.Parse("mine") });
        var warnings = new List<string>();
        await using var guest = new JobQueueManager(test.Load(), options: new QueueOptions { OnWarning = warnings.Add });

        await guest.EnqueueAsync("sum", OneTwoThree.WithInput("unit", "°C"), new EnqueueOptions { Id = JobId.Parse("mine") });
        Assert.Empty(warnings);
        await guest.EnqueueAsync("sum", OneTwoThree.WithInput("unit", "°F"), new EnqueueOptions { Id = JobId.Parse("mine") });
        Assert.Contains("Job mine existed already with another run configuration", Assert.Single(warnings), StringComparison.Ordinal);
        await Assert.ThrowsAsync<JobIdTakenException>(() => guest.EnqueueAsync("broken", null, new EnqueueOptions { Id = JobId.Parse("mine") }));
    }

    [Fact]
    public async Task The_queue_hangs_on_the_project_itself()
    {
        await using var queue = test.Project.JobQueue;

        var id = await queue.EnqueueAsync("sum", OneTwoThree);

        Assert.Same(queue, test.Project.JobQueue);
        Assert.Equal(JobStatus.Pending, (await queue.GetQueueStatusAsync(id)).Status);
    }

    [Fact]
    public async Task Status_and_result_are_found_by_id_and_by_pipeline_name()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(2);
        await queue.WaitAsync(await queue.EnqueueAsync("sum", OneTwoThree), Patience);
        var newest = await queue.EnqueueAsync("sum", OneTwoThree.WithInput("numbers", new List<object?> { 10L }));
        await queue.WaitAsync(newest, Patience);

        Assert.Equal(newest, (await queue.GetQueueStatusAsync("sum")).Id);
        Assert.Equal(10, (await queue.ResultAsync("sum"))["total"].GetDouble());
        Assert.Equal(10, (await queue.ResultAsync(newest))["total"].GetDouble());
        Assert.Equal(2, (await queue.ListAsync(new JobFilter { Pipeline = "sum" })).Jobs.Count);
    }

    [Fact]
    public async Task A_failed_job_raises_the_pipelines_own_error()
    {
        await using var queue = new JobQueueManager(test.Project);

        var failed = await Assert.ThrowsAsync<JobFailedException>(
            () => queue.RunAsync("broken", new RunConfig().WithFinalVars("rows").WithRetry(maxRetries: 0), timeout: Patience));

        Assert.Equal("InvalidDataException", failed.Job.Error!.Type);
        Assert.Contains("row 7 has no date", failed.Message, StringComparison.Ordinal);
        Assert.Contains("rows", failed.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(BrokenPipeline.Rows), failed.Job.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retries_come_from_the_run_configuration_and_are_the_queues()
    {
        test.Configure("broken", "run:\n  final_vars: [rows]\n  retry: {max_retries: 2, retry_delay: 0.001, retry_exceptions: [InvalidDataException]}\n");
        await using var queue = new JobQueueManager(test.Project);

        var failed = await Assert.ThrowsAsync<JobFailedException>(() => queue.RunAsync("broken", timeout: Patience));

        Assert.Equal(3, failed.Job.Attempts);
        Assert.Equal(2, failed.Job.History.Count(step => step.Status == JobStatus.Retrying));
    }

    [Fact]
    public async Task An_error_that_the_configuration_does_not_name_is_not_retried()
    {
        test.Configure("broken", "run:\n  final_vars: [rows]\n  retry: {max_retries: 2, retry_delay: 0.001, retry_exceptions: [HttpRequestException]}\n");
        await using var queue = new JobQueueManager(test.Project);

        var failed = await Assert.ThrowsAsync<JobFailedException>(() => queue.RunAsync("broken", timeout: Patience));

        Assert.Equal(1, failed.Job.Attempts);
    }

    [Fact]
    public async Task Two_applications_on_one_project_share_its_queue()
    {
        await using var holder = new JobQueueManager(test.Project);
        await holder.StartWorkersAsync(1);
        await using var guest = new JobQueueManager(test.Load());

        var id = await guest.EnqueueAsync("sum", OneTwoThree);
        var job = await guest.WaitAsync(id, Patience);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal(6, (await holder.ResultAsync(id))["total"].GetDouble());
        var refused = await Assert.ThrowsAsync<QueueUnavailableException>(() => guest.StartWorkersAsync(1));
        Assert.Contains("another process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_enqueued_before_the_application_ended_runs_in_the_next_one()
    {
        JobId id;
        await using (var first = new JobQueueManager(test.Project))
        {
            id = await first.EnqueueAsync("sum", OneTwoThree, new EnqueueOptions { Tags = ["nightly"], Description = "a sum" });
        }

        await using var second = new JobQueueManager(test.Load());
        await second.StartWorkersAsync(1);
        var job = await second.WaitAsync(id, Patience);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal(["nightly"], job.Tags);
        Assert.Equal("a sum", job.Description);
    }

    [Fact]
    public async Task Options_win_over_the_configuration_and_that_over_the_defaults()
    {
        test.Configure("sum", "run:\n  priority: low\n  queue: night\n  timeout: 5m\n");
        await using var queue = new JobQueueManager(test.Project);

        var fromYaml = await queue.GetQueueStatusAsync(await queue.EnqueueAsync("sum", OneTwoThree));
        var fromCall = await queue.GetQueueStatusAsync(await queue.EnqueueAsync(
            "sum", OneTwoThree, new EnqueueOptions { Priority = JobPriority.High, Queue = "day" }));

        Assert.Equal((JobPriority.Low, "night"), (fromYaml.Priority, fromYaml.Queue));
        Assert.Equal((JobPriority.High, "day"), (fromCall.Priority, fromCall.Queue));
    }

    [Fact]
    public async Task Many_jobs_are_stored_with_one_call()
    {
        await using var queue = new JobQueueManager(test.Project);

        var receipts = await queue.EnqueueManyAsync(Enumerable.Range(0, 500).Select(i => new EnqueueItem(
            "sum", OneTwoThree, new EnqueueOptions { Id = JobId.Parse($"job-{i % 400}") })));

        Assert.Equal(400, receipts.Count(receipt => receipt.Created));
        Assert.Equal(400, (await queue.OverviewAsync()).Counts[JobStatus.Pending]);
    }

    [Fact]
    public async Task What_cannot_be_enqueued_is_refused_before_anything_is_stored()
    {
        await using var queue = new JobQueueManager(test.Project);

        var unknown = await Assert.ThrowsAsync<PipelineNotFoundException>(() => queue.EnqueueAsync("summ", OneTwoThree));
        await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync(
            "sum", OneTwoThree, new EnqueueOptions { RunAt = DateTimeOffset.UnixEpoch, RunIn = TimeSpan.FromMinutes(1) }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.EnqueueAsync(
            "sum", OneTwoThree, new EnqueueOptions { RunIn = TimeSpan.FromMinutes(-1) }));

        Assert.Contains("sum", unknown.Message, StringComparison.Ordinal);
        Assert.Empty((await queue.ListAsync()).Jobs);
    }

    [Fact]
    public async Task Missing_jobs_and_results_have_errors_of_their_own()
    {
        await using var queue = new JobQueueManager(test.Project);
        var waiting = await queue.EnqueueAsync("sum", OneTwoThree);

        await Assert.ThrowsAsync<JobNotFoundException>(() => queue.GetQueueStatusAsync(JobId.Parse("nobody")));
        await Assert.ThrowsAsync<JobNotFoundException>(() => queue.ResultAsync("sum"));
        await Assert.ThrowsAsync<JobNotFinishedException>(() => queue.ResultAsync(waiting));
        var late = await Assert.ThrowsAsync<TimeoutException>(() => queue.WaitAsync(waiting, TimeSpan.FromMilliseconds(10)));
        Assert.Contains(waiting.Value, late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_backend_is_refused_with_those_that_there_are()
    {
        var error = Assert.Throws<ArgumentException>(() => new JobQueueManager(test.Project, "kafka"));

        Assert.Contains("actors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registered_adapter_is_used_by_its_name()
    {
        QueueAdapter.Register(new EchoAdapter());
        await using var queue = new JobQueueManager(test.Project, "ECHO");

        var opened = await Assert.ThrowsAsync<QueueUnavailableException>(() => queue.EnqueueAsync("sum", OneTwoThree));

        Assert.Equal("echo was asked for shop", opened.Message);
        Assert.Contains("echo", QueueAdapter.Names);
    }

    public void Dispose() => test.Dispose();

    private sealed class EchoAdapter : QueueAdapter
    {
        public override string Name => "echo";

        public override Task<IJobQueue> OpenAsync(FlowerPowerProject project, QueueOptions options, CancellationToken cancellationToken = default) =>
            throw new QueueUnavailableException($"echo was asked for {project.Name}");
    }
}
