using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests;

/// <summary>A node on a store that outlives it, so that a test can end the node in any way and start another.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private TestNode(JobNode node, IShardStore store)
    {
        Node = node;
        Store = store;
    }

    public JobNode Node { get; }

    public IShardStore Store { get; }

    public IJobQueue Queue => Node.Queue;

    public static async Task<TestNode> StartAsync(IJobExecutor executor, NodeOptions? options = null, IShardStore? store = null)
    {
        store ??= new InMemoryShardStore(4);
        var node = await JobNode.StartAsync(new Kept(store), executor, options ?? new NodeOptions { WorkerSlots = 2 }).Within();
        return new TestNode(node, store);
    }

    public async Task<JobId> EnqueueAsync(string pipeline, string? id = null, Func<JobSpec, JobSpec>? change = null, DateTimeOffset? dueAt = null)
    {
        var spec = NewSpec(pipeline, id);
        var receipts = await Queue.EnqueueAsync([new EnqueueRequest(change?.Invoke(spec) ?? spec, dueAt)]).Within();
        return receipts[0].Id;
    }

    public async Task<JobView> EndAsync(JobId id) =>
        await Queue.WaitAsync(id).Within($"job {id} to end") ?? throw new InvalidOperationException($"Job {id} does not exist.");

    /// <summary>A job's own answer to a message, as a worker would get it.</summary>
    public Task<T> AskJobAsync<T>(JobId id, object message) =>
        Node.Parts.Jobs.Ask<T>(id.Value, message, TimeSpan.FromSeconds(30)).Within($"job {id}'s answer");

    /// <summary>Stops a node whose clock stands still otherwise.</summary>
    public async Task StopWhileTimePassesAsync(ManualTime time)
    {
        var stop = Node.StopAsync();
        for (var step = 0; step < 10_000 && !stop.IsCompleted; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await stop.Within("the stop");
    }

    public static JobSpec NewSpec(string pipeline, string? id = null) =>
        new()
        {
            Id = id is null ? NodeChance.Secure.NextJobId(TimeProvider.System.GetUtcNow()) : JobId.Parse(id),
            Pipeline = pipeline,
            Retry = new RetryPolicy { MaxRetries = 0 },
        };

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
