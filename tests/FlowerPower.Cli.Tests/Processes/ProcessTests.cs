using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Processes;

/// <summary>The built tool, as people use it: several processes on one project.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task A_worker_in_one_process_runs_what_another_enqueues_and_a_third_gets_the_result()
    {
        using var project = new TempProject().WithHello();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--count", "2");
        await worker.LineAsync("Serving project 'shop' with 2 worker slots");

        var enqueued = await ToolProcess.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1", "--inputs", "name=Ada");
        var result = await ToolProcess.RunAsync(project, "queue", "result", "h1", "--wait");
        var waited = await ToolProcess.RunAsync(project, "queue", "run", "hello", "--inputs", "name=Bob", "-o", "greeting", "--output", "json");

        Assert.Equal(ExitCodes.Done, enqueued.ExitCode);
        Assert.Contains("out: h1", enqueued.Lines);
        Assert.Contains("out: greeting         Hello, Ada!", result.Lines);
        Assert.Contains("out:   \"greeting\": \"Hello, Bob!\"", waited.Lines);
        await worker.LineAsync("completed hello h1 in ");
        var later = await ToolProcess.RunAsync(project, "queue", "enqueue", "hello", "--run-in", "1h");
        Assert.Contains(later.Lines, line => line.Contains(") has it: 2 worker slots", StringComparison.Ordinal));

        var second = await ToolProcess.RunAsync(project, "queue", "worker", "start");
        Assert.Equal(ExitCodes.Failed, second.ExitCode);
        Assert.Contains(second.Lines, line => line.StartsWith("err: error: Project 'shop' has a node already: process ", StringComparison.Ordinal));

        var stopped = await ToolProcess.RunAsync(project, "queue", "worker", "stop");
        Assert.Contains(stopped.Lines, line => line.Contains("has stopped serving project 'shop'", StringComparison.Ordinal));
        Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
        Assert.Contains("err: stopped: 2 jobs completed", worker.Lines);
    }

    [Fact]
    public async Task A_job_whose_worker_was_killed_is_finished_by_the_next_one()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start");
        await worker.LineAsync("Serving");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        using (var first = await gate.ArrivalAsync())
        {
            worker.Signal(ToolProcess.Kill);
            await worker.ExitAsync();
            await first.GoneAsync();
        }

        using var next = ToolProcess.Start(project, "queue", "worker", "start", "--burst");
        using var second = await gate.ArrivalAsync();
        await second.ReleaseAsync("forty-two");

        Assert.Equal(ExitCodes.Done, await next.ExitAsync());
        var job = (await Tool.RunAsync(project, "queue", "status", "g1", "--output", "json")).AssertDone().Json;
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal(2, job.GetProperty("attempts").GetInt32());
        Assert.Equal("answer  forty-two\n", (await Tool.RunAsync(project, "queue", "result", "g1")).AssertDone().Out);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_terminate_finishes_what_runs_and_takes_nothing_new()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--count", "1");
        await worker.LineAsync("Serving");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "gated", "--id", "g2", "--inputs", $"gate={gate.Path}");
        using var visitor = await gate.ArrivalAsync();

        worker.Signal(ToolProcess.Terminate);
        await worker.LineAsync("stopping: 1 running job may take");
        await visitor.ReleaseAsync("done in time");

        Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
        Assert.Equal("answer  done in time\n", (await Tool.RunAsync(project, "queue", "result", "g1")).AssertDone().Out);
        Assert.Equal("pending", (await Tool.RunAsync(project, "queue", "status", "g2", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_worker_whose_patience_ends_hands_the_job_back()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--drain", "0s");
        await worker.LineAsync("Serving");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        using var visitor = await gate.ArrivalAsync();

        worker.Signal(ToolProcess.Terminate);

        Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
        await visitor.GoneAsync();
        Assert.Equal("pending", (await Tool.RunAsync(project, "queue", "status", "g1", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_was_enqueued_without_a_node_is_picked_up_by_the_worker_that_comes()
    {
        using var project = new TempProject().WithHello();
        var enqueued = await ToolProcess.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1");
        Assert.Contains(enqueued.Lines, line => line.Contains("flowerpower queue worker start", StringComparison.Ordinal));

        using var worker = ToolProcess.Start(project, "queue", "worker", "start");
        await worker.LineAsync("completed hello h1 in ");
        worker.Signal(ToolProcess.Interrupt);

        Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
    }

    [Fact]
    public async Task Interrupting_the_built_tool_ends_with_130()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        using var run = ToolProcess.Start(project, "queue", "run", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        using var visitor = await gate.ArrivalAsync();

        run.Signal(ToolProcess.Interrupt);

        Assert.Equal(ExitCodes.Interrupted, await run.ExitAsync());
        await visitor.GoneAsync();
    }

    [Fact]
    public async Task A_job_that_kills_its_process_does_not_kill_the_run_of_another()
    {
        using var project = new TempProject().WithHello().With(
            "killer",
            """
            public static class Killer
            {
                public static int Answer() { Environment.Exit(66); return 0; }
            }
            """,
            "run: { final_vars: [answer] }");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "killer", "--id", "k1", "--priority", "high");

        var run = await ToolProcess.RunAsync(project, "queue", "run", "hello");

        Assert.Equal(ExitCodes.Done, run.ExitCode);
        var killer = (await Tool.RunAsync(project, "queue", "status", "k1", "--output", "json")).AssertDone().Json;
        Assert.Equal("pending", killer.GetProperty("status").GetString());
        Assert.Equal(0, killer.GetProperty("attempts").GetInt32());
        Assert.Single(killer.GetProperty("history").EnumerateArray());
    }

    [Fact]
    public async Task Runs_on_one_project_without_a_worker_take_turns()
    {
        using var project = new TempProject().WithHello().WithGated();
        using var gate = new Gate();
        using var first = ToolProcess.Start(project, "queue", "run", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        using var visitor = await gate.ArrivalAsync();

        using var second = ToolProcess.Start(project, "queue", "run", "hello", "--id", "h1");
        await second.LineAsync("holds the project until its own jobs have ended");
        var waiting = (await ToolProcess.RunAsync(project, "queue", "result", "h1", "--wait")).Lines;
        await visitor.ReleaseAsync("done");

        Assert.Equal(ExitCodes.Done, await first.ExitAsync());
        Assert.Equal(ExitCodes.Done, await second.ExitAsync());
        Assert.Contains(waiting, line => line.Contains("no worker is running that would end it", StringComparison.Ordinal));
        Assert.Equal("completed", (await Tool.RunAsync(project, "queue", "status", "h1", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Who_waits_for_a_result_outlives_a_killed_worker_and_a_stopped_one()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        using var killed = ToolProcess.Start(project, "queue", "worker", "start");
        await killed.LineAsync("Serving");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        using var waiting = ToolProcess.Start(project, "queue", "result", "g1", "--wait");
        using (var first = await gate.ArrivalAsync())
        {
            await waiting.LineAsync("job g1: running");
            killed.Signal(ToolProcess.Kill);
            await waiting.LineAsync("has gone away. Job g1 is stored; waiting for the next node.");
        }

        // The next one finishes the job, but only when it is stopping already, and its socket is closed.
        using var worker = ToolProcess.Start(project, "queue", "worker", "start");
        using var second = await gate.ArrivalAsync();
        await waiting.LineAsync("job g1: running (attempt 1 of 4, 2 in all)");
        worker.Signal(ToolProcess.Terminate);
        await worker.LineAsync("stopping: 1 running job may take");
        await second.ReleaseAsync("at last");

        Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
        Assert.Equal(ExitCodes.Done, await waiting.ExitAsync());
        Assert.Contains("out: answer  at last", waiting.Lines);
    }

    [Fact]
    public async Task Commands_that_hold_the_store_for_a_moment_do_not_get_into_each_others_way()
    {
        using var project = new TempProject().WithHello();
        await ToolProcess.RunAsync(project, "queue", "enqueue", "hello", "--id", "j0");

        using var worker = ToolProcess.Start(project, "queue", "worker", "start");
        var all = await Task.WhenAll(Enumerable.Range(1, 6).Select(n => ToolProcess.RunAsync(project, "queue", "enqueue", "hello", "--id", $"j{n}")));

        Assert.All(all, one => Assert.True(one.ExitCode == ExitCodes.Done, string.Join('\n', one.Lines)));
        await worker.LineAsync("Serving");
        worker.Signal(ToolProcess.Terminate);
        Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst")).AssertDone();
        Assert.Equal(7, (await Tool.RunAsync(project, "queue", "metrics", "--output", "json")).AssertDone().Json.GetProperty("counts").GetProperty("completed").GetInt32());
    }
}
