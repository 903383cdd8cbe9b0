using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>When some job's deadline or expiry comes: one timer for a shard instead of one for each job.</summary>
/// <remarks>
/// A check may be lost on its way to its job, so it is named again and again until the job has moved on. A job that moves on leaves its entry
/// in the heap until that is mostly such leftovers, and is swept.
/// </remarks>
internal sealed class ClockChecks
{
    /// <summary>A check that was taken and after which nobody has said when to look next is due again after so long.</summary>
    public static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(5);

    private const int SweepFrom = 1_024;

    private readonly Lock gate = new();
    private readonly Dictionary<JobId, DateTimeOffset> wanted = [];
    private PriorityQueue<JobId, DateTimeOffset> checks = new();

    /// <summary>Entries in memory, leftovers included.</summary>
    public int Entries
    {
        get
        {
            lock (gate)
            {
                return checks.Count;
            }
        }
    }

    /// <summary>Look at this job then, and at no other time; <see langword="null"/>: never.</summary>
    public void Set(JobId id, DateTimeOffset? at)
    {
        lock (gate)
        {
            if (at is { } instant)
            {
                wanted[id] = instant;
                checks.Enqueue(id, instant);
            }
            else
            {
                wanted.Remove(id);
            }

            if (checks.Count > SweepFrom && checks.Count > 2 * wanted.Count)
            {
                checks = new PriorityQueue<JobId, DateTimeOffset>(wanted.Select(check => (check.Key, check.Value)));
            }
        }
    }

    /// <summary>The jobs whose instant has come, oldest first; again <see cref="RepeatAfter"/> later, unless <see cref="Set"/> says otherwise.</summary>
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
                if (wanted.TryGetValue(id, out var instant) && instant == at)
                {
                    due.Add(id);
                }
            }

            foreach (var id in due)
            {
                wanted[id] = now + RepeatAfter;
                checks.Enqueue(id, now + RepeatAfter);
            }

            return due;
        }
    }
}
