using System.Text;
using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>What a running job says and saves, and what becomes of it.</summary>
public sealed class RunningJobTests
{
    private static readonly RetryPolicy Twice = new() { MaxRetries = 1, Delay = TimeSpan.Zero, JitterFactor = 0 };

    [Fact]
    public async Task A_snoozed_job_holds_no_slot_and_goes_on_when_its_time_has_come()
    {
        var time = new ManualTime();
        var executor = ScriptedExecutor.Echo().On("poll", run => run.Attempt < 3
            ? throw new NodeFailedException("poll", new SnoozeException(TimeSpan.FromMinutes(5)))
            : Task.FromResult($$"""{"attempt":{{run.Attempt}}}"""));
        var ended = new List<AttemptEnd>();
        var node = await TestNode.StartAsync(
            executor, new NodeOptions { WorkerSlots = 1, Time = time, OnAttemptEnded = report => ended.Add(report.End) });
        var id = await node.EnqueueAsync("poll");

        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var snoozed = await UntilAsync(node, id, view => view.Attempts == attempt && view.Status == JobStatus.Scheduled);
            Assert.Equal(snoozed.History[^1].At + TimeSpan.FromMinutes(5), snoozed.DueAt);
            Assert.Equal(0, snoozed.AttemptsThisRound);
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(await node.EnqueueAsync("echo"))).Status); // the slot is free
            var next = UntilAsync(node, id, view => view.Attempts > attempt);
            while (!next.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(100)); // in steps: a timer that is being set meanwhile is set by the time before
                await Task.Yield();
            }

            Assert.True(time.GetUtcNow() >= snoozed.DueAt);
        }

        var job = await node.EndAsync(id);
        await node.StopWhileTimePassesAsync(time);

        Assert.Equal(("{\"attempt\":3}", 3, 1), (Encoding.UTF8.GetString(job.ResultJson.Span), job.Attempts, job.AttemptsThisRound));
        Assert.Equal(2, ended.Count(end => end == AttemptEnd.Snoozed));
    }

    [Fact]
    public async Task A_snoozed_job_that_is_cancelled_does_not_wake()
    {
        var time = new ManualTime();
        var executor = ScriptedExecutor.Echo().On("poll", _ => throw new SnoozeException(TimeSpan.FromMinutes(5)));
        var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1, Time = time });
        var id = await node.EnqueueAsync("poll");
        await UntilAsync(node, id, view => view.Status == JobStatus.Scheduled);

        await node.Queue.CancelAsync(id, "Ada").Within();
        time.Advance(TimeSpan.FromMinutes(10));
        await node.EndAsync(await node.EnqueueAsync("echo"));

        Assert.Equal(1, executor.Starts[id]);
        Assert.Equal(JobStatus.Cancelled, (await node.Queue.FindAsync(id).Within())!.Status);
        await node.StopWhileTimePassesAsync(time);
    }

    [Fact]
    public async Task The_next_attempt_goes_on_from_what_the_one_before_saved()
    {
        var executor = new ScriptedExecutor().On("pages", async run =>
        {
            var page = run.Job.Checkpoint.IsEmpty ? 0 : int.Parse(Encoding.UTF8.GetString(run.Job.Checkpoint.Span), System.Globalization.CultureInfo.InvariantCulture);
            await run.Job.SaveCheckpointAsync(Encoding.UTF8.GetBytes($"{page + 1}"), run.Cancelled);
            return run.Attempt == 1 ? throw new IOException("away") : $$"""{"from":{{page}}}""";
        });
        await using var node = await TestNode.StartAsync(executor);

        var job = await node.EndAsync(await node.EnqueueAsync("pages", change: spec => spec with { Retry = Twice }));

        Assert.Equal("{\"from\":1}", Encoding.UTF8.GetString(job.ResultJson.Span));
    }

    [Fact]
    public async Task A_checkpoint_that_was_acknowledged_outlives_the_process_that_ran_the_job()
    {
        var store = new InMemoryShardStore(4);
        var saved = new TaskCompletionSource();
        var hanging = new TaskCompletionSource<string>();
        var first = await TestNode.StartAsync(
            new ScriptedExecutor().On("job", async run =>
            {
                await run.Job.SaveCheckpointAsync("""{"page":7}"""u8.ToArray(), run.Cancelled);
                saved.SetResult();
                return await hanging.Task;
            }),
            new NodeOptions { WorkerSlots = 1, DrainTimeout = TimeSpan.Zero, HandBackTimeout = TimeSpan.FromMilliseconds(100) },
            store);
        var id = await first.EnqueueAsync("job");
        await saved.Task.Within("the checkpoint");

        // As after a kill: the first node is not asked to stop.
        var second = new ScriptedExecutor().On("job", run => Task.FromResult($$"""{"had":{{Encoding.UTF8.GetString(run.Job.Checkpoint.Span)}}}"""));
        await using var node = await TestNode.StartAsync(second, store: store);
        var job = await node.EndAsync(id);

        Assert.Equal("""{"had":{"page":7}}""", Encoding.UTF8.GetString(job.ResultJson.Span));
        Assert.Equal(2, job.Attempts);
        hanging.SetResult("{}");
        await first.DisposeAsync();
    }

    [Fact]
    public async Task An_attempt_that_was_taken_away_cannot_save_and_is_told_to_stop()
    {
        var outcome = new TaskCompletionSource<Exception?>();
        var go = new TaskCompletionSource();
        var executor = new ScriptedExecutor().On("job", async run =>
        {
            await go.Task;
            outcome.SetResult(await Record.ExceptionAsync(() => run.Job.SaveCheckpointAsync("1"u8.ToArray(), CancellationToken.None)));
            return "{}";
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("job");
        await executor.NextStartAsync();

        await node.Queue.CancelAsync(id, "Ada").Within();
        go.SetResult();

        Assert.IsAssignableFrom<OperationCanceledException>(await outcome.Task.Within("the refusal"));
    }

    [Fact]
    public async Task A_retry_by_hand_keeps_the_checkpoint_unless_it_is_a_fresh_one()
    {
        var seen = new List<string>();
        var executor = new ScriptedExecutor().On("job", async run =>
        {
            seen.Add(Encoding.UTF8.GetString(run.Job.Checkpoint.Span));
            await run.Job.SaveCheckpointAsync(Encoding.UTF8.GetBytes($"{run.Attempt}"), run.Cancelled);
            throw new IOException("away");
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("job");
        await node.EndAsync(id);

        await node.Queue.RetryAsync(id, "Ada").Within();
        await node.EndAsync(id);
        await node.Queue.RetryAsync(id, "Ada", fresh: true).Within();
        await node.EndAsync(id);

        Assert.Equal(["", "1", ""], seen);
    }

    [Fact]
    public async Task A_checkpoint_does_not_take_the_progress_away()
    {
        var release = new TaskCompletionSource<string>();
        var saved = new TaskCompletionSource();
        var executor = new ScriptedExecutor().On("job", async run =>
        {
            run.Progress(new JobProgress(1, 2, "second") { Fraction = 0.25, Text = "page 1 of 4" });
            await run.Job.SaveCheckpointAsync("1"u8.ToArray(), run.Cancelled);
            saved.SetResult();
            return await release.Task;
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("job");
        await saved.Task.Within("the checkpoint");

        var now = await node.Queue.FindAsync(id).Within();
        release.SetResult("{}");

        Assert.Equal(new JobProgress(1, 2, "second") { Fraction = 0.25, Text = "page 1 of 4" }, now!.Progress);
    }

    [Fact]
    public async Task A_job_that_saves_much_and_often_does_not_fill_the_log()
    {
        const int Saves = 200;
        var (saved, release) = (new TaskCompletionSource(), new TaskCompletionSource<string>());
        var big = Encoding.UTF8.GetBytes($"\"{new string('x', 100_000)}");
        var executor = new ScriptedExecutor().On("job", async run =>
        {
            for (var i = 0; i < Saves; i++)
            {
                await run.Job.SaveCheckpointAsync(Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetString(big)}{i}\""), run.Cancelled);
            }

            saved.SetResult();
            return await release.Task;
        });
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = 1, LogEvents = 500 }, new InMemoryShardStore(1));

        var id = await node.EnqueueAsync("job");
        await saved.Task.Within("the last checkpoint"); // when a job ends, its log is not needed any more

        var log = await node.Store.ReadLogAsync(0, after: 0, maxEntries: 1_000, CancellationToken.None);
        release.SetResult("{}");
        Assert.InRange(log.Entries.Sum(entry => entry.Events.Sum(e => (long)e.Payload.Length)), 1, 500 * 4096 * 3 / 2);
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
    }

    [Fact]
    public async Task A_thousand_jobs_that_wait_for_something_outside_run_at_once()
    {
        const int Jobs = 1_000;
        var release = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var executor = new ScriptedExecutor().On("waits", run => release.Task.WaitAsync(run.Cancelled));
        await using var node = await TestNode.StartAsync(executor, new NodeOptions { WorkerSlots = Jobs });
        var ids = (await node.Queue.EnqueueAsync([.. Enumerable.Range(0, Jobs).Select(_ => new EnqueueRequest(TestNode.NewSpec("waits")))]).Within()).Select(r => r.Id).ToList();

        for (var i = 0; i < Jobs; i++)
        {
            await executor.NextStartAsync();
        }

        Assert.Equal(Jobs, (await node.Queue.OverviewAsync().Within()).Counts[JobStatus.Running]);
        release.SetResult("{}");
        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        }
    }

    [Fact]
    public async Task Lines_are_read_while_the_job_runs_and_after_it_has_ended()
    {
        var release = new TaskCompletionSource<string>();
        var executor = new ScriptedExecutor().On("job", async run =>
        {
            run.Job.Log("begins");
            await release.Task;
            run.Job.Log("ends");
            return "{}";
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("job");
        var followed = new List<JobLogLine>();

        await foreach (var line in node.Queue.LogsAsync(id, follow: true))
        {
            followed.Add(line);
            release.TrySetResult("{}");
        }

        var kept = await ReadAsync(node, id);
        Assert.Equal(["begins", "ends"], followed.Select(line => line.Text));
        Assert.Equal(followed, kept);
        Assert.Equal([(1, 1L, 0L), (1, 2L, 0L)], kept.Select(line => (line.Attempt, line.Number, line.DroppedBefore)));
        Assert.Equal(["ends"], await TextsAsync(node.Queue.LogsAsync(id, after: new JobLogPlace(1, 1))));
    }

    [Fact]
    public async Task Lines_of_each_attempt_are_kept_and_those_before_a_crash_of_its_worker_too()
    {
        var release = new TaskCompletionSource<string>();
        var executor = new ScriptedExecutor().On("job", async run =>
        {
            run.Job.Log($"attempt {run.Attempt}");
            return run.Attempt == 1 ? throw new IOException("away") : run.Attempt == 2 ? await release.Task : "{}";
        });
        await using var node = await TestNode.StartAsync(executor);
        var id = await node.EnqueueAsync("job", change: spec => spec with { Retry = Twice });
        await foreach (var line in node.Queue.LogsAsync(id, follow: true))
        {
            if (line.Attempt == 2)
            {
                // The worker dies: nobody but the job's owner knows the lines.
                await node.AskJobAsync<JobReply>(id, new JobCommand.LoseWorker(node.Node.Parts.WorkerId, HandedBack: false));
            }
        }

        Assert.Equal(["attempt 1", "attempt 2", "attempt 3"], await TextsAsync(node.Queue.LogsAsync(id)));
        release.SetResult("{}");
    }

    [Fact]
    public async Task What_a_pipelines_output_checks_warn_of_and_what_its_functions_say_is_in_the_log()
    {
        var root = Directory.CreateTempSubdirectory("flowerpower-running-");
        Directory.CreateDirectory(Path.Combine(root.FullName, "conf"));
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "conf", "project.yml"), "name: test\n");
        var project = FlowerPowerProject.Load(root.FullName);
        project.RegisterPipeline("talk", typeof(Talk));
        await using var node = await TestNode.StartAsync(new ProjectJobExecutor(project));
        var id = await node.EnqueueAsync("talk", "talk-1", spec => spec with { RunConfigJson = """{"final_vars":["level"]}"""u8.ToArray() });

        var job = await node.EndAsync(id);

        Assert.Null(job.Error);
        var lines = await TextsAsync(node.Queue.LogsAsync(id));
        Assert.Equal("attempt 1 of talk-1", lines[0]);
        Assert.StartsWith("warning: level: Its output check failed", lines[1], StringComparison.Ordinal);
        root.Delete(recursive: true);
    }

    public static class Talk
    {
        [CheckOutput(Max = 10)]
        public static double Level(JobContext job)
        {
            job.Log($"attempt {job.Attempt} of {job.JobId}");
            return 11;
        }
    }

    [Fact]
    public async Task A_job_that_logs_without_end_harms_nobody_and_its_last_lines_are_there()
    {
        const int Lines = 200_000;
        var executor = ScriptedExecutor.Echo().On("flood", run =>
        {
            for (var i = 1; i <= Lines; i++)
            {
                run.Job.Log($"line {i} {new string('x', 1_000)}");
            }

            return Task.FromResult("{}");
        });
        await using var node = await TestNode.StartAsync(executor);
        var flood = await node.EnqueueAsync("flood");
        var other = await node.EndAsync(await node.EnqueueAsync("echo"));

        var ended = await node.EndAsync(flood);

        Assert.Equal((JobStatus.Completed, JobStatus.Completed), (other.Status, ended.Status));
        var lines = await ReadAsync(node, flood);
        Assert.Equal(Lines, lines[^1].Number);
        Assert.InRange(lines.Sum(line => (long)line.Text.Length), 1, JobLog.MaxBytes);
        Assert.Equal(Lines, lines.Sum(line => 1 + line.DroppedBefore));
    }

    [Fact]
    public async Task A_job_that_has_waited_for_nothing_has_no_lines_and_one_that_does_not_exist_has_none_either()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 });
        var id = await node.EnqueueAsync("echo");

        Assert.Empty(await ReadAsync(node, id));
        Assert.Empty(await TextsAsync(node.Queue.LogsAsync(JobId.Parse("nobody"), follow: true)));
    }

    private static Task<List<JobLogLine>> ReadAsync(TestNode node, JobId id) => LinesAsync(node.Queue.LogsAsync(id));

    private static async Task<List<string>> TextsAsync(IAsyncEnumerable<JobLogLine> lines) => (await LinesAsync(lines)).ConvertAll(line => line.Text);

    private static async Task<List<JobLogLine>> LinesAsync(IAsyncEnumerable<JobLogLine> lines)
    {
        return await ReadAllAsync().Within("the job's lines");

        async Task<List<JobLogLine>> ReadAllAsync()
        {
            var read = new List<JobLogLine>();
            await foreach (var line in lines)
            {
                read.Add(line);
            }

            return read;
        }
    }

    private static async Task<JobView> UntilAsync(TestNode node, JobId id, Func<JobView, bool> isSo)
    {
        return await LookAsync().Within("the job to be so");

        async Task<JobView> LookAsync()
        {
            await foreach (var view in node.Queue.WatchAsync(id))
            {
                if (isSo(view))
                {
                    return view;
                }
            }

            throw new InvalidOperationException($"Job {id} has ended.");
        }
    }
}
