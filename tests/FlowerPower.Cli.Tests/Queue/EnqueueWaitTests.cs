using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary>What enqueueing says and does when nobody will run the job, or not soon.</summary>
public sealed class EnqueueWaitTests
{
    [Fact]
    public async Task A_queue_that_no_worker_serves_is_named_with_what_to_type()
    {
        using var project = new TempProject().WithHello();
        await using var worker = await Worker.StartAsync(project, "--queues", "default,reports");

        var said = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "n1", "--queue", "nobody")).AssertDone();
        var served = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "r1", "--queue", "reports")).AssertDone();

        Assert.Equal("n1\n", said.Out);
        Assert.Contains("no worker serves queue 'nobody' (node ", said.Error, StringComparison.Ordinal);
        Assert.Contains(
            " serves only default, reports): it is stored, and runs after flowerpower queue worker stop and "
            + "flowerpower queue worker start --queues default,reports,nobody\n", said.Error, StringComparison.Ordinal);
        Assert.Contains(" has it: ", served.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("enqueue", "--wait")]
    [InlineData("run", "--log-level=info")]
    public async Task Waiting_for_a_job_of_such_a_queue_is_refused_at_once(string command, string option)
    {
        using var project = new TempProject().WithHello();
        await using var worker = await Worker.StartAsync(project, "--queues", "default");

        var said = await Tool.RunAsync(project, "queue", command, "hello", "--id", "n1", "--queue", "nobody", option);

        Assert.Equal(ExitCodes.Failed, said.ExitCode);
        Assert.Contains("Job n1 is pending, and no worker serves queue 'nobody' (node ", Assert.Single(said.Problems), StringComparison.Ordinal);
        Assert.EndsWith(
            "waiting would be in vain: flowerpower queue worker stop, in another terminal flowerpower queue worker start --queues default,nobody, "
            + "then flowerpower queue result n1 --wait.", said.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_is_over_leaves_the_job_in_the_queue_and_prints_its_id()
    {
        using var project = new TempProject().WithHello();
        await using var worker = await Worker.StartAsync(project);

        var said = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1", "--run-in", "1h", "--wait", "--wait-timeout", "10ms");

        Assert.Equal((ExitCodes.Failed, "h1\n"), (said.ExitCode, said.Out));
        Assert.Equal("error: Job h1 has not ended within 10 ms; it goes on: flowerpower queue result h1 --wait.", Assert.Single(said.Problems));
        var job = (await Tool.RunAsync(project, "queue", "status", "h1", "--output", "json")).AssertDone().Json;
        Assert.Equal("scheduled", job.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_wait_without_a_worker_prints_the_id_and_how_to_go_on()
    {
        using var project = new TempProject().WithHello();

        var text = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1", "--wait");
        var json = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1", "--wait", "--output", "json");

        Assert.Equal((ExitCodes.Failed, "h1\n"), (text.ExitCode, text.Out));
        Assert.EndsWith(
            "start one in another terminal with flowerpower queue worker start, then flowerpower queue result h1 --wait.",
            Assert.Single(text.Problems), StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Failed, "h1"), (json.ExitCode, json.Json.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_bound_for_a_wait_needs_a_wait()
    {
        using var project = new TempProject().WithHello();

        var said = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--wait-timeout", "5m");

        Assert.Equal("--wait-timeout limits a wait: give --wait with it.", said.AssertFailed(ExitCodes.Usage));
    }

    /// <summary>A worker of this process that serves until the test's end.</summary>
    private sealed class Worker(FakeConsole console, Task<Said> running) : IAsyncDisposable
    {
        public static async Task<Worker> StartAsync(TempProject project, params string[] options)
        {
            var serving = new LineAwaited("Serving project");
            var console = new FakeConsole { Folder = project.Root, Out = serving };
            var running = Tool.RunOn(console, ["queue", "worker", "start", "--count", "1", .. options]);
            await serving.Said.WaitAsync(Tool.Bound);
            return new Worker(console, running);
        }

        public async ValueTask DisposeAsync()
        {
            console.Interrupts.Raise();
            (await running).AssertDone();
        }
    }

    /// <summary>Tells when some words have been written.</summary>
    private sealed class LineAwaited(string words) : StringWriter
    {
        private readonly TaskCompletionSource said = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Said => said.Task;

        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(words, StringComparison.Ordinal) == true)
            {
                said.TrySetResult();
            }
        }
    }
}
