using System.Collections.Concurrent;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.TestServers;

namespace FlowerPower.Node.Tests.Redis;

/// <summary>
/// A whole node on a Redis Cluster in which a master dies while jobs run, and a replica takes its place that lacks what the master acknowledged last.
/// The lease, or the table of members, is kept by another master.
/// </summary>
public sealed class RedisClusterNodeTests : IAsyncLifetime
{
    private const string Name = "test";
    private const int Wave = 60;

    private readonly string folder = Directory.CreateTempSubdirectory("fp-redis-cluster-node-").FullName;
    private readonly ConcurrentQueue<string> notices = [];
    private readonly TaskCompletionSource doubted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RedisCluster cluster = null!;
    private RedisServer victim = null!;
    private RedisServer replica = null!;

    private RedisAddress Address => RedisAddress.Parse($"{cluster.Url}?name={Name}");

    public async Task InitializeAsync()
    {
        cluster = await RedisCluster.StartAsync();
        victim = await VictimAsync();
        replica = await cluster.AddReplicaAsync(victim); // before the node: a master that gets its first replica begins a new history
    }

    public async Task DisposeAsync()
    {
        await cluster.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_node_alone_follows_a_promoted_replica_that_is_behind_and_every_acknowledged_job_ends_once()
    {
        await using var node = await EmbeddedNode.StartAsync(
            QueuePlace.Of(Path.Combine(folder, "here"), Address), "test", ScriptedExecutor.Echo(), new EmbeddedOptions { Node = Options() }).Within();

        await FailOverAsync(node.Queue);
    }

    [Fact]
    public async Task A_node_of_a_cluster_follows_a_promoted_replica_that_is_behind_and_every_acknowledged_job_ends_once()
    {
        await using var node = await ClusterNode.StartAsync(
            new ClusterNodeOptions { Redis = Address, Listen = new PeerAddress("127.0.0.1", 0), Node = Options() }, ScriptedExecutor.Echo()).Within();

        await FailOverAsync(node.Queue);
    }

    private async Task FailOverAsync(IJobQueue queue)
    {
        var ids = new List<JobId>(await EnqueueAsync(queue, "before"));
        await EndAsync(queue, ids[^1]);
        await RedisCluster.CutOffAsync(victim, replica);
        ids.AddRange(await EnqueueAsync(queue, "cut")); // acknowledged, and a third of it is on the victim only
        await EndAsync(queue, ids[^1]);
        Assert.False(doubted.Task.IsCompleted, string.Join('\n', notices));

        await victim.KillAsync();
        var during = EnqueueAsync(queue, "during");
        await RedisCluster.UntilPromotedAsync(replica);

        await doubted.Task.Within($"the node to doubt the history; it said:\n{string.Join('\n', notices)}");
        try
        {
            ids.AddRange(await during.Within("every enqueue to be acknowledged"));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message} The node said:\n{string.Join('\n', notices)}", error);
        }

        ids.AddRange(await EnqueueAsync(queue, "after"));
        foreach (var id in ids)
        {
            var job = await EndAsync(queue, id);
            Assert.True(job is not null, $"Job {id} was acknowledged and is lost; the node said:\n{string.Join('\n', notices)}");
            Assert.Equal(JobStatus.Completed, job.Status);
            Assert.Single(job.History, step => step.Status == JobStatus.Completed);
        }
    }

    /// <summary>A master that has shards, and neither the lease nor the table of members.</summary>
    private async Task<RedisServer> VictimAsync()
    {
        var keeper = await cluster.MasterOfAsync($"{{{Name}}}:members");
        return cluster.Servers.First(server => server != keeper);
    }

    private NodeOptions Options() => new()
    {
        Name = "test",
        WorkerSlots = 2,
        OnNotice = notice =>
        {
            notices.Enqueue(notice.Text);
            if (notice.Text.Contains("may have lost what it acknowledged last", StringComparison.Ordinal))
            {
                doubted.TrySetResult();
            }
        },
    };

    private static async Task<IReadOnlyList<JobId>> EnqueueAsync(IJobQueue queue, string wave) =>
        await Task.WhenAll(Enumerable.Range(0, Wave).Select(async i =>
        {
            var wish = new EnqueueRequest(TestNode.NewSpec("echo", $"{wave}-{i}"));
            return await AskAsync(async () => (await queue.EnqueueAsync([wish]))[0].Id, $"job {wave}-{i} to be acknowledged");
        }));

    private static Task<JobView?> EndAsync(IJobQueue queue, JobId id) => AskAsync(() => queue.WaitAsync(id), $"job {id} to end");

    /// <summary>As a client does: the same again, until it is answered.</summary>
    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, string what)
    {
        while (true)
        {
            try
            {
                return await ask().Within(what);
            }
            catch (QueueUnavailableException)
            {
                // The store is away, or a shard is being read again.
            }
        }
    }
}
