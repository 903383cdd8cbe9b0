using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>What a shard's owner knew of its jobs when it found that the store knows less.</summary>
/// <param name="Jobs">The newest record of each job or other entity that the owner holds, by id.</param>
/// <param name="Live">The jobs that had not ended.</param>
/// <param name="Deletions">The newest deletion of each id; what <paramref name="Jobs"/> says of it is of a later life.</param>
internal sealed record ShardMemory(
    IReadOnlyDictionary<string, RecordChange> Jobs, IReadOnlyCollection<JobId> Live, IReadOnlyDictionary<string, EventFrame> Deletions)
{
    /// <param name="batches">The last batches that were acknowledged, oldest first.</param>
    /// <param name="states">Entities whose newest state is not in a record.</param>
    public static ShardMemory Of(IEnumerable<ShardBatch> batches, IEnumerable<EntityState> states, IReadOnlyCollection<JobId> live)
    {
        var jobs = new Dictionary<string, RecordChange>();
        var deletions = new Dictionary<string, EventFrame>();
        foreach (var batch in batches)
        {
            foreach (var frame in batch.Events.Where(frame => frame.Type == JobWireTypes.Deleted))
            {
                deletions[frame.EntityId] = frame;
            }

            foreach (var change in batch.Records)
            {
                Keep(change);
            }
        }

        foreach (var state in states)
        {
            Keep(Entities.RecordOf(state));
        }

        return new ShardMemory(jobs, live, deletions);

        void Keep(RecordChange change)
        {
            if (change.Index is null)
            {
                jobs.Remove(change.EntityId); // a new life of the id counts from 1 again
            }
            else if (!jobs.TryGetValue(change.EntityId, out var known) || known.Version < change.Version)
            {
                jobs[change.EntityId] = change;
            }
        }
    }
}
