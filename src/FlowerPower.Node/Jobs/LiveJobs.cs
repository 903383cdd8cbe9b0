using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>A shard's unfinished jobs, in as few bytes as lists and the work line need.</summary>
internal sealed class LiveJobs
{
    private readonly Lock gate = new();
    private readonly Dictionary<JobId, LiveJob> jobs = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return jobs.Count;
            }
        }
    }

    /// <summary>Take in a job's new state: finished jobs leave.</summary>
    public void Apply(JobState state)
    {
        var spec = state.History!.Spec;
        lock (gate)
        {
            if (state is JobState.Finished)
            {
                jobs.Remove(spec.Id);
            }
            else
            {
                jobs[spec.Id] = LiveJob.Of(state);
            }
        }
    }

    /// <summary>A copy of their ids; unordered.</summary>
    public IReadOnlyCollection<JobId> Ids()
    {
        lock (gate)
        {
            return [.. jobs.Keys];
        }
    }

    /// <summary>A copy of those that match; unordered.</summary>
    public List<(JobId Id, LiveJob Job)> Where(Func<LiveJob, bool> matches)
    {
        lock (gate)
        {
            var found = new List<(JobId, LiveJob)>();
            foreach (var (id, job) in jobs)
            {
                if (matches(job))
                {
                    found.Add((id, job));
                }
            }

            return found;
        }
    }

    /// <summary>Put all that wait into a line.</summary>
    public void OfferTo(WaitingLine line)
    {
        lock (gate)
        {
            foreach (var (id, job) in jobs)
            {
                if (job.DueAtTicks != 0)
                {
                    line.Offer(new WaitingJob(
                        id,
                        job.Queue,
                        job.Priority,
                        new DateTimeOffset(job.EnqueuedAtTicks, TimeSpan.Zero),
                        new DateTimeOffset(job.DueAtTicks, TimeSpan.Zero)));
                }
            }
        }
    }

    /// <summary>Count by status at an instant.</summary>
    public void CountInto(Dictionary<JobStatus, long> counts, DateTimeOffset now)
    {
        lock (gate)
        {
            foreach (var job in jobs.Values)
            {
                var status = job.StatusAt(now);
                counts[status] = counts.GetValueOrDefault(status) + 1;
            }
        }
    }
}

/// <summary>One unfinished job in an index: what lists filter and sort by.</summary>
/// <param name="DueAtTicks">When it is due, in UTC ticks; 0: it runs.</param>
internal readonly record struct LiveJob(string Pipeline, string Queue, JobPriority Priority, long EnqueuedAtTicks, long DueAtTicks, bool HasFailed)
{
    private const long AtOnce = 1;

    public static LiveJob Of(JobState state)
    {
        var trail = state.History!;
        var waiting = state as JobState.Waiting;
        return new LiveJob(
            string.Intern(trail.Spec.Pipeline),
            string.Intern(trail.Spec.Queue),
            trail.Spec.Priority,
            trail.EnqueuedAt.UtcTicks,
            waiting is null ? 0 : waiting.IsDueAtOnce ? AtOnce : waiting.DueAt.UtcTicks,
            waiting?.LastError is not null);
    }

    public JobStatus StatusAt(DateTimeOffset now) =>
        DueAtTicks == 0 ? JobStatus.Running
        : DueAtTicks <= now.UtcTicks ? JobStatus.Pending
        : HasFailed ? JobStatus.Retrying
        : JobStatus.Scheduled;
}
