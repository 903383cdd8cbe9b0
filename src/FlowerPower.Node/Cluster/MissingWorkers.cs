using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>
/// Jobs that came running with their shard, on workers that this node has no connection to. Whoever granted them would have seen such a worker go; here
/// nobody has seen it at all. So each gets a time in which it may introduce itself.
/// </summary>
/// <param name="timesMet">Counts up when the worker connects or its connection breaks; 0: never met.</param>
/// <param name="isGone">The worker's node is dead, or no member. Fails if that cannot be told.</param>
/// <param name="lose">The attempts that the worker runs in a shard are lost; <see langword="true"/>: it died. Else it may yet come, and the attempts do not count.</param>
internal sealed class MissingWorkers(
    TimeProvider time, Func<WorkerId, int> timesMet, Func<WorkerId, CancellationToken, Task<bool>> isGone, Action<int, WorkerId, bool> lose)
{
    /// <summary>A shard came with running jobs of a worker that is not connected.</summary>
    /// <returns>Done when the worker has been met, or its attempts are lost.</returns>
    public async Task AwaitAsync(int shard, WorkerId worker, CancellationToken cancellationToken)
    {
        var met = timesMet(worker);
        if (await IsGoneAsync(worker, cancellationToken).ConfigureAwait(false))
        {
            lose(shard, worker, true);
            return;
        }

        await Task.Delay(ClusterPeers.UnreachableAfter, time, cancellationToken).ConfigureAwait(false);
        if (timesMet(worker) == met) // else it has been asked what it runs, and the end of its connection is seen
        {
            lose(shard, worker, await IsGoneAsync(worker, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task<bool> IsGoneAsync(WorkerId worker, CancellationToken cancellationToken)
    {
        try
        {
            return await isGone(worker, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StoreException or InvalidOperationException)
        {
            return false; // time decides
        }
    }
}
