using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>When some job's deadline or expiry comes: one timer for a shard instead of one for each job.</summary>
/// <remarks>Entries of jobs that have moved on stay until their instant; looking at such a job's clock changes nothing.</remarks>
internal sealed class ClockChecks
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<JobId, DateTimeOffset> checks = new();

    /// <summary>Look at this job then.</summary>
    public void Add(DateTimeOffset at, JobId id)
    {
        lock (gate)
        {
            checks.Enqueue(id, at);
        }
    }

    /// <summary>The jobs whose instant has come, oldest first.</summary>
    public IReadOnlyList<JobId> TakeDue(DateTimeOffset now)
    {
        lock (gate)
        {
            if (!checks.TryPeek(out _, out var first) || first > now)
            {
                return [];
            }

            var due = new List<JobId>();
            while (checks.TryPeek(out var id, out var at) && at <= now)
            {
                checks.Dequeue();
                due.Add(id);
            }

            return due;
        }
    }
}
