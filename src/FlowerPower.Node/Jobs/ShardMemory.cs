using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>What a shard's owner knew of its jobs when it found that the store knows less.</summary>
/// <param name="Jobs">The newest record of each job or other entity that the owner holds, by id.</param>
/// <param name="Live">The jobs that had not ended.</param>
internal sealed record ShardMemory(IReadOnlyDictionary<string, RecordChange> Jobs, IReadOnlyCollection<JobId> Live)
{
    /// <param name="batches">The last batches that were acknowledged, oldest first.</param>
    /// <param name="states">Entities whose newest state is not in a record.</param>
    public static ShardMemory Of(IEnumerable<ShardBatch> batches, IEnumerable<EntityState> states, IReadOnlyCollection<JobId> live)
    {
        var jobs = new Dictionary<string, RecordChange>();
        foreach (var change in batches.SelectMany(b => b.Records).Concat(states.Select(Entities.RecordOf)))
        {
            if (change.Index is not null && (!jobs.TryGetValue(change.EntityId, out var known) || known.Version < change.Version))
            {
                jobs[change.EntityId] = change;
            }
        }

        return new ShardMemory(jobs, live);
    }
}
