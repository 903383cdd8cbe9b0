using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary>What a worker says of its attempts.</summary>
public sealed class WorkerLogTests
{
    [Fact]
    public async Task A_pipeline_that_does_not_compile_is_tried_once_and_its_first_errors_stand_on_lines_of_their_own()
    {
        using var project = new TempProject().WithHello();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1")).AssertDone();
        project.With("hello", "public static class Hello\n{\n" + string.Concat(Enumerable.Range(0, 20).Select(n => $"    public static int F{n}() => missing{n};\n")) + "}\n");

        var said = await Tool.RunAsync(project, "queue", "worker", "start", "--burst");
        var status = (await Tool.RunAsync(project, "queue", "status", "h1")).AssertDone().Out;

        Assert.Equal(ExitCodes.Failed, said.ExitCode);
        var lines = said.Out.TrimEnd('\n').Split('\n')[1..];
        Assert.Equal(7, lines.Length);
        Assert.Contains(" failed hello h1 in ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(
            ", attempt 1 of 4, not tried again: PipelineCompileException: Pipeline 'hello' does not compile: 20 errors.", lines[0], StringComparison.Ordinal);
        Assert.All(lines[1..6], line => Assert.Matches(@"^  \S+hello\.cs\(\d+,\d+\): ", line));
        Assert.Equal("  and 15 more", lines[6]);
        Assert.EndsWith("stopped: 0 jobs completed, 1 failed\n", said.Error, StringComparison.Ordinal);
        Assert.Contains("error     PipelineCompileException: Pipeline 'hello' does not compile: 20 errors.\n", status, StringComparison.Ordinal);
        Assert.Contains("attempts  1 of 4\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nodes_own_exception_has_one_name_in_the_workers_line_and_in_the_jobs_status()
    {
        using var project = new TempProject().With(
            "broken",
            """
            public static class Broken
            {
                public static int Answer() => throw new InvalidOperationException("outer", new FormatException("inner"));
            }
            """,
            "run: { final_vars: [answer], retry: { max_retries: 0 } }");
        await Tool.RunAsync(project, "queue", "enqueue", "broken", "--id", "b1");

        var said = await Tool.RunAsync(project, "queue", "worker", "start", "--burst");
        var error = (await Tool.RunAsync(project, "queue", "status", "b1", "--output", "json")).AssertDone().Json.GetProperty("error");

        Assert.Equal("InvalidOperationException", error.GetProperty("type").GetString());
        Assert.Contains(", attempt 1 of 1: InvalidOperationException: Node 'answer' failed: outer\n", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attempt_that_ran_too_long_timed_out_and_is_said_once()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        await Tool.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}", "--timeout", "200ms", "--max-retries", "0");

        var said = await Tool.RunAsync(project, "queue", "worker", "start", "--burst");

        var line = Assert.Single(said.Out.TrimEnd('\n').Split('\n')[1..]);
        Assert.EndsWith(" timed out gated g1 after 200 ms, attempt 1 of 1", line, StringComparison.Ordinal);
        Assert.Equal("stopped: 0 jobs completed, 1 failed\n", said.Error);
        Assert.Equal(ExitCodes.Failed, said.ExitCode);
    }

    [Fact]
    public async Task Attempts_that_were_handed_back_are_said_to_run_again()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        await Tool.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        var console = new FakeConsole { Folder = project.Root };
        var worker = Tool.RunOn(console, "queue", "worker", "start", "--drain", "0s");
        using var visitor = await gate.ArrivalAsync();

        console.Interrupts.Raise();
        var said = (await worker).AssertDone();

        Assert.Contains(" handed back gated g1 after ", said.Out, StringComparison.Ordinal);
        Assert.EndsWith("stopped: 0 jobs completed, 1 attempt handed back\n", said.Error, StringComparison.Ordinal);
    }
}
