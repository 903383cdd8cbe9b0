using System.Text;
using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Tests.Jobs;

public sealed class JobRunTests
{
    [Fact]
    public async Task A_job_runs_and_its_result_is_pushed_to_whoever_waits()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());

        var id = await node.EnqueueAsync("echo");
        var job = await node.EndAsync(id);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal($$"""{"id":"{{id}}"}""", Encoding.UTF8.GetString(job.ResultJson.Span));
        Assert.Equal([JobStatus.Pending, JobStatus.Running, JobStatus.Completed], job.History.Select(step => step.Status));
    }

    [Fact]
    public async Task The_same_id_again_is_the_same_job()
    {
        var executor = ScriptedExecutor.Echo();
        await using var node = await TestNode.StartAsync(executor);

        var first = await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", "daily"))]).Within();
        await node.EndAsync(first[0].Id);
        var again = await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", "daily"))]).Within();

        Assert.True(first[0].Created);
        Assert.False(again[0].Created);
        Assert.Equal(1, executor.Starts[first[0].Id]);
    }

    [Fact]
    public async Task One_slot_takes_high_before_medium_before_low_and_older_before_newer()
    {
        var release = new TaskCompletionSource<string>();
        var executor = ScriptedExecutor.Echo().On("block", _ => release.Task);
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1 });
        await node.EnqueueAsync("block", "blocker");
        await executor.NextStartAsync();

        foreach (var (name, priority) in new[]
        {
            ("low", JobPriority.Low), ("medium-1", JobPriority.Medium), ("medium-2", JobPriority.Medium), ("high", JobPriority.High),
        })
        {
            await node.EnqueueAsync("echo", name, spec => spec with { Priority = priority });
        }

        release.SetResult("{}");
        var order = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            order.Add((await executor.NextStartAsync()).Spec.Id.Value);
        }

        Assert.Equal(["high", "medium-1", "medium-2", "low"], order);
    }

    [Fact]
    public async Task A_failed_attempt_is_retried_and_the_job_ends_with_the_last_error()
    {
        var executor = new ScriptedExecutor().On("fail", run => throw new InvalidDataException($"attempt {run.Attempt} saw bad data"));
        await using var node = await TestNode.StartAsync(executor);

        var id = await node.EnqueueAsync("fail", change: spec => spec with
        {
            Retry = new RetryPolicy { MaxRetries = 2, Delay = TimeSpan.FromMilliseconds(1) },
        });
        var job = await node.EndAsync(id);

        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.Equal(3, job.Attempts);
        Assert.Equal("InvalidDataException", job.Error!.Type);
        Assert.Equal("attempt 3 saw bad data", job.Error.Message);
        Assert.Contains(nameof(A_failed_attempt_is_retried_and_the_job_ends_with_the_last_error), job.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_retry_holds_no_slot()
    {
        var executor = ScriptedExecutor.Echo().On("fail", _ => throw new InvalidDataException("no"));
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1 });

        var failing = await node.EnqueueAsync("fail", change: spec => spec with
        {
            Retry = new RetryPolicy { MaxRetries = 1, Delay = TimeSpan.FromHours(1) },
        });
        await executor.NextStartAsync();
        var other = await node.EndAsync(await node.EnqueueAsync("echo"));

        Assert.Equal(JobStatus.Completed, other.Status);
        Assert.Equal(JobStatus.Retrying, (await node.Queue.FindAsync(failing).Within())!.Status);
    }

    [Fact]
    public async Task A_timed_out_attempt_is_cancelled_and_its_late_answer_is_refused()
    {
        var late = new TaskCompletionSource<string>();
        var executor = new ScriptedExecutor().On("slow", _ => late.Task);
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1 });

        var id = await node.EnqueueAsync("slow", change: spec => spec with { Timeout = TimeSpan.FromMilliseconds(50) });
        var run = await executor.NextStartAsync();
        var job = await node.EndAsync(id);
        await CancelledAsync(run.Cancelled);
        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.Equal(JobError.TimeoutType, job.Error!.Type);

        // The worker does not even send it, so it comes from the test: from a worker that has not heard, say.
        var grant = job.History.Single(step => step.Grant is not null).Grant!.Value;
        var reply = await node.AskJobAsync<JobReply>(id, new JobCommand.Succeed(grant, """{"too":"late"}"""u8.ToArray()));
        late.SetResult("""{"too":"late"}""");
        await node.EndAsync(await NextJobAsync(node, executor)); // the one slot is free again: the pipeline's own answer has been dealt with

        Assert.Equal(Refusal.StaleAttempt, reply.Refusal);
        Assert.Equal(1, node.Node.Parts.Refusals.Count(Refusal.StaleAttempt));
        var after = (await node.Queue.FindAsync(id).Within())!;
        Assert.Equal((job.Status, job.Error, 0), (after.Status, after.Error, after.ResultJson.Length));
        Assert.Equal(job.History, after.History);
    }

    [Fact]
    public async Task A_running_job_is_cancelled_at_once_and_its_pipeline_is_told()
    {
        var executor = new ScriptedExecutor().On("wait", async run =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, run.Cancelled);
            return "{}";
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("wait");
        var run = await executor.NextStartAsync();

        var reply = await node.Queue.CancelAsync(id, "Ada", "not needed").Within();
        await CancelledAsync(run.Cancelled);

        Assert.Null(reply.Refusal);
        Assert.Equal(JobStatus.Cancelled, reply.Job!.Status);
        Assert.Equal("Ada", reply.Job.History[^1].By);
        Assert.Equal("not needed", reply.Job.History[^1].Note);
    }

    [Fact]
    public async Task A_cancelled_waiting_job_never_starts_and_can_be_retried()
    {
        var executor = ScriptedExecutor.Echo();
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 0 });
        var id = await node.EnqueueAsync("echo");
        await node.Queue.CancelAsync(id, "Ada").Within();
        node.Node.SetWorkerSlots(1);
        var other = await node.EndAsync(await node.EnqueueAsync("echo"));

        Assert.Equal(JobStatus.Completed, other.Status);
        Assert.False(executor.Starts.ContainsKey(id));

        var retried = await node.Queue.RetryAsync(id, "Bob").Within();
        Assert.Null(retried.Refusal);
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
    }

    [Fact]
    public async Task Commands_to_a_job_that_does_not_exist_are_refused_by_name()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var nobody = JobId.Parse("nobody");

        Assert.Null(await node.Queue.FindAsync(nobody).Within());
        Assert.Null(await node.Queue.WaitAsync(nobody).Within());
        Assert.Equal(Refusal.NotFound, (await node.Queue.CancelAsync(nobody, "Ada").Within()).Refusal);
        Assert.Equal(Refusal.NotFound, (await node.Queue.RetryAsync(nobody, "Ada").Within()).Refusal);
    }

    [Fact]
    public async Task A_job_that_expired_in_the_queue_fails_and_never_runs()
    {
        var executor = ScriptedExecutor.Echo();
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 0 });

        var id = await node.EnqueueAsync("echo", change: spec => spec with { ExpiresAt = TimeProvider.System.GetUtcNow() });
        var job = await node.EndAsync(id); // no worker is there: the clock alone ends it

        Assert.Equal(JobError.ExpiredType, job.Error!.Type);
        Assert.Empty(executor.Starts);
    }

    [Fact]
    public async Task A_delayed_job_starts_when_it_is_due()
    {
        var time = new ManualTime();
        var executor = ScriptedExecutor.Echo();
        var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1, Time = time });
        var due = time.GetUtcNow() + TimeSpan.FromHours(1);

        var id = await node.EnqueueAsync("echo", dueAt: due);
        var job = (await node.Queue.FindAsync(id).Within())!;
        while (!job.IsFinished && time.GetUtcNow() < due + TimeSpan.FromDays(1))
        {
            Assert.Equal(time.GetUtcNow() < due, job.Status == JobStatus.Scheduled);
            Assert.True(time.GetUtcNow() >= due || executor.Starts.Count == 0, $"started before {due:O}");
            time.Advance(TimeSpan.FromMinutes(1));
            job = (await node.Queue.FindAsync(id).Within())!; // and everybody has had a moment
        }

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.True(job.StartedAt >= due, $"started at {job.StartedAt:O}, due at {due:O}");
        await node.StopWhileTimePassesAsync(time);
    }

    [Fact]
    public async Task A_job_due_in_two_months_holds_up_nobody()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var far = await node.EnqueueAsync("echo", dueAt: TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(60));

        Assert.Equal(JobStatus.Completed, (await node.EndAsync(await node.EnqueueAsync("echo"))).Status);
        Assert.Equal(JobStatus.Scheduled, (await node.Queue.FindAsync(far).Within())!.Status);
    }

    [Fact]
    public async Task A_pipeline_that_throws_when_it_is_cancelled_harms_no_other()
    {
        var executor = ScriptedExecutor.Echo().On("throw", async run =>
        {
            using var registration = run.Cancelled.Register(() => throw new InvalidOperationException("in a callback"));
            await new TaskCompletionSource().Task.WaitAsync(run.Cancelled);
            return "{}";
        });
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1 });
        var id = await node.EnqueueAsync("throw");
        await executor.NextStartAsync();

        await node.Queue.CancelAsync(id, "Ada").Within();

        Assert.Equal(JobStatus.Completed, (await node.EndAsync(await node.EnqueueAsync("echo"))).Status);
    }

    [Fact]
    public async Task Who_waits_on_a_node_that_stops_is_told_so()
    {
        var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 });
        var wait = node.Queue.WaitAsync(await node.EnqueueAsync("echo"));

        await node.DisposeAsync();

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => wait.Within());
        Assert.Contains("stopped", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_that_throws_when_it_is_asked_what_it_is_fails_its_job_and_no_more()
    {
        var executor = ScriptedExecutor.Echo().On("opaque", _ => throw new OpaqueException());
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1 });

        var job = await node.EndAsync(await node.EnqueueAsync("opaque"));

        Assert.Equal((JobStatus.Failed, nameof(OpaqueException)), (job.Status, job.Error!.Type));
        Assert.Equal("(its description threw NotSupportedException)", job.Error.Message);
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(await node.EnqueueAsync("echo"))).Status);
    }

    [Fact]
    public async Task A_watcher_sees_progress_and_every_status_to_the_end()
    {
        var release = new TaskCompletionSource<string>();
        var executor = new ScriptedExecutor().On("steps", run =>
        {
            run.Progress(new JobProgress(1, 2, "second"));
            return release.Task;
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("steps");
        var seen = new List<JobView>();

        await foreach (var view in node.Queue.WatchAsync(id))
        {
            seen.Add(view);
            if (view.Progress is not null)
            {
                release.TrySetResult("{}");
            }
        }

        Assert.Contains(seen, view => view.Progress == new JobProgress(1, 2, "second"));
        Assert.Equal(JobStatus.Completed, seen[^1].Status);
    }

    [Fact]
    public async Task Lists_and_counts_show_live_and_ended_jobs_newest_first_page_by_page()
    {
        var release = new TaskCompletionSource<string>();
        var executor = ScriptedExecutor.Echo().On("block", _ => release.Task);
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1 });
        for (var i = 0; i < 5; i++)
        {
            await node.EndAsync(await node.EnqueueAsync("echo", $"done-{i}"));
        }

        await node.EnqueueAsync("block", "running");
        await executor.NextStartOfAsync("running");
        await node.EnqueueAsync("echo", "waiting");

        var listed = new List<string>();
        string? after = null;
        do
        {
            var page = await node.Queue.ListAsync(new JobFilter { Limit = 2, After = after }).Within();
            listed.AddRange(page.Jobs.Select(job => job.Id.Value));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(["waiting", "running", "done-4", "done-3", "done-2", "done-1", "done-0"], listed);
        var pending = await node.Queue.ListAsync(new JobFilter { Status = JobStatus.Pending }).Within();
        Assert.Equal(["waiting"], pending.Jobs.Select(job => job.Id.Value));
        var ofPipeline = await node.Queue.ListAsync(new JobFilter { Pipeline = "block" }).Within();
        Assert.Equal(["running"], ofPipeline.Jobs.Select(job => job.Id.Value));
        var counts = (await node.Queue.OverviewAsync().Within()).Counts;
        Assert.Equal((5, 1, 1), (counts[JobStatus.Completed], counts[JobStatus.Running], counts[JobStatus.Pending]));
        release.SetResult("{}");
    }

    private sealed class OpaqueException : Exception
    {
        public override string Message => throw new NotSupportedException("no message");

        public override string ToString() => throw new NotSupportedException("no text");
    }

    private static async Task CancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = token.Register(() => cancelled.TrySetResult());
        await cancelled.Task.Within("the pipeline's cancellation");
    }

    private static async Task<JobId> NextJobAsync(TestNode node, ScriptedExecutor executor)
    {
        executor.On("after", _ => Task.FromResult("{}"));
        return await node.EnqueueAsync("after");
    }
}
