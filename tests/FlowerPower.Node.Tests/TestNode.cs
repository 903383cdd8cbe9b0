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

    /// <summary>A node disposes its store; this one stays.</summary>
    private sealed class Kept(IShardStore inner) : IShardStore
    {
        public int ShardCount => inner.ShardCount;

        public ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken) =>
            inner.ClaimAsync(shard, mine, previous, cancellationToken);

        public ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken) => inner.ReadHeadAsync(shard, cancellationToken);

        public ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken) =>
            inner.ReleaseAsync(shard, claim, cancellationToken);

        public ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken) =>
            inner.AppendAsync(batch, cancellationToken);

        public ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken) =>
            inner.ReadLogAsync(shard, after, maxEntries, cancellationToken);

        public ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(
            int shard, string? after, int maxRecords, CancellationToken cancellationToken) =>
            inner.ReadLiveAsync(shard, after, maxRecords, cancellationToken);

        public ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken) =>
            inner.ReadRecordAsync(shard, entityId, cancellationToken);

        public ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken) => inner.ListAsync(query, cancellationToken);

        public ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken) =>
            inner.CountByStatusAsync(cancellationToken);

        public ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken) =>
            inner.PruneAsync(shard, claim, now, maxRecords, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
