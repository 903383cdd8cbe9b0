using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;

namespace FlowerPower.Node.Cluster;

/// <summary>What becomes of attempts whose worker is away.</summary>
internal sealed partial class ClusterPeers
{
    /// <summary>An outcome that was told to a former owner, and what else was lost on its way, is found out so soon.</summary>
    private static readonly TimeSpan ConfirmEvery = TimeSpan.FromSeconds(30);

    public void AwaitWorkers(int shard, IReadOnlyCollection<WorkerId> workers)
    {
        foreach (var worker in workers.Where(worker => Find(worker.Value) is not { IsConnected: true }))
        {
            _ = AwaitAsync(worker);
        }

        async Task AwaitAsync(WorkerId worker)
        {
            try
            {
                await missing.AwaitAsync(shard, worker, stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // This node stops.
            }
        }
    }

    /// <summary>Jobs that run, by what this node's shards know: their workers are asked whether they have them.</summary>
    private void ConfirmAll()
    {
        foreach (var (id, job) in parts.Journals.SelectMany(journal => journal?.Live.Where(job => IsReached(job.Worker)) ?? []))
        {
            region.TellHere(id.Value, new ConfirmRunning(new WorkerId(job.Worker!)), null);
        }

        bool IsReached(string? worker) => worker is not null && (worker == Me.Incarnation || Find(worker) is { IsConnected: true });
    }

    /// <summary>What is promised to it, and what it has promised, is void.</summary>
    private void Forget(NodePeer node)
    {
        parts.Worker.Tell(new BrokerAway(node.Broker));
        if (parts.Broker != ActorRef.Nobody)
        {
            parts.Broker.Tell(new WorkerAway(node.Worker));
        }
    }

    /// <summary>Jobs of this node's shards that a worker ran which will not answer: they run again.</summary>
    private void LoseAttempts(NodePeer node, bool isCrash) =>
        TellRunning(node, new JobCommand.LoseWorker(new WorkerId(node.Incarnation), HandedBack: !isCrash));

    /// <summary>The same for a worker that this node has not met, and one shard, which came with them.</summary>
    private void LoseAttempts(int shard, WorkerId worker, bool isCrash)
    {
        if (TellRunning(parts.Journals[shard], worker.Value, new JobCommand.LoseWorker(worker, HandedBack: !isCrash)) && !isCrash)
        {
            parts.Warn($"The worker {worker} lives but could not be reached from here for {UnreachableAfter.TotalSeconds:0} s: what it runs for shard {shard} runs elsewhere.");
        }
    }

    private void TellRunning(NodePeer node, object message)
    {
        foreach (var journal in parts.Journals)
        {
            TellRunning(journal, node.Incarnation, message);
        }
    }

    /// <returns>Whether there was any.</returns>
    private bool TellRunning(ShardJournal? journal, string worker, object message)
    {
        var isAny = false;
        foreach (var (id, _) in journal?.Live.Where(job => job.Worker == worker) ?? [])
        {
            region.TellHere(id.Value, message, null);
            isAny = true;
        }

        return isAny;
    }
}
