namespace FlowerPower.Jobs;

/// <summary>One job as users see it, at one instant.</summary>
public sealed record JobView
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>What it runs.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The pipeline's project; may be empty.</summary>
    public string Project { get; init; } = "";

    /// <summary>Where it waits or waited.</summary>
    public required string Queue { get; init; }

    /// <summary>Its place there.</summary>
    public required JobPriority Priority { get; init; }

    /// <summary>As of the instant of this view.</summary>
    public required JobStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>From when on its next attempt may start; <see langword="null"/> unless it waits.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When its latest attempt started; <see langword="null"/> if none did.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; <see langword="null"/> if it has not.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When it may be forgotten; <see langword="null"/>: never, or it has not ended.</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    /// <summary>Attempts started over its whole life; 0 or more. It may be greater than <see cref="MaxAttempts"/>.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// Attempts that count against <see cref="MaxAttempts"/>: those since it was enqueued or last retried by hand, without any whose worker died
    /// or handed it back; 0 to <see cref="MaxAttempts"/>.
    /// </summary>
    public int AttemptsThisRound { get; init; }

    /// <summary>Attempts of one round it may fail before it has failed; 1 or more.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>The worker of its running attempt; <see langword="null"/> unless it runs.</summary>
    public string? Worker { get; init; }

    /// <summary>How far the running attempt is; <see langword="null"/> if not known.</summary>
    public JobProgress? Progress { get; init; }

    /// <summary>Why it failed, or why its last attempt did; <see langword="null"/> if nothing failed.</summary>
    public JobError? Error { get; init; }

    /// <summary>The result as UTF-8 JSON, an object by node name; empty unless completed and asked for.</summary>
    public ReadOnlyMemory<byte> ResultJson { get; init; }

    /// <summary>The caller's line about it.</summary>
    public string? Description { get; init; }

    /// <summary>The caller's tags; may be empty.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The caller's data; may be empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The jobs that had, or have, to end before it; may be empty.</summary>
    public IReadOnlyList<JobDependency> DependsOn { get; init; } = [];

    /// <summary>Those of them that it still waits for; empty unless it is <see cref="JobStatus.Deferred"/>.</summary>
    public IReadOnlyList<JobId> WaitsFor { get; init; } = [];

    /// <summary>How it got where it is, oldest first; empty in lists.</summary>
    public IReadOnlyList<JobTransition> History { get; init; } = [];

    /// <summary>Whether it has ended.</summary>
    public bool IsFinished => Status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled;

    /// <summary>The view of a job.</summary>
    /// <param name="state">Not <see cref="JobState.Absent"/>.</param>
    /// <param name="progress">The running attempt's, if known.</param>
    /// <param name="whole">With history and result; lists leave them out.</param>
    /// <exception cref="InvalidOperationException">There is no job.</exception>
    public static JobView Of(JobState state, DateTimeOffset now, JobProgress? progress = null, bool whole = true)
    {
        var trail = state.History ?? throw new InvalidOperationException("An absent job has no view.");
        var spec = trail.Spec;
        var view = new JobView
        {
            Id = spec.Id,
            Pipeline = spec.Pipeline,
            Project = spec.Project,
            Queue = spec.Queue,
            Priority = spec.Priority,
            Status = state.StatusAt(now),
            EnqueuedAt = trail.EnqueuedAt,
            Attempts = trail.AttemptsMade,
            AttemptsThisRound = state.AttemptsThisRound,
            MaxAttempts = spec.Retry.MaxAttempts,
            Description = spec.Description,
            Tags = spec.Tags,
            Metadata = spec.Metadata,
            DependsOn = spec.DependsOn,
            StartedAt = LatestStart(trail),
            History = whole ? trail.Transitions : [],
        };
        return state switch
        {
            JobState.Deferred s => view with { DueAt = s.DueAt > now ? s.DueAt : null, WaitsFor = s.Links.Awaits },
            JobState.Waiting s => view with { DueAt = s.DueAt, Error = s.LastError },
            JobState.Running s => view with { StartedAt = s.StartedAt, Worker = s.Worker.Value, Progress = progress },
            JobState.Finished s => view with { FinishedAt = s.At, KeptUntil = s.ForgottenFrom, Error = s.Error, ResultJson = whole ? s.ResultJson : default },
            _ => view,
        };
    }

    private static DateTimeOffset? LatestStart(JobTrail trail)
    {
        for (var i = trail.Transitions.Length - 1; i >= 0; i--)
        {
            if (trail.Transitions[i].Status == JobStatus.Running)
            {
                return trail.Transitions[i].At;
            }
        }

        return null;
    }
}
