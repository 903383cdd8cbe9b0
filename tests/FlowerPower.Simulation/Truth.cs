using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Simulation;

/// <summary>
/// What the store took, folded beside it from the first event on: it is never cut, pruned or forgotten, and it looks at each batch as it is stored.
/// </summary>
internal sealed class Truth(int shards)
{
    private readonly ShardOwner?[] owners = new ShardOwner?[shards];
    private readonly long[] sequences = new long[shards];
    private readonly Dictionary<JobId, JobState> jobs = [];
    private readonly Dictionary<JobId, List<JobEvent>> events = [];
    private readonly HashSet<JobId> live = [];

    public IReadOnlyDictionary<JobId, JobState> Jobs => jobs;

    /// <summary>The jobs that have not ended.</summary>
    public IReadOnlyCollection<JobId> Live => live;

    public JobState StateOf(JobId id) => jobs.GetValueOrDefault(id, JobState.None);

    public IReadOnlyList<JobEvent> EventsOf(JobId id) => events.GetValueOrDefault(id, []);

    /// <summary>The name of who claimed the job's shard last.</summary>
    public string? OwnerOf(JobId id) => owners[ShardKey.Of(id.Value, shards)]?.Node;

    public void Claimed(int shard, ShardOwner owner) => owners[shard] = owner;

    public void Released(int shard, ClaimId claim)
    {
        if (owners[shard]?.Claim == claim)
        {
            owners[shard] = null;
        }
    }

    /// <summary>A batch was stored: it must come from the shard's owner, follow what was there, and say in its records what its events say.</summary>
    public void Stored(World world, ShardBatch batch, long sequence)
    {
        if (owners[batch.Shard]?.Claim != batch.Claim)
        {
            throw world.Broken($"shard {batch.Shard} took a batch under another claim than its owner's (I2).");
        }

        if (sequence != ++sequences[batch.Shard])
        {
            throw world.Broken($"shard {batch.Shard} stored batch {sequence} where {sequences[batch.Shard]} had its place (I1).");
        }

        foreach (var frame in batch.Events)
        {
            Take(world, frame);
        }

        foreach (var record in batch.Records)
        {
            if (JobWire.DecodeRecord(record.Body, JobId.Parse(record.EntityId)) is var told && told != StateOf(JobId.Parse(record.EntityId)))
            {
                throw world.Broken($"the record of {record.EntityId} says {told}, its events say {StateOf(JobId.Parse(record.EntityId))} (I1).");
            }
        }
    }

    private void Take(World world, EventFrame frame)
    {
        var id = JobId.Parse(frame.EntityId);
        var before = StateOf(id);
        var e = JobWire.DecodeEvent(frame.Type, frame.Payload);
        if (frame.Version != before.Version + 1)
        {
            throw world.Broken($"{id} goes from event {before.Version} to {frame.Version}, {frame.Type} (I1).");
        }

        if (e is JobEvent.Completed or JobEvent.Failed or JobEvent.Cancelled && before is JobState.Finished)
        {
            throw world.Broken($"{id} has ended, and gets another outcome, {frame.Type} (I5).");
        }

        if (e is JobEvent.AttemptStarted start && before is JobState.Waiting waiting && (start.At < waiting.DueFrom || IsTooLate(waiting, start)))
        {
            throw world.Broken($"{id} starts at {start.At:O}, when it may not: it is due at {waiting.DueFrom:O}.");
        }

        if (e is JobEvent.Retried { Request: { } wish } && EventsOf(id).Any(former => former is JobEvent.Retried r && r.Request == wish))
        {
            throw world.Broken($"{id} is retried twice by one request (I4).");
        }

        JobState after;
        try
        {
            after = JobLifecycle.Evolve(before, e);
        }
        catch (InvalidOperationException error)
        {
            throw world.Broken($"{id}: {error.Message} (I1).");
        }

        if (after.AttemptsThisRound > after.History!.Spec.Retry.MaxAttempts)
        {
            throw world.Broken($"{id} makes {after.AttemptsThisRound} attempts of {after.History.Spec.Retry.MaxAttempts}.");
        }

        jobs[id] = after;
        (events.TryGetValue(id, out var list) ? list : events[id] = []).Add(e);
        _ = after is JobState.Finished ? live.Remove(id) : live.Add(id);
        world.Note($"  {id} {frame.Version} {e.GetType().Name}");
    }

    private static bool IsTooLate(JobState.Waiting job, JobEvent.AttemptStarted start) =>
        job.Trail is { AttemptsMade: 0, Retries: 0, Spec.ExpiresAt: { } expiry } && start.At >= expiry;
}
