using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>The other nodes, as far as a node's actors have to do with them.</summary>
internal interface INodePeers
{
    /// <summary>Whether shards, brokers and workers may be on other nodes. It does not change.</summary>
    bool AreThere { get; }

    /// <summary>Nobody can have declared this node dead, by its own clock: else others may have its shards and its jobs.</summary>
    bool MayServe { get; }

    /// <summary>The workers of other nodes that can be reached now.</summary>
    IReadOnlyCollection<ActorRef> Workers { get; }

    /// <summary>The worker of another node that is not dead, whether it can be reached or not; <see langword="null"/> if there is none.</summary>
    ActorRef? FindWorker(WorkerId id);

    /// <summary>Another node, which can be reached, serves the shard; here it may be starting, and wait for that one.</summary>
    bool IsServedElsewhere(int shard);

    /// <summary>This node's shard has running jobs of these workers, whom nobody here may have met. Those that cannot be reached from here get a time to come.</summary>
    void AwaitWorkers(int shard, IReadOnlyCollection<WorkerId> workers);

    /// <summary>Nothing, if the shard is here and may be asked.</summary>
    /// <exception cref="ShardElsewhereException">It is not.</exception>
    /// <exception cref="QueueUnavailableException">Others may have taken it, for all this node knows.</exception>
    void RequireHere(int shard);

    /// <summary>Where the node's jobs are; called once, while the node starts.</summary>
    IShardRegion StartRegion(ActorSystem system, ShardRegionSettings settings);

    /// <summary>May this node claim a shard?</summary>
    /// <param name="holder">Who holds it; <see langword="null"/>: nobody.</param>
    /// <returns><see langword="false"/>: not yet; the call has waited for something to change, so look again.</returns>
    /// <exception cref="ShardLostException">Never, as long as that other lives.</exception>
    ValueTask<bool> MayTakeFromAsync(int shard, ShardOwner? holder, CancellationToken cancellationToken);

    /// <summary>This node serves the shard.</summary>
    void Serves(int shard);

    /// <summary>This node serves the shard no more, or not until it has read it again.</summary>
    void ServesNoMore(int shard);
}

/// <summary>A node that has its store for itself.</summary>
internal sealed class NoPeers(JobNodeParts parts) : INodePeers
{
    public bool AreThere => false;

    public bool MayServe => true;

    public IReadOnlyCollection<ActorRef> Workers => [];

    public ActorRef? FindWorker(WorkerId id) => null;

    public bool IsServedElsewhere(int shard) => false;

    public void AwaitWorkers(int shard, IReadOnlyCollection<WorkerId> workers)
    {
    }

    public void RequireHere(int shard)
    {
    }

    public IShardRegion StartRegion(ActorSystem system, ShardRegionSettings settings) => LocalShardRegion.Start(system, settings);

    /// <summary>
    /// A shard that this node has not served yet is taken from whoever had it: the caller holds the store. One that it has served is taken
    /// back only from itself: whoever fenced this node is alive, and two that take it from each other would both do no work.
    /// </summary>
    public ValueTask<bool> MayTakeFromAsync(int shard, ShardOwner? holder, CancellationToken cancellationToken)
    {
        var isFencedOff = holder is not null && parts.HasServed(shard) && !parts.Claims[shard].Contains(holder.Claim);
        return isFencedOff
            ? throw new ShardLostException($"Shard {shard} belongs to {holder!.Node} now; this node serves it no more.")
            : ValueTask.FromResult(true);
    }

    public void Serves(int shard)
    {
    }

    public void ServesNoMore(int shard)
    {
    }
}
