using System.Runtime.CompilerServices;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Cluster;

/// <summary>What jobs wrote, and write, wherever they are.</summary>
internal sealed partial class ClusterJobQueue
{
    public async IAsyncEnumerable<JobLogLine> LogsAsync(
        JobId id, bool follow = false, JobLogPlace? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var shard = ShardOf(id);
        var place = after;
        while (true)
        {
            // It begins anew where the shard is then, after the last line that was read. What was written meanwhile may be lost: the numbers say so.
            await using var lines = await OnOwnerAsync(
                shard,
                async queue =>
                {
                    var began = queue.LogsAsync(id, follow, place, cancellationToken).GetAsyncEnumerator(cancellationToken);
                    return await began.MoveNextAsync().ConfigureAwait(false) ? began : null;
                },
                cancellationToken,
                isWait: follow).ConfigureAwait(false);
            if (lines is null)
            {
                yield break;
            }

            var isMoved = false;
            do
            {
                place = JobLogPlace.Of(lines.Current);
                yield return lines.Current;
                try
                {
                    if (!await lines.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (Exception error) when (error is ShardElsewhereException or QueueUnavailableException)
                {
                    isMoved = true;
                }
            }
            while (!isMoved);
        }
    }
}
