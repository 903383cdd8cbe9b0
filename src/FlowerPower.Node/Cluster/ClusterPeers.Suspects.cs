using System.Collections.Concurrent;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>Shards whose owners ended without giving them back: counted, acquitted, parked.</summary>
internal sealed partial class ClusterPeers
{
    private readonly ConcurrentDictionary<int, ClaimId> suspects = []; // shards of this node with the end that it counted before it took them
    private IReadOnlyList<int> knownParked = [];

    /// <summary>A node that has a shard for long enough and lives says so, if there was doubt.</summary>
    private async Task AcquitLaterAsync(int shard, ClaimId after)
    {
        try
        {
            do
            {
                await Task.Delay(plan.AcquitAfter, parts.Options.Time, stopping.Token).ConfigureAwait(false);
            }
            while (mine.ContainsKey(shard) && !await TryAcquitAsync(shard, after).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // This node stops, in order: nothing is held against the shard by that.
        }
    }

    private async Task<bool> TryAcquitAsync(int shard, ClaimId after)
    {
        if (!MayServe)
        {
            return false; // it stood still, or Redis is away: others may have the shard
        }

        try
        {
            await membership.AcquitAsync(shard, after, stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    /// <summary>Operators must hear of shards that nobody takes any more.</summary>
    private void TellOfParked(IReadOnlyList<ParkedShard> parked)
    {
        foreach (var shard in parked.ExceptBy(knownParked, known => known.Shard))
        {
            parts.Warn(ParkedShards.Sentence(shard));
        }

        foreach (var shard in knownParked.Except(parked.Select(now => now.Shard)))
        {
            parts.Warn($"Shard {shard} is not parked any more.");
        }

        knownParked = [.. parked.Select(now => now.Shard)];
    }
}
