using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Node.Tests.Local;

public sealed class LocalSocketTests : IAsyncDisposable
{
    private readonly string path = LocalAddress.SocketPath(Directory.CreateTempSubdirectory("fp-").FullName);

    [Fact]
    public async Task Another_process_can_do_all_that_the_node_can()
    {
        var release = new TaskCompletionSource<string>();
        var executor = ScriptedExecutor.Echo().On("block", run =>
        {
            run.Progress(new JobProgress(1, 3, "node"));
            return release.Task;
        });
        await using var node = await TestNode.StartAsync(executor);
        await using var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", () => { });
        await using var client = await ConnectAsync();

        var spec = TestNode.NewSpec("echo", "one") with
        {
            RunConfigJson = """{"inputs":{"a":[1,2.5,"x",null]}}"""u8.ToArray(),
            Tags = ["t"],
            Metadata = new Dictionary<string, string> { ["k"] = "v" },
            Timeout = TimeSpan.FromMinutes(5),
        };
        var receipts = await client.EnqueueAsync([new EnqueueRequest(spec)]).Within();
        var job = await client.WaitAsync(spec.Id).Within();
        var found = await client.FindAsync(spec.Id).Within();
        await client.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("block", "two"))]).Within();
        var watched = new List<JobView>();
        await foreach (var view in client.WatchAsync(JobId.Parse("two")))
        {
            watched.Add(view);
            if (view.Progress is not null)
            {
                release.TrySetResult("{}");
            }
        }

        var page = await client.ListAsync(new JobFilter { Limit = 1 }).Within();
        var refused = await client.CancelAsync(spec.Id, "Ada").Within();
        var overview = await client.OverviewAsync().Within();

        Assert.True(receipts[0].Created);
        Assert.Equal("""{"id":"one"}""", Encoding.UTF8.GetString(job!.ResultJson.Span));
        Assert.Equal(["t"], found!.Tags);
        Assert.Equal("v", found.Metadata["k"]);
        Assert.Equal(3, found.History.Count);
        Assert.Equal(JobStatus.Completed, watched[^1].Status);
        Assert.Contains(watched, view => view.Progress is { NodesTotal: 3 });
        Assert.Equal(["two"], page.Jobs.Select(j => j.Id.Value));
        Assert.NotNull(page.Next);
        Assert.Equal(Refusal.AlreadyFinished, refused.Refusal);
        Assert.Equal(2, overview.Counts[JobStatus.Completed]);
        Assert.Equal(spec.RunConfigJson.ToArray(), executor.LastSpec("one").RunConfigJson.ToArray());
        Assert.Null(await client.FindAsync(JobId.Parse("nobody")).Within());
    }

    [Fact]
    public async Task Another_process_follows_a_jobs_lines_and_lets_it_run_again_from_the_beginning()
    {
        var release = new TaskCompletionSource();
        var executor = new ScriptedExecutor().On("talk", async run =>
        {
            run.Job.Log($"had {run.Job.Checkpoint.Length} bytes");
            await run.Job.SaveCheckpointAsync("1"u8.ToArray(), run.Cancelled);
            await release.Task;
            run.Job.Log("ends");
            throw new IOException("away");
        });
        await using var node = await TestNode.StartAsync(executor);
        await using var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", () => { });
        await using var client = await ConnectAsync();
        var id = await node.EnqueueAsync("talk");

        var followed = new List<JobLogLine>();
        await foreach (var line in client.LogsAsync(id, follow: true))
        {
            followed.Add(line);
            release.TrySetResult();
        }

        await client.RetryAsync(id, "Ada", fresh: true).Within();
        await client.WaitAsync(id).Within();
        var kept = new List<JobLogLine>();
        await foreach (var line in client.LogsAsync(id, after: JobLogPlace.Of(followed[0])))
        {
            kept.Add(line);
        }

        Assert.Equal(["had 0 bytes", "ends"], followed.Select(line => line.Text));
        Assert.Equal([(1, "ends"), (2, "had 0 bytes"), (2, "ends")], kept.Select(line => (line.Attempt, line.Text)));
    }

    [Fact]
    public async Task A_wait_that_is_given_up_leaves_the_connection_usable()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 });
        await using var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", () => { });
        await using var client = await ConnectAsync();
        var id = await node.EnqueueAsync("echo");
        using var patience = new CancellationTokenSource();
        var wait = client.WaitAsync(id, patience.Token);
        await client.FindAsync(id).Within();

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        node.Node.SetWorkerSlots(1);
        Assert.Equal(JobStatus.Completed, (await client.WaitAsync(id).Within())!.Status);
    }

    [Fact]
    public async Task A_node_that_goes_away_ends_every_wait_with_a_reason()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 });
        var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", () => { });
        await using var client = await ConnectAsync();
        var wait = client.WaitAsync(await node.EnqueueAsync("echo"));

        await endpoint.DisposeAsync();

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => wait.Within());
        Assert.Contains("gone away", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        Assert.Null(await LocalJobQueue.TryConnectAsync(path));
    }

    [Fact]
    public async Task Bytes_that_are_no_frame_end_only_their_own_connection()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        await using var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", () => { });
        await using var client = await ConnectAsync();
        foreach (var garbage in new[] { "GET / HTTP/1.1\r\n\r\n", "\x08\0\0\0{\"op\":1}", "\x0e\0\0\0{\"op\":\"delete\"" })
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            await socket.SendAsync(Encoding.Latin1.GetBytes(garbage));
            socket.Shutdown(SocketShutdown.Send);

            var answer = await socket.ReceiveAsync(new byte[100]).Within("the connection's end");

            Assert.Equal(0, answer);
        }

        Assert.Equal(JobStatus.Completed, (await client.WaitAsync(await node.EnqueueAsync("echo")).Within())!.Status);
    }

    [Fact]
    public async Task Asking_the_node_to_stop_tells_its_owner()
    {
        var asked = new TaskCompletionSource();
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        await using var endpoint = LocalEndpoint.Start(path, node.Queue, "n1", asked.SetResult);
        await using var client = await ConnectAsync();

        await client.StopNodeAsync().Within();

        await asked.Task.Within("the request to stop");
        Assert.Equal(Environment.ProcessId, client.ProcessId);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_folder_too_deep_for_a_socket_has_its_socket_all_the_same_and_nowhere_else()
    {
        var deep = Path.Combine(Path.GetDirectoryName(path)!, new string('d', 120));
        var socket = LocalAddress.SocketPath(deep);
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());

        await using (LocalEndpoint.Start(socket, node.Queue, "n1", () => { }))
        {
            Assert.Equal(Path.Combine(deep, "node.sock"), socket);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
            await using var client = await LocalJobQueue.TryConnectAsync(socket).Within();
            Assert.Equal("n1", client!.Node);
        }

        Assert.False(File.Exists(socket));
        Assert.Null(await LocalJobQueue.TryConnectAsync(socket));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_way_to_a_socket_that_lies_too_deep_is_open_to_its_user_only_and_is_taken_away_alone()
    {
        var deep = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(path)!, new string('d', 120))).FullName;
        var kept = Path.Combine(deep, "kept");
        File.WriteAllText(kept, "");

        string folder;
        using (var reachable = ReachablePath.To(Path.Combine(deep, "node.sock")))
        {
            folder = reachable.Folder!;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        }

        Assert.False(Directory.Exists(folder));
        Assert.True(File.Exists(kept));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<LocalJobQueue> ConnectAsync() =>
        await LocalJobQueue.TryConnectAsync(path).Within() ?? throw new InvalidOperationException($"Nothing listens at {path}.");
}
