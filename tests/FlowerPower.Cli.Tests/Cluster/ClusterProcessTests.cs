using System.Net;
using System.Text.Json;
using FlowerPower.Cli.Tests.Harness;
using FlowerPower.TestServers;

namespace FlowerPower.Cli.Tests.Cluster;

/// <summary>Nodes as processes of their own, a real redis-server, and commands that reach them over TCP.</summary>
public sealed class ClusterProcessTests : IAsyncLifetime
{
    private RedisServer server = null!;

    public async Task InitializeAsync() => server = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task Two_nodes_share_a_cluster_that_commands_reach_through_either_of_them()
    {
        using var project = new TempProject().WithHello().Write("secret", "0123456789abcdef0123456789abcdef\n").Write("other", "fedcba9876543210fedcba9876543210\n");
        await using var a = await StartAsync(project, "a", "--roles", "queue", "--secret-file", "secret");
        await using var b = await StartAsync(project, "b", "--slots", "2", "--secret-file", "secret");
        await UntilKnownAsync(project, a, 2, "--secret-file", "secret");

        var ran = (await On(project, b, "queue", "run", "hello", "--id", "first", "--secret-file", "secret")).AssertDone();
        var status = (await On(project, a, "queue", "status", "first", "--output", "json", "--secret-file", "secret")).AssertDone();
        var shown = (await On(project, a, "cluster", "show", "--output", "json", "--secret-file", "secret")).AssertDone().Json;
        var shards = (await On(project, b, "cluster", "shards", "--output", "json", "--secret-file", "secret")).AssertDone().Json;
        var metrics = (await On(project, a, "queue", "metrics", "--secret-file", "secret")).AssertDone();
        var stranger = await On(project, a, "queue", "list");
        var mistaken = await On(project, a, "queue", "list", "--secret-file", "other");

        Assert.Equal("greeting         Hello, World!\ngreeting_length  13\n", ran.Out);
        Assert.Equal("completed", status.Json.GetProperty("status").GetString());
        Assert.Equal(
            [("a", "queue", "up", 0), ("b", "queue,worker", "up", 2)],
            shown.GetProperty("members").EnumerateArray().Select(m => (
                m.GetProperty("name").GetString()!,
                string.Join(',', m.GetProperty("roles").EnumerateArray().Select(role => role.GetString())),
                m.GetProperty("status").GetString()!,
                m.GetProperty("slots").GetInt32())));
        Assert.Equal(64, shards.GetProperty("shards").GetArrayLength());
        Assert.All(shards.GetProperty("shards").EnumerateArray(), shard => Assert.Contains(shard.GetProperty("owner").GetString(), new[] { "a", "b" }));
        Assert.StartsWith("Project 'shop', served by the cluster.", metrics.Out, StringComparison.Ordinal);
        Assert.Contains("give both the same cluster secret", stranger.AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("give both the same cluster secret", mistaken.AssertFailed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_while_jobs_run_loses_none_of_them()
    {
        using var gate = new Gate();
        using var project = new TempProject().WithGated();
        await using var a = await StartAsync(project, "a", "--roles", "queue");
        await using var b = await StartAsync(project, "b", "--slots", "1", "--drain", "0s");
        for (var job = 1; job <= 3; job++)
        {
            (await On(project, b, "queue", "enqueue", "gated", "--id", $"g{job}", "--inputs", $"gate={gate.Path}")).AssertDone();
        }

        using var first = await gate.ArrivalAsync();
        b.Tool.Signal(ToolProcess.Terminate);
        await first.GoneAsync();
        Assert.Equal(ExitCodes.Done, await b.Tool.ExitAsync());
        Assert.Contains(b.Tool.Lines, line => line.Contains("1 attempt handed back", StringComparison.Ordinal));
        await using var c = await StartAsync(project, "c", "--slots", "3");
        for (var job = 1; job <= 3; job++)
        {
            using var visitor = await gate.ArrivalAsync();
            await visitor.ReleaseAsync("at last");
        }

        for (var job = 1; job <= 3; job++)
        {
            Assert.Equal("answer  at last\n", (await On(project, a, "queue", "result", $"g{job}", "--wait")).AssertDone().Out);
        }
    }

    [Fact]
    public async Task A_node_leaves_when_a_client_asks_it_to_and_an_unknown_one_is_refused()
    {
        using var project = new TempProject().WithHello();
        await using var a = await StartAsync(project, "a", "--roles", "queue");
        await using var b = await StartAsync(project, "b", "--roles", "worker");
        await UntilKnownAsync(project, a, 2);

        var unknown = await On(project, a, "cluster", "leave", "z");
        (await On(project, a, "cluster", "leave", "b")).AssertDone();

        Assert.Equal("The cluster has no node 'z': it has a or b.", unknown.AssertFailed());
        Assert.Equal(ExitCodes.Done, await b.Tool.ExitAsync());
        var members = (await On(project, a, "cluster", "show", "--output", "json")).AssertDone().Json.GetProperty("members");
        Assert.Equal("a", Assert.Single(members.EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_node_that_hangs_is_declared_dead_and_joins_anew_if_it_lives_after_all()
    {
        using var project = new TempProject().WithHello();
        await using var a = await StartAsync(project, "a", "--roles", "queue");
        var alone = await On(project, a, "cluster", "down", "a");
        await using var b = await StartAsync(project, "b", "--roles", "queue");
        b.Tool.Signal(ToolProcess.Halt);

        var down = (await On(project, a, "cluster", "down", "b")).AssertDone();
        var again = await On(project, a, "cluster", "down", "b");
        var unknown = await On(project, a, "cluster", "down", "z");
        (await On(project, a, "queue", "enqueue", "hello")).AssertDone();
        var shown = (await On(project, a, "cluster", "show", "--all", "--output", "json")).AssertDone().Json;
        b.Tool.Signal(ToolProcess.Continue);

        Assert.Contains("is dead for the cluster: its shards go to other nodes", down.Out, StringComparison.Ordinal);
        Assert.Contains("The node 'b' is dead already, since ", again.AssertFailed(), StringComparison.Ordinal);
        Assert.Equal("The cluster has no node 'z': it has a.", unknown.AssertFailed());
        Assert.Contains("is the only one of the cluster", alone.AssertFailed(), StringComparison.Ordinal);
        Assert.Equal(
            [("a", "up"), ("b", "dead")],
            shown.GetProperty("members").EnumerateArray().Select(m => (m.GetProperty("name").GetString()!, m.GetProperty("status").GetString()!)));
        await b.Tool.LineAsync("The cluster declared this node dead, and it joins anew");
        await b.Tool.LineAsync("Serving cluster 'flowerpower' as b-");
    }

    [Fact]
    public async Task A_job_whose_queue_no_node_serves_is_stored_and_not_waited_for()
    {
        using var project = new TempProject().WithHello();
        await using var a = await StartAsync(project, "a", "--queues", "reports");

        var ran = await On(project, a, "queue", "run", "hello", "--id", "lonely");
        var status = (await On(project, a, "queue", "status", "lonely", "--output", "json")).AssertDone();

        Assert.Contains(
            "no worker serves queue 'default' (the cluster serves only reports), so waiting would be in vain: start a node that does "
            + "(flowerpower node start --roles worker --queues default)",
            ran.AssertFailed(),
            StringComparison.Ordinal);
        Assert.Equal("pending", status.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_node_is_live_while_it_runs_and_ready_while_it_may_serve()
    {
        var port = RedisServer.FreePort();
        using var project = new TempProject().WithHello().Write(
            "node.yml", $"health: 127.0.0.1:{port}\nlease: {{ lease: 2, renew_every: 0.5, guard: 0.3 }}\n");
        await using var a = await StartAsync(project, "a", "--config", "node.yml");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        Assert.Equal((HttpStatusCode.OK, "ready"), await AskAsync("/ready"));
        Assert.Equal((HttpStatusCode.OK, "live"), await AskAsync("/live"));
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("/other")).Code);

        server.Freeze(); // nothing that the node asks is answered
        var began = TimeProvider.System.GetTimestamp();
        while ((await AskAsync("/ready")).Code == HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Tool.Bound);
            await Task.Delay(50); // the endpoint has to be asked
        }

        Assert.True(TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(5), "It was unready before it had been in trouble for 5 s.");
        Assert.Equal((HttpStatusCode.OK, "live"), await AskAsync("/live"));
        server.Thaw();

        async Task<(HttpStatusCode Code, string? Status)> AskAsync(string path)
        {
            using var answer = await http.GetAsync(path);
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            return (answer.StatusCode, body.RootElement.GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task A_second_interrupt_hands_the_running_job_back_at_once_and_another_node_runs_it()
    {
        using var gate = new Gate();
        using var project = new TempProject().WithGated();
        await using var a = await StartAsync(project, "a", "--roles", "queue");
        await using var b = await StartAsync(project, "b", "--slots", "1", "--drain", "1h");
        (await On(project, a, "queue", "enqueue", "gated", "--id", "g", "--inputs", $"gate={gate.Path}")).AssertDone();
        using var first = await gate.ArrivalAsync();

        b.Tool.Signal(ToolProcess.Interrupt);
        await b.Tool.LineAsync("once more hands the jobs back at once");
        b.Tool.Signal(ToolProcess.Interrupt);
        await first.GoneAsync();

        Assert.Equal(ExitCodes.Done, await b.Tool.ExitAsync());
        await using var c = await StartAsync(project, "c", "--roles", "worker");
        using var second = await gate.ArrivalAsync();
        await second.ReleaseAsync("at last");
        Assert.Equal("answer  at last\n", (await On(project, a, "queue", "result", "g", "--wait")).AssertDone().Out);
    }

    [Fact]
    public async Task A_node_has_the_weight_in_its_file_and_another_takes_a_share_of_its_shards()
    {
        using var project = new TempProject().Write("heavy.yml", "weight: 3\nroles: [queue]\n");
        await using var heavy = await StartAsync(project, "heavy", "--config", "heavy.yml");
        await using var light = await StartAsync(project, "light", "--roles", "queue");
        await UntilKnownAsync(project, light, 2);

        Dictionary<string, (int Weight, int Shards)> members;
        var began = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Tool.Bound, "The light node got no shard."); // none moves before it has been where it is for 30 s
            members = (await On(project, light, "cluster", "show", "--output", "json")).AssertDone().Json.GetProperty("members").EnumerateArray()
                .ToDictionary(m => m.GetProperty("name").GetString()!, m => (m.GetProperty("weight").GetInt32(), m.GetProperty("shards").GetInt32()));
        }
        while (members["light"].Shards == 0);

        Assert.Equal((3, 1), (members["heavy"].Weight, members["light"].Weight));
    }

    [Fact]
    public async Task A_node_is_live_and_unready_while_it_stops_and_a_probe_says_why()
    {
        using var gate = new Gate();
        var port = RedisServer.FreePort();
        using var project = new TempProject().WithGated().Write("node.yml", $"health: 127.0.0.1:{port}\n");
        await using var a = await StartAsync(project, "a", "--config", "node.yml", "--slots", "1");
        var before = await Tool.RunAsync(project, "node", "health", "--config", "node.yml");
        (await On(project, a, "queue", "enqueue", "gated", "--id", "g", "--inputs", $"gate={gate.Path}")).AssertDone();
        using var job = await gate.ArrivalAsync();

        a.Tool.Signal(ToolProcess.Terminate);
        await a.Tool.LineAsync("stopping: ");
        var ready = await Tool.RunAsync(project, "node", "health", "ready", "--at", $"127.0.0.1:{port}");
        var live = await Tool.RunAsync(project, "node", "health", "live", "--config", "node.yml", "--output", "json");
        await job.ReleaseAsync("done");
        Assert.Equal(ExitCodes.Done, await a.Tool.ExitAsync());
        var gone = await Tool.RunAsync(project, "node", "health", "live", "--config", "node.yml");

        Assert.Equal("Node a is ready.\n", before.AssertDone().Out);
        Assert.Equal($"Node a at 127.0.0.1:{port} is not ready: the node stops.", ready.AssertFailed());
        Assert.Equal("live", live.AssertDone().Json.GetProperty("status").GetString());
        Assert.StartsWith($"No node answers at 127.0.0.1:{port} (", gone.AssertFailed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_that_cannot_be_meant_or_that_something_else_answers_says_so()
    {
        using var project = new TempProject().Write("node.yml", "redis: redis://localhost\n");

        var silent = await Tool.RunAsync(project, "node", "health", "--config", "node.yml");
        var wrong = await Tool.RunAsync(project, "node", "health", "--at", "here");
        var unknown = await Tool.RunAsync(project, "node", "health", "well");
        var redis = await Tool.RunAsync(project, "node", "health", "--at", $"127.0.0.1:{server.Port}");

        Assert.Equal("node.yml: health is not set: the node answers nowhere. Write health: 127.0.0.1:7711.", silent.AssertFailed(ExitCodes.Usage));
        Assert.Equal("--at must be an address as host:port, such as 127.0.0.1:7711, not 'here'.", wrong.AssertFailed(ExitCodes.Usage));
        Assert.Equal(ExitCodes.Usage, unknown.ExitCode);
        Assert.Equal(ExitCodes.Failed, redis.ExitCode);
    }

    private async Task<NodeProcess> StartAsync(TempProject project, string name, params string[] more)
    {
        var tool = ToolProcess.Start(project, ["node", "start", "--name", name, "--redis", server.Url, "--listen", "127.0.0.1:0", .. more]);
        var line = await tool.LineAsync("Serving cluster 'flowerpower' as ");
        return new NodeProcess(tool, line.Split(" at ")[1].Split(' ')[0]);
    }

    /// <summary>A node that joins is known to the others a moment later.</summary>
    private static async Task UntilKnownAsync(TempProject project, NodeProcess to, int nodes, params string[] more)
    {
        var began = TimeProvider.System.GetTimestamp();
        while ((await On(project, to, ["cluster", "show", "--output", "json", .. more])).AssertDone().Json.GetProperty("members").EnumerateArray()
            .Count(member => member.GetProperty("status").GetString() == "up") < nodes)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Tool.Bound);
        }
    }

    private static Task<Said> On(TempProject project, NodeProcess node, params string[] arguments) =>
        Tool.RunAsync(project, [.. arguments, "--cluster", node.Address]);

    private sealed record NodeProcess(ToolProcess Tool, string Address) : IAsyncDisposable
    {
        /// <summary>At once: what it held ends with the Redis of the test.</summary>
        public ValueTask DisposeAsync()
        {
            Tool.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
