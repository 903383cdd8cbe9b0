using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>Which of a shard's jobs holds which unique key. All jobs of one key are in one shard, so this is the whole truth about it.</summary>
internal sealed class UniqueKeys
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, JobId> holders = new(StringComparer.Ordinal);

    /// <summary>Take a key for a job, before it is stored that it wants it.</summary>
    /// <returns>Who has it already; <see langword="null"/>: the job has it now.</returns>
    public JobId? TryHold(string key, JobId id)
    {
        lock (gate)
        {
            if (holders.TryGetValue(key, out var holder) && holder != id)
            {
                return holder;
            }

            holders[key] = id;
            return null;
        }
    }

    /// <summary>A job's state as it is stored.</summary>
    public void Apply(JobState state)
    {
        if (state.History is { Spec: { UniqueKey: { } key } spec })
        {
            lock (gate)
            {
                if (state.HoldsKey)
                {
                    holders[key] = spec.Id;
                }
                else
                {
                    Release(key, spec.Id);
                }
            }
        }
    }

    /// <summary>The job has the key no more; nothing happens if it has not.</summary>
    public void Release(string key, JobId id)
    {
        lock (gate)
        {
            if (holders.GetValueOrDefault(key) == id)
            {
                holders.Remove(key);
            }
        }
    }
}
