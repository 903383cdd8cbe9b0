using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

public sealed class WorkerCommandTests
{
    [Fact]
    public async Task A_burst_does_what_there_is_to_do_and_ends()
    {
        using var project = new TempProject().WithHello().WithFailing();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1");
        await Tool.RunAsync(project, "queue", "enqueue", "broken", "--id", "b1");
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "later", "--run-in", "1h");

        var said = await Tool.RunAsync(project, "queue", "worker", "start", "--burst", "--count", "2");

        Assert.Equal(ExitCodes.Failed, said.ExitCode); // so that a script does not go on as if all were well
        Assert.StartsWith("Serving project 'shop' with 2 worker slots for all queues, in process ", said.Out, StringComparison.Ordinal);
        Assert.Contains(" completed hello h1 in ", said.Out, StringComparison.Ordinal);
        Assert.Contains(", attempt 1 of 1: InvalidOperationException: Node 'answer' failed: nobody knows why", said.Out, StringComparison.Ordinal);
        Assert.Equal("stopped: 1 job completed, 1 failed\n", said.Error);
        Assert.Equal("scheduled", (await Tool.RunAsync(project, "queue", "status", "later", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("default,a b")]
    public async Task A_worker_for_no_queue_or_one_that_cannot_be_is_refused(string queues)
    {
        using var project = new TempProject();

        var said = await Tool.RunAsync(project, "queue", "worker", "start", "--burst", "--queues", queues);

        Assert.Equal(ExitCodes.Usage, said.ExitCode);
        Assert.Contains("--queues must be names without spaces", said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_of_one_queue_leave_the_others_alone()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "r1", "--queue", "reports");
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "d1");

        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst", "--queues", "reports", "--quiet")).AssertDone();

        Assert.Equal("completed", await StatusAsync("r1"));
        Assert.Equal("pending", await StatusAsync("d1"));

        async Task<string?> StatusAsync(string id) =>
            (await Tool.RunAsync(project, "queue", "status", id, "--output", "json")).AssertDone().Json.GetProperty("status").GetString();
    }

    [Fact]
    public async Task Stopping_what_does_not_run_is_done_already()
    {
        using var project = new TempProject().WithHello();

        var text = (await Tool.RunAsync(project, "queue", "worker", "stop")).AssertDone();
        var json = (await Tool.RunAsync(project, "queue", "worker", "stop", "--output", "json")).AssertDone().Json;

        Assert.Equal("No worker is running for project 'shop'.\n", text.Out);
        Assert.False(json.GetProperty("stopped").GetBoolean());
    }

    [Fact]
    public async Task A_second_interrupt_hands_running_jobs_back_at_once()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        await Tool.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        var console = new FakeConsole { Folder = project.Root };
        var worker = Tool.RunOn(console, "queue", "worker", "start", "--drain", "1h");
        using var visitor = await gate.ArrivalAsync();

        console.Interrupts.Raise();
        console.Interrupts.Raise();
        var said = await worker;

        Assert.Equal(ExitCodes.Interrupted, said.ExitCode);
        await visitor.GoneAsync();
        Assert.Equal("pending", (await Tool.RunAsync(project, "queue", "status", "g1", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }
}
