using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>A shard's unfinished jobs, in as few bytes as lists and the work line need.</summary>
internal sealed class LiveJobs
{
    private readonly Lock gate = new();
    private readonly Dictionary<JobId, LiveJob> jobs = [];
    private readonly TagSets tags = new();

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
                // Many jobs share few names, and a look-up of a shared text costs more than all the rest: once for each job.
                var (pipeline, queue, words) = jobs.TryGetValue(spec.Id, out var known)
                    ? (known.Pipeline, known.Queue, known.Tags)
                    : (string.Intern(spec.Pipeline), string.Intern(spec.Queue), tags.Of(spec.Tags));
                jobs[spec.Id] = LiveJob.Of(state, pipeline, queue) with { Tags = words };
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
                if (job.IsWaiting)
                {
                    line.Offer(job.ToWaitingJob(id));
                }
            }
        }
    }

    /// <summary>Count by queue and status at an instant.</summary>
    public void CountInto(Dictionary<string, Dictionary<JobStatus, long>> counts, DateTimeOffset now)
    {
        lock (gate)
        {
            foreach (var job in jobs.Values)
            {
                if (!counts.TryGetValue(job.Queue, out var ofQueue))
                {
                    counts[job.Queue] = ofQueue = [];
                }

                var status = job.StatusAt(now);
                ofQueue[status] = ofQueue.GetValueOrDefault(status) + 1;
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
/// <param name="DueFromTicks">From when on it may start, in UTC ticks; <see cref="Runs"/>: it runs; <see cref="IsDeferred"/>: it waits for other jobs.</param>
/// <param name="Worker">Who runs it; <see langword="null"/> if it waits.</param>
internal readonly record struct LiveJob(
    string Pipeline, string Queue, JobPriority Priority, long EnqueuedAtTicks, long DueFromTicks, bool HasFailed, string? Worker)
{
    private const long Runs = -1;
    private const long Defers = -2;

    public bool IsWaiting => DueFromTicks >= 0;

    public bool IsDeferred => DueFromTicks == Defers;

    /// <summary>Its tags; <see langword="null"/>: none.</summary>
    public string[]? Tags { get; init; }

    public static LiveJob Of(JobState state, string pipeline, string queue)
    {
        var trail = state.History!;
        var waiting = state as JobState.Waiting;
        return new LiveJob(
            pipeline,
            queue,
            trail.Spec.Priority,
            trail.EnqueuedAt.UtcTicks,
            waiting?.DueFrom.UtcTicks ?? (state is JobState.Deferred ? Defers : Runs),
            waiting?.LastError is not null,
            (state as JobState.Running)?.Worker.Value);
    }

    /// <summary>How it stands in the line; only of a job that waits.</summary>
    public WaitingJob ToWaitingJob(JobId id) => new(id, Queue, Priority, new(EnqueuedAtTicks, TimeSpan.Zero), new(DueFromTicks, TimeSpan.Zero));

    public JobStatus StatusAt(DateTimeOffset now) =>
        IsWaiting ? JobState.Waiting.StatusAt(now, new(DueFromTicks, TimeSpan.Zero), HasFailed) : IsDeferred ? JobStatus.Deferred : JobStatus.Running;
}

/// <summary>How a job stands in the line: the same whether its shard remembers it or its actor says it.</summary>
internal static class WaitingJobs
{
    public static WaitingJob ToWaitingJob(this JobState.Waiting state) =>
        LiveJob.Of(state, state.Trail.Spec.Pipeline, state.Trail.Spec.Queue).ToWaitingJob(state.Trail.Spec.Id);
}
