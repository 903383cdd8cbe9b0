using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>A cluster of which nobody but the node itself is there: what else the others do, the test does.</summary>
internal sealed class PlayedPeers : INodePeers
{
    /// <summary>Called when the node asks whether it may claim a shard.</summary>
    public Action? OnClaim { get; set; }

    public bool AreThere { get; init; } = true;

    public bool MayServe { get; set; } = true;

    public IReadOnlyCollection<ActorRef> Workers => [];

    public ActorRef? FindWorker(WorkerId id) => null;

    /// <summary>The shards that another node serves.</summary>
    public HashSet<int> Elsewhere { get; } = [];

    public bool IsServedElsewhere(int shard) => Elsewhere.Contains(shard);

    /// <summary>Workers whom the node was told to wait for.</summary>
    public List<WorkerId> Awaited { get; } = [];

    public void AwaitWorkers(int shard, IReadOnlyCollection<WorkerId> workers) => Awaited.AddRange(workers);

    public void RequireHere(int shard)
    {
    }

    public IShardRegion StartRegion(ActorSystem system, ShardRegionSettings settings) => LocalShardRegion.Start(system, settings);

    public ValueTask<bool> MayTakeFromAsync(int shard, ShardOwner? holder, CancellationToken cancellationToken)
    {
        OnClaim?.Invoke();
        return ValueTask.FromResult(true);
    }

    public void Serves(int shard)
    {
    }

    public void ServesNoMore(int shard)
    {
    }
}
