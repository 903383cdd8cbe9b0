using System.Diagnostics;
using System.Globalization;
using System.Text;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.TestServers;

namespace FlowerPower.Benchmarks.Cluster;

/// <summary>A redis-server, nodes as processes of their own that keep and run jobs, and a client in this one.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private const string ClusterName = "bench";
    private const int Page = 1_000;

    private readonly List<NodeProcess> nodes = [];
    private long number;

    private BenchCluster(RedisServer redis) => Redis = redis;

    public RedisServer Redis { get; }

    public ClusterClient Client { get; private set; } = null!;

    public int Nodes => nodes.Count;

    public int ShardCount { get; private set; }

    public static async Task<BenchCluster> StartAsync(int nodeCount)
    {
        var cluster = new BenchCluster(await RedisServer.StartAsync());
        for (var i = 0; i < nodeCount; i++)
        {
            await cluster.AddNodeAsync();
        }

        cluster.Client = await ClusterClient.ConnectAsync(new() { Name = ClusterName, Nodes = [.. cluster.nodes.Select(node => node.Address)] });
        cluster.ShardCount = (await cluster.Client.LookAsync()).Owners.Count;
        return cluster;
    }

    private async Task AddNodeAsync() => nodes.Add(await NodeProcess.StartAsync($"{Redis.Url}?name={ClusterName}", $"n{nodes.Count + 1}"));

    /// <summary>The last one leaves in order.</summary>
    public async Task RemoveNodeAsync()
    {
        var last = nodes[^1];
        nodes.RemoveAt(nodes.Count - 1);
        await last.DisposeAsync();
    }

    /// <summary>So many jobs at once in all, the same on each node.</summary>
    public Task SetSlotsAsync(int inAll) => Task.WhenAll(nodes.Select(node => node.SetSlotsAsync(inAll / nodes.Count)));

    /// <summary>What all nodes and Redis have used since they started.</summary>
    public TimeSpan ProcessorTime()
    {
        using var redis = Process.GetProcessById(Redis.ProcessId);
        return nodes.Aggregate(redis.TotalProcessorTime, (sum, node) => sum + node.ProcessorTime());
    }

    public EnqueueRequest NewJob() => NewJob(NodeChance.Secure.NextJobId(DateTimeOffset.UtcNow));

    /// <summary>A job whose id belongs to that shard.</summary>
    public EnqueueRequest NewJobIn(int shard)
    {
        while (true)
        {
            var id = NodeChance.Secure.NextJobId(DateTimeOffset.UtcNow);
            if (ShardKey.Of(id.Value, ShardCount) == shard)
            {
                return NewJob(id);
            }
        }
    }

    public async Task EnqueueManyAsync(int count)
    {
        for (var i = 0; i < count; i += Page)
        {
            await Client.EnqueueAsync([.. Enumerable.Range(0, Math.Min(Page, count - i)).Select(_ => NewJob())]);
        }
    }

    /// <summary>Done when every result is stored. Asked seldom, because asking costs time too.</summary>
    public async Task WaitUntilCompletedAsync(long count)
    {
        while ((await Client.OverviewAsync()).Counts.GetValueOrDefault(JobStatus.Completed) < count)
        {
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await Redis.DisposeAsync();
    }

    private EnqueueRequest NewJob(JobId id) =>
        new(new JobSpec
        {
            Id = id,
            Pipeline = "noop",
            Project = "bench",
            RunConfigJson = Encoding.UTF8.GetBytes($$$"""{"inputs":{"i":{{{Interlocked.Increment(ref number)}}}}}"""),
        });

    private sealed class NodeProcess : IAsyncDisposable
    {
        private readonly Process process;

        private NodeProcess(Process process, PeerAddress address) => (this.process, Address) = (process, address);

        public PeerAddress Address { get; }

        public TimeSpan ProcessorTime()
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }

        public static async Task<NodeProcess> StartAsync(string redis, string name)
        {
            var process = OwnProgram.Start(BenchNodeProcess.Command, redis, name);
            var port = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"Node {name} ended before it served.");
            return new NodeProcess(process, new PeerAddress("127.0.0.1", int.Parse(port, CultureInfo.InvariantCulture)));
        }

        public async Task SetSlotsAsync(int slots)
        {
            await process.StandardInput.WriteLineAsync($"{BenchNodeProcess.Slots} {slots}");
            await process.StandardInput.FlushAsync();
            await process.StandardOutput.ReadLineAsync();
        }

        public async ValueTask DisposeAsync()
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
