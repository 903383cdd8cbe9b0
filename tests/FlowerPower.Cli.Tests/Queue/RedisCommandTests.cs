using FlowerPower.Cli.Tests.Harness;
using FlowerPower.TestServers;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary>The queue in a real redis-server, named on the command line or in the project's configuration.</summary>
public sealed class RedisCommandTests : IAsyncLifetime
{
    private RedisServer server = null!;

    public async Task InitializeAsync() => server = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task A_job_runs_and_is_kept_in_the_redis_that_is_named()
    {
        using var project = new TempProject().WithHello();

        var ran = (await Tool.RunAsync(project, "queue", "run", "hello", "--id", "first", "--redis", server.Url)).AssertDone();
        var there = (await Tool.RunAsync(project, "queue", "status", "first", "--redis", server.Url, "--output", "json")).AssertDone();
        var elsewhere = await Tool.RunAsync(project, "queue", "status", "first");

        Assert.Equal("greeting         Hello, World!\ngreeting_length  13\n", ran.Out);
        Assert.Equal("completed", there.Json.GetProperty("status").GetString());
        Assert.Equal(ExitCodes.Failed, elsewhere.ExitCode); // the project's own database knows nothing of it
    }

    [Fact]
    public async Task The_projects_configuration_names_it_too_and_its_name_keeps_projects_apart()
    {
        using var project = new TempProject().WithHello();
        project.Write("conf/project.yml", $"name: shop\njob_queue:\n  backend:\n    type: redis\n    host: 127.0.0.1\n    port: {server.Port}\n");

        (await Tool.RunAsync(project, "queue", "run", "hello", "--id", "first")).AssertDone();

        Assert.Equal(":1\r\n", await server.CommandAsync("EXISTS", "{shop}:store"));
        Assert.False(File.Exists(project.Database));
    }

    [Fact]
    public async Task A_job_enqueued_in_one_process_is_run_by_a_worker_in_another_and_survives_its_kill()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--redis", server.Url);
        await worker.LineAsync("Serving");
        await ToolProcess.RunAsync(project, "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}", "--redis", server.Url);
        using (var first = await gate.ArrivalAsync())
        {
            worker.Signal(ToolProcess.Kill);
            await worker.ExitAsync();
            await first.GoneAsync();
        }

        // The dead worker's lease has not ended yet, but whoever takes its place on this machine knows that it is dead.
        using var next = ToolProcess.Start(project, "queue", "worker", "start", "--redis", server.Url);
        await next.LineAsync("Serving");
        using var second = await gate.ArrivalAsync();
        await second.ReleaseAsync("forty-two");
        var result = await ToolProcess.RunAsync(project, "queue", "result", "g1", "--wait", "--redis", server.Url);
        var stopped = await ToolProcess.RunAsync(project, "queue", "worker", "stop", "--redis", server.Url);

        Assert.Equal((ExitCodes.Done, ExitCodes.Done), (result.ExitCode, stopped.ExitCode));
        Assert.Contains("out: answer  forty-two", result.Lines);
        Assert.Equal(ExitCodes.Done, await next.ExitAsync());
    }

    [Fact]
    public async Task What_is_suggested_next_means_the_same_store()
    {
        using var project = new TempProject().WithHello();

        var stored = (await Tool.RunIn(Path.GetTempPath(), "queue", "enqueue", "hello", "--id", "h1", "--project", project.Root, "--redis", server.Url)).AssertDone();
        var worker = stored.Error.Split('\n').Single(line => line.Contains("runs with flowerpower ", StringComparison.Ordinal)).Split("runs with flowerpower ")[1];
        (await Tool.RunIn(Path.GetTempPath(), [.. worker.Split(' '), "--burst"])).AssertDone();
        var status = (await Tool.RunAsync(project, "queue", "status", "h1", "--redis", server.Url)).AssertDone();
        var result = status.Out.Split('\n').Single(line => line.StartsWith("result", StringComparison.Ordinal)).Split("flowerpower ")[1];

        Assert.Contains("Hello, World!", (await Tool.RunAsync(project, result.Split(' '))).AssertDone().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_is_found_however_its_machine_is_written()
    {
        using var project = new TempProject().WithHello();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--redis", $"redis://127.0.0.1:{server.Port}");
        Assert.Contains($"(jobs in redis://127.0.0.1:{server.Port})", await worker.LineAsync("Serving"), StringComparison.Ordinal);

        var ran = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--wait", "--redis", $"redis://localhost:{server.Port}")).AssertDone();

        Assert.Contains("Hello, World!", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_the_server_does_not_have_is_named_with_how_many_there_are()
    {
        using var project = new TempProject().WithHello();

        var problem = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--redis", $"{server.Url}/16")).AssertFailed();
        var last = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--redis", $"{server.Url}/15");

        Assert.Equal(
            $"Redis at 127.0.0.1:{server.Port} has no database 16: it has 16, numbered from 0. Correct the number at the end of its address.", problem);
        last.AssertDone();
    }

    [Fact]
    public async Task Stopping_a_worker_of_another_folder_says_who_serves_the_store()
    {
        using var project = new TempProject().WithHello();
        using var copy = new TempProject().WithHello();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--redis", server.Url);
        await worker.LineAsync("Serving");

        var problem = (await Tool.RunAsync(copy, "queue", "worker", "stop", "--redis", server.Url)).AssertFailed();
        worker.Signal(ToolProcess.Interrupt);
        await worker.ExitAsync();
        var after = (await Tool.RunAsync(copy, "queue", "worker", "stop", "--redis", server.Url)).AssertDone();

        Assert.StartsWith(
            $"Nobody serves project 'shop' from this folder, but the store 'shop' in Redis at 127.0.0.1:{server.Port} is served by "
            + "flowerpower queue worker start (process ", problem, StringComparison.Ordinal);
        Assert.EndsWith($" on {Environment.MachineName}): stop it there, in the folder that it was started in.", problem, StringComparison.Ordinal);
        Assert.Equal("No worker is running for project 'shop'.\n", after.Out);
    }

    [Fact]
    public async Task A_frozen_Redis_is_named_to_whoever_enqueues_through_its_worker()
    {
        using var project = new TempProject().WithHello();
        using var worker = ToolProcess.Start(project, "queue", "worker", "start", "--redis", server.Url);
        await worker.LineAsync("Serving");
        server.Freeze();

        var said = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1", "--redis", server.Url);
        server.Thaw();

        Assert.Contains($"Redis at 127.0.0.1:{server.Port} did not answer in time", said.AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("safe to repeat with the same job id", said.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost", ExitCodes.Usage, "does not begin with redis://")]
    [InlineData("redis://127.0.0.1:1", ExitCodes.Failed, "127.0.0.1:1 cannot be reached")]
    [InlineData("redis://:what?now@127.0.0.1", ExitCodes.Usage, "a password must be percent-encoded")]
    public async Task An_address_that_cannot_be_used_is_one_sentence_with_the_remedy(string address, int exitCode, string words)
    {
        using var project = new TempProject().WithHello();

        var said = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--redis", address);

        Assert.Equal(exitCode, said.ExitCode);
        Assert.Contains(words, said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said.Error, StringComparison.Ordinal);
        Assert.Empty(said.Out);
    }
}
