using System.Buffers.Binary;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Node.Tests.Local;

/// <summary>What a connection may do to the node, and what a request to its connection.</summary>
public sealed class LocalServiceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fp-").FullName;

    private string SocketPath => LocalAddress.SocketPath(folder);

    [Fact]
    public async Task A_client_that_does_not_read_does_not_hold_up_the_stop()
    {
        var big = $$"""{"x":"{{new string('a', 2_000_000)}}"}""";
        await using var node = await TestNode.StartAsync(new ScriptedExecutor().On("big", _ => Task.FromResult(big)));
        await node.EndAsync(await node.EnqueueAsync("big", "one"));
        var endpoint = LocalEndpoint.Start(SocketPath, node.Queue, "n1", () => { });
        using var socket = await DialAsync();
        await socket.SendAsync(Frame("""{"op":"find","number":1,"id":"one"}"""));
        await socket.ReceiveAsync(new byte[1]); // the answer has begun

        await endpoint.DisposeAsync().AsTask().Within("the endpoint to stop");

        Assert.False(File.Exists(SocketPath));
    }

    [Theory]
    [InlineData("""{"op":"enqueue","number":2,"jobs":[{"spec":{"id":"two","pipeline":""}}]}""")] // refused by the type that it is read into
    [InlineData("""{"op":"enqueue","number":2,"jobs":[{"spec":{"id":"two","pipeline":"p","timeout":"-00:01:00"}}]}""")]
    [InlineData("""{"op":"paint","number":2}""")]
    public async Task A_frame_that_cannot_be_read_ends_its_connection_and_all_that_was_asked_on_it(string frame)
    {
        var queue = HangingQueue.Create(out var hangs);
        var warnings = new List<string>();
        var (client, serving) = await ServeAsync(new LocalService(queue, "n1", () => { }, warnings.Add));
        using (client)
        {
            await client.SendAsync(Frame("""{"op":"wait","number":1,"id":"one"}"""));
            var given = await hangs.Asked.Task.Within("the first request");

            await client.SendAsync(Frame(frame));

            await serving.Within("the connection's end");
            Assert.True(given.IsCancellationRequested);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
            Assert.Empty(warnings);
        }
    }

    [Fact]
    public async Task An_answer_over_the_greatest_frame_is_an_error_of_its_request_only()
    {
        var executor = ScriptedExecutor.Echo().On("big", _ => Task.FromResult($$"""{"x":"{{new string('a', 20_000)}}"}"""));
        await using var node = await TestNode.StartAsync(executor);
        await node.EndAsync(await node.EnqueueAsync("big", "one"));
        using var listener = Listen();
        var connecting = LocalJobQueue.TryConnectAsync(SocketPath);
        var serving = new LocalService(node.Queue, "n1", () => { }, _ => { }, maxFrame: 10_000)
            .ServeAsync(await listener.AcceptAsync(), CancellationToken.None);
        await using (var client = (await connecting.Within())!)
        {
            var filter = new JobFilter { WithResults = true };

            var error = await Assert.ThrowsAsync<ArgumentException>(() => client.ListAsync(filter).Within());

            Assert.Contains("may have 10,000 bytes", error.Message, StringComparison.Ordinal);
            Assert.Contains("smaller page", error.Message, StringComparison.Ordinal);
            Assert.Single((await client.ListAsync(filter with { WithResults = false }).Within()).Jobs);
        }

        await serving.Within("the connection's end");
    }

    [Fact]
    public async Task A_queue_that_fails_to_read_a_file_is_heard_by_whoever_asked()
    {
        var queue = HangingQueue.Create(out var hangs);
        hangs.Fails = new IOException("bad sector");
        using var listener = Listen();
        var connecting = LocalJobQueue.TryConnectAsync(SocketPath);
        var serving = new LocalService(queue, "n1", () => { }, _ => { }).ServeAsync(await listener.AcceptAsync(), CancellationToken.None);
        await using (var client = (await connecting.Within())!)
        {
            var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => client.FindAsync(JobId.Parse("one")).Within());

            Assert.Equal("bad sector", error.Message);
        }

        await serving.Within("the connection's end");
    }

    [Fact]
    public async Task A_client_that_hears_nonsense_ends_all_its_waits()
    {
        using var listener = Listen();
        var connecting = LocalJobQueue.TryConnectAsync(SocketPath);
        using var server = await listener.AcceptAsync();
        await server.SendAsync(Frame("""{"is":"welcome","number":1,"node":"n1","processId":1,"protocol":1}"""));
        await using var client = (await connecting.Within())!;
        var wait = client.WaitAsync(JobId.Parse("one"));

        await server.SendAsync(Frame("""
            {"is":"job","number":2,"view":{"id":"one","pipeline":"p","queue":"q","priority":"Low","status":"Failed",
             "enqueuedAt":"2030-01-01T00:00:00Z","error":{"types":[],"message":"an error of no type"}}}
            """));

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => wait.Within());
        Assert.Contains("gone away", error.Message, StringComparison.Ordinal);
        Assert.True(client.IsGone);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Socket Listen()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        listener.Listen();
        return listener;
    }

    private async Task<Socket> DialAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private async Task<(Socket Client, Task Serving)> ServeAsync(LocalService service)
    {
        using var listener = Listen();
        var client = await DialAsync();
        return (client, service.ServeAsync(await listener.AcceptAsync(), CancellationToken.None));
    }

    private static byte[] Frame(string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)body.Length);
        body.CopyTo(frame, 4);
        return frame;
    }

    /// <summary>A queue whose waits end when they are cancelled; a proxy, so that it does not have to know the other methods.</summary>
    public class HangingQueue : DispatchProxy
    {
        /// <summary>The first wait's token.</summary>
        public TaskCompletionSource<CancellationToken> Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Fails { get; set; }

        public static IJobQueue Create(out HangingQueue hangs)
        {
            var queue = Create<IJobQueue, HangingQueue>();
            hangs = (HangingQueue)(object)queue;
            return queue;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var token = args!.OfType<CancellationToken>().Single();
            Asked.TrySetResult(token);
            return Fails is null ? UntilAsync(token) : Task.FromException<JobView?>(Fails);
        }

        private static async Task<JobView?> UntilAsync(CancellationToken token)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return null;
        }
    }
}
