using FlowerPower.Actors;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Cluster;

/// <summary>Brings what a worker says to jobs whose shards are on other nodes.</summary>
internal sealed class ShardRouter(ClusterPeers peers) : IShardRouter
{
    public bool IsServedElsewhere(int shard) => peers.IsServedElsewhere(shard);

    public void Tell(int shard, string entityId, object message, ActorRef sender)
    {
        if (message is WatchJob watch)
        {
            watch.Watcher.Tell(WatchLost.Instance); // the shard has just gone: whoever waits asks where it is now
            return;
        }

        if (message is FollowLog follow)
        {
            follow.Reader.Tell(WatchLost.Instance);
            return;
        }

        var owner = OwnerOf(shard);
        if (message is not JobCommand command || !WorkerReport.IsOne(command) || owner is null || !owner.Tell(WorkerReport.Of(JobId.Parse(entityId), command)))
        {
            peers.Drop(message, sender);
        }
    }

    public async Task<T> Ask<T>(int shard, string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (OwnerOf(shard) is not { } owner || message is not JobCommand command || !WorkerReport.IsOne(command))
        {
            // What was asked of a shard that has just gone from here: the caller asks where it is now.
            throw ShardElsewhereException.Of(shard);
        }

        var report = WorkerReport.Of(JobId.Parse(entityId), command);
        var answer = await owner.Ask<WorkerReportAnswer>(report, timeout, cancellationToken).ConfigureAwait(false);
        if (answer.IsElsewhere)
        {
            peers.Directory.Doubt(shard, owner.Incarnation);
            throw ShardElsewhereException.Of(shard);
        }

        // A worker wants to know what became of its attempt, not what the job is now.
        return (T)(object)new JobReply(answer.Refusal, Changed: answer.Refusal is null, JobState.None, null) { Fate = answer.Fate };
    }

    private NodePeer? OwnerOf(int shard) => peers.Directory.OwnerOf(shard) is { } node ? peers.Find(node) : null;
}
