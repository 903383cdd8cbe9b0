using FlowerPower.Actors.Transport;
using FlowerPower.Node;
using FlowerPower.TestServers;

namespace FlowerPower.Failures.Cluster;

/// <summary>A whole cluster: each node and Redis on a machine of its own, the clients in the test process.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    /// <summary>The machine of Redis.</summary>
    public const string RedisMachine = "redis";

    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const int Port = 7710;

    private readonly Dictionary<string, NodeProcess> nodes = [];
    private readonly IReadOnlyDictionary<string, NodePlan> plans;

    private TestCluster(Network network, RedisServer redis, IReadOnlyDictionary<string, NodePlan> plans)
    {
        Network = network;
        Redis = redis;
        this.plans = plans;
    }

    public Network Network { get; }

    public RedisServer Redis { get; }

    public TracedProject Project { get; } = new();

    /// <summary>The jobs of trials that are over.</summary>
    public HashSet<string> Settled { get; } = [];

    public IReadOnlyCollection<NodePlan> Plans => [.. plans.Values];

    /// <summary>The names of all nodes, whether they run or not.</summary>
    public IReadOnlyCollection<string> Names => [.. plans.Keys];

    public NodeProcess this[string name] => nodes[name];

    /// <summary>Start Redis and the nodes, and wait until all serve.</summary>
    /// <param name="lease">As in a node's file; <see langword="null"/>: the default.</param>
    /// <param name="redisSettings">As in redis.conf.</param>
    public static async Task<TestCluster> StartAsync(string? lease, IReadOnlyList<NodePlan> plans, params string[] redisSettings)
    {
        var network = await Network.CreateAsync([RedisMachine, .. plans.Select(p => p.Name)]);
        RedisServer? redis = null;
        try
        {
            redis = await RedisServer.StartAsync(network, RedisMachine, redisSettings);
        }
        finally
        {
            if (redis is null)
            {
                await network.DisposeAsync();
            }
        }

        var cluster = new TestCluster(network, redis, plans.ToDictionary(p => p.Name));
        try
        {
            await File.WriteAllTextAsync(Path.Combine(cluster.Project.Root, "secret"), Secret + "\n");
            await File.WriteAllTextAsync(Path.Combine(cluster.Project.Root, "node.yml"), $"secret_file: secret\ndrain: 3s\n{(lease is null ? "" : $"lease: {lease}\n")}");
            await Task.WhenAll(plans.Select(p => cluster.StartNodeAsync(p.Name)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Start a node that does not run, at its name and address, and wait until it serves.</summary>
    public async Task<NodeProcess> StartNodeAsync(string name)
    {
        var node = await LaunchAsync(name);
        lock (nodes)
        {
            if (nodes.Remove(name, out var former))
            {
                former.Dispose();
            }

            nodes.Add(name, node);
        }

        await node.ServingAsync(1, StartPatience);
        return node;
    }

    /// <summary>Start a process on a node's machine without counting it as the node.</summary>
    /// <param name="redis">The address of Redis, if it is to be another than the cluster's.</param>
    /// <param name="more">More options of <c>node start</c>.</param>
    public Task<NodeProcess> LaunchAsync(string name, string? redis = null, params string[] more)
    {
        var plan = plans[name];
        string[] options =
        [
            "--config", "node.yml", "--redis", redis ?? Redis.Url, "--listen", $"{Network.AddressOf(name)}:{Port}",
            "--roles", plan.Roles, .. plan.Slots > 0 ? new[] { "--slots", $"{plan.Slots}" } : [], .. more,
        ];
        return NodeProcess.StartAsync(Network, name, Project.Root, options);
    }

    /// <summary>A client that asks these nodes first; without names, all of them.</summary>
    public Task<ClusterClient> ConnectAsync(params string[] names) => ConnectToAsync("flowerpower", names);

    /// <summary>A client of a cluster of another name.</summary>
    public Task<ClusterClient> ConnectToAsync(string cluster, params string[] names) => ClusterClient.ConnectAsync(new ClusterClientOptions
    {
        Name = cluster,
        Nodes = [.. (names.Length > 0 ? names : plans.Keys).Select(name => new PeerAddress(Network.AddressOf(name), Port))],
        Secret = Secret,
        ConnectTimeout = TimeSpan.FromSeconds(30),
    });

    /// <summary>What each node said, for people who look at a failure.</summary>
    public string Logs()
    {
        lock (nodes)
        {
            return string.Join("\n", nodes.Values.SelectMany(node => node.Lines.Where(IsTelling).TakeLast(40).Prepend($"--- {node.Name}")));
        }

        static bool IsTelling(string line) => !line.Contains(" traced ", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes.Values)
        {
            node.Dispose();
        }

        await Redis.DisposeAsync();
        await Network.DisposeAsync();
        Project.Dispose();
    }
}

/// <summary>One node of a <see cref="TestCluster"/>.</summary>
/// <param name="Roles">As for <c>--roles</c>.</param>
/// <param name="Slots">0 for a node without the role of a worker.</param>
internal sealed record NodePlan(string Name, string Roles, int Slots = 0)
{
    public bool IsQueue => Roles.Contains("queue", StringComparison.Ordinal);

    public bool IsWorker => Roles.Contains("worker", StringComparison.Ordinal);
}
