using System.Text.Json;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary>What a running job says and saves, by the command line.</summary>
public sealed class RunningJobCommandTests
{
    private const string Code = """
        using System.Net.Sockets;

        public static class Talking
        {
            public static int Said(JobContext job, int lines)
            {
                for (var i = 1; i <= lines; i++)
                {
                    job.Log($"line {i}");
                }

                return lines;
            }

            public static int Pages(JobContext job)
            {
                var page = job.Checkpoint<int>();
                job.Log($"goes on at page {page}");
                job.SaveCheckpoint(page + 1);
                return page > 0 ? page : throw new IOException("away");
            }

            public static string Patient(JobContext job)
            {
                if (job.Attempt == 1)
                {
                    job.Snooze(TimeSpan.FromMilliseconds(50));
                }

                return $"attempt {job.Attempt}";
            }

            public static async Task<string> Reported(JobContext job, string gate, CancellationToken stop)
            {
                job.Log("at the gate");
                job.Report(0.42, "page 7 of 20");
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(gate), stop);
                await socket.ReceiveAsync(new byte[8], stop);
                return "done";
            }
        }
        """;

    private static TempProject Project() => new TempProject().With("talk", Code, "run:\n  inputs: { lines: 3 }\n  final_vars: [said]\n  retry: { max_retries: 0 }\n");

    [Fact]
    public async Task The_lines_of_an_ended_job_are_shown_for_people_and_for_scripts()
    {
        using var project = Project();
        (await Tool.RunAsync(project, "queue", "run", "talk", "--id", "one")).AssertDone();

        var text = (await Tool.RunAsync(project, "queue", "logs", "talk")).AssertDone();
        var json = (await Tool.RunAsync(project, "queue", "logs", "id=one", "--output", "json")).AssertDone().Json;
        var followed = (await Tool.RunAsync(project, "queue", "logs", "one", "--follow", "--output", "json")).AssertDone();

        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3}  line 1\n\S+  line 2\n\S+  line 3\n$", text.Out);
        Assert.Equal("one", json.GetProperty("id").GetString());
        var lines = json.GetProperty("lines").EnumerateArray().ToList();
        Assert.Equal(["attempt", "number", "at", "text", "droppedBefore"], lines[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["line 1", "line 2", "line 3"], lines.Select(line => line.GetProperty("text").GetString()));
        Assert.Equal(
            ["line 1", "line 2", "line 3"],
            followed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Of_a_job_that_wrote_more_than_is_kept_the_reader_hears_how_much_is_missing()
    {
        using var project = Project();
        (await Tool.RunAsync(project, "queue", "run", "talk", "--inputs", "lines=1284")).AssertDone();

        var said = (await Tool.RunAsync(project, "queue", "logs", "talk")).AssertDone();

        Assert.StartsWith("… 1,234 lines dropped\n", said.Out, StringComparison.Ordinal);
        Assert.EndsWith("  line 1284\n", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_goes_on_from_the_checkpoint_and_a_fresh_one_does_not()
    {
        using var project = Project();
        await Tool.RunAsync(project, "queue", "run", "talk", "-o", "pages", "--id", "kept");
        await Tool.RunAsync(project, "queue", "run", "talk", "-o", "pages", "--id", "fresh");

        (await Tool.RunAsync(project, "queue", "retry", "kept")).AssertDone();
        (await Tool.RunAsync(project, "queue", "retry", "fresh", "--fresh")).AssertDone();
        await Tool.RunAsync(project, "queue", "worker", "start", "--burst", "--quiet");

        Assert.Equal(1, (await Tool.RunAsync(project, "queue", "result", "kept", "--output", "json")).AssertDone().Json.GetProperty("pages").GetInt32());
        (await Tool.RunAsync(project, "queue", "result", "fresh")).AssertFailed();
        var log = (await Tool.RunAsync(project, "queue", "logs", "kept")).AssertDone();
        Assert.Matches(@"^\S+  goes on at page 0\nattempt 2\n\S+  goes on at page 1\n$", log.Out);
    }

    [Fact]
    public async Task A_job_that_snoozes_is_scheduled_and_completes_without_a_retry()
    {
        using var project = Project();

        var said = (await Tool.RunAsync(project, "queue", "run", "talk", "-o", "patient", "--id", "one")).AssertDone();

        Assert.Equal("patient  attempt 2\n", said.Out);
        var job = (await Tool.RunAsync(project, "queue", "status", "one", "--output", "json")).AssertDone().Json;
        Assert.Equal((2, 1), (job.GetProperty("attempts").GetInt32(), job.GetProperty("attemptsThisRound").GetInt32()));
        Assert.Contains("snoozed", job.GetProperty("history").EnumerateArray().Select(step => step.GetProperty("note").GetString()));
    }

    [Fact]
    public async Task Without_a_queue_lines_go_to_standard_error_and_a_snooze_is_a_wait()
    {
        using var project = Project();

        var said = (await Tool.RunAsync(project, "pipeline", "run", "talk", "-o", "said,patient", "--output", "json")).AssertDone();

        Assert.Equal("attempt 2", said.Json.GetProperty("patient").GetString());
        Assert.Contains("line 1\nline 2\nline 3\n", said.Error, StringComparison.Ordinal);
        Assert.Contains("warning: patient: It snoozes, so the run waits 0.05 s and begins anew.", said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_a_job_that_nobody_runs_is_refused_and_its_lines_so_far_are_not()
    {
        using var project = Project();
        (await Tool.RunAsync(project, "queue", "enqueue", "talk", "--id", "one")).AssertDone();

        Assert.Contains("no worker is running", (await Tool.RunAsync(project, "queue", "logs", "one", "--follow")).AssertFailed(), StringComparison.Ordinal);
        Assert.Equal("", (await Tool.RunAsync(project, "queue", "logs", "one")).AssertDone().Out);
        Assert.Contains("nobody", (await Tool.RunAsync(project, "queue", "logs", "id=nobody")).AssertFailed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_changes_of_a_served_project_are_shown_until_somebody_interrupts_it()
    {
        using var project = new TempProject().WithHello();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--count", "1");
        await worker.LineAsync("Serving");
        using var watch = ToolProcess.Start(project, "queue", "watch", "--all", "--pipeline", "hello");
        await watch.LineAsync("watching all jobs");

        var seen = watch.LineAsync("completed  hello ");
        while (!seen.IsCompleted)
        {
            (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--wait")).AssertDone(); // the first may end before the watch has begun
        }

        Assert.StartsWith("out: ", await seen, StringComparison.Ordinal);
        watch.Signal(ToolProcess.Interrupt);
        Assert.Equal(ExitCodes.Interrupted, await watch.ExitAsync());
        worker.Signal(ToolProcess.Terminate);
        await worker.ExitAsync();
    }

    [Fact]
    public async Task What_can_be_watched_is_said_to_whoever_asks_for_something_else()
    {
        using var project = new TempProject().WithHello();

        Assert.Contains("Nobody serves the project", (await Tool.RunAsync(project, "queue", "watch", "--all")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("--all", (await Tool.RunAsync(project, "queue", "watch")).AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
        Assert.Contains("--all", (await Tool.RunAsync(project, "queue", "watch", "hello", "--all")).AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
        Assert.Contains("--all", (await Tool.RunAsync(project, "queue", "watch", "hello", "--queue", "x")).AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_job_reports_and_writes_is_shown_while_it_runs()
    {
        using var project = Project();
        using var gate = new Gate();
        using var run = ToolProcess.Start(project, "queue", "run", "talk", "-o", "reported", "--id", "one", "--inputs", $"gate={gate.Path}");
        using var job = await gate.ArrivalAsync();
        await run.LineAsync("job one: running, 42 %: page 7 of 20");

        using var logs = ToolProcess.Start(project, "queue", "logs", "one", "--follow");
        await logs.LineAsync("at the gate");
        var status = (await Tool.RunAsync(project, "queue", "status", "one", "--output", "json")).AssertDone().Json.GetProperty("progress");
        await job.ReleaseAsync("go");

        Assert.Equal(("reported", 0.42, "page 7 of 20"), (
            status.GetProperty("currentNode").GetString(), status.GetProperty("fraction").GetDouble(), status.GetProperty("text").GetString()));
        Assert.Equal(ExitCodes.Done, await run.ExitAsync());
        Assert.Equal(ExitCodes.Done, await logs.ExitAsync());
    }
}
