using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>Writes again from memory what a store has lost beyond its last batches, and says job by job what it could not.</summary>
internal sealed class ShardRescue(IShardStore store, int shard, ShardOwner me, JobNodeParts parts)
{
    private const int RecordsPerBatch = 500;
    private const string LostEnd = "the store lost how the job ended after this; it runs again";

    /// <param name="head">The shard as claimed.</param>
    /// <param name="live">Its unfinished jobs as the store has them.</param>
    public async Task RunAsync(ShardMemory memory, ShardHead head, IReadOnlyCollection<EntityState> live, CancellationToken cancellationToken)
    {
        // First of all, so that what the id did afterwards is compared with nothing.
        var token = head.Token;
        foreach (var page in memory.Deletions.Values.Chunk(RecordsPerBatch))
        {
            token = await AppendAsync(token, [.. page.Select(d => JobRecords.Deletion(d.EntityId, d.Version))], cancellationToken, page);
        }

        live = [.. live.Where(s => !memory.Deletions.ContainsKey(s.EntityId!))];
        var stored = live.ToDictionary(s => s.EntityId!, s => s.Version);
        var restored = new List<RecordChange>();
        foreach (var (id, job) in memory.Jobs)
        {
            if (await VersionAsync(id, stored, cancellationToken) < job.Version)
            {
                restored.Add(job);
            }
        }

        // What the store says is unfinished and this node did not know as unfinished had ended: its end is what the store lost.
        var known = memory.Live.ToHashSet();
        var returned = live.OfType<JobState>().Where(s => s.IsUnfinished && !known.Contains(s.History!.Spec.Id) && !memory.Jobs.ContainsKey(s.History!.Spec.Id.Value)).ToList();
        foreach (var page in restored.Concat(returned.Select(s => JobRecords.Change(s.Noted(LostEnd)))).Chunk(RecordsPerBatch))
        {
            token = await AppendAsync(token, page, cancellationToken);
        }

        var lost = new List<JobId>();
        foreach (var id in memory.Live)
        {
            if (!memory.Jobs.ContainsKey(id.Value) && await VersionAsync(id.Value, stored, cancellationToken) == 0)
            {
                lost.Add(id);
            }
        }

        if (memory.Jobs.Count + memory.Live.Count + returned.Count > 0)
        {
            Report(restored.Count, returned, lost); // a shard that had no job lost none
        }
    }

    private async ValueTask<long> VersionAsync(string id, Dictionary<string, long> live, CancellationToken cancellationToken) =>
        live.TryGetValue(id, out var version)
            ? version
            : (await store.ReadRecordAsync(shard, id, cancellationToken))?.Version ?? 0;

    private async Task<BatchToken> AppendAsync(
        BatchToken previous, RecordChange[] records, CancellationToken cancellationToken, IReadOnlyList<EventFrame>? events = null)
    {
        var batch = new ShardBatch
        {
            Shard = shard,
            Claim = me.Claim,
            Previous = previous,
            Token = new BatchToken(parts.Options.Chance.NextGuid()),
            Events = events ?? [],
            Records = records,
        };
        return await store.AppendAsync(batch, cancellationToken) is AppendOutcome.Stored or AppendOutcome.Duplicate
            ? batch.Token
            : throw new ShardLostException($"Shard {shard} changed while jobs were written to it again; it is read once more.");
    }

    private void Report(int restored, List<JobState> returned, List<JobId> lost)
    {
        HistoryLosses.Restored.Add(restored);
        HistoryLosses.Returned.Add(returned.Count);
        HistoryLosses.Lost.Add(lost.Count);
        if (restored > 0)
        {
            parts.Warn($"Shard {shard}: {restored} jobs that the store had lost or set back were written again from memory.");
        }

        foreach (var job in returned)
        {
            parts.Warn($"Job {job.History!.Spec.Id} had ended, and the store has lost how: it waits and runs again.");
        }

        foreach (var id in lost)
        {
            parts.Warn($"Job {id} is lost: the store had acknowledged it, has it no more, and this node held no copy. Enqueue it again.");
        }

        parts.Warn(
            $"Shard {shard}: jobs that were enqueued and ended before the last {parts.Options.RepairWindow.TotalSeconds:0} s are missing without a "
            + "trace if the store went back beyond that.");
    }
}
