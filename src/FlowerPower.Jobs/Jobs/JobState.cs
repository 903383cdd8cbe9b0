namespace FlowerPower.Jobs;

/// <summary>A job as folded from its events. Each state has only the data that exists in it.</summary>
public abstract record JobState : EntityState
{
    private JobState() { } // closed: every state is nested here

    /// <summary>No job of this id.</summary>
    public sealed record Absent : JobState;

    /// <summary>Waits for other jobs to end: those of <see cref="JobLinks.Awaits"/>.</summary>
    /// <param name="DueAt">From when on it may start, once nobody is waited for any more.</param>
    public sealed record Deferred(JobTrail Trail, DateTimeOffset DueAt) : JobState;

    /// <summary>Waits to become due, or for a worker.</summary>
    /// <param name="Trail">What was before.</param>
    /// <param name="DueAt">From when on it may start.</param>
    /// <param name="LastError">The error of the attempt before; <see langword="null"/> if none failed.</param>
    public sealed record Waiting(JobTrail Trail, DateTimeOffset DueAt, JobError? LastError) : JobState
    {
        /// <summary>
        /// It may start as soon as it waits: it was given no later instant. That holds even if the clock is set back afterwards, which must
        /// not hold up a job that nobody delayed.
        /// </summary>
        public bool IsDueAtOnce => DueAt <= Trail.Transitions[^1].At;

        /// <summary>From when on it may start, by any clock: the beginning of time if <see cref="IsDueAtOnce"/>.</summary>
        public DateTimeOffset DueFrom => IsDueAtOnce ? DateTimeOffset.MinValue : DueAt;

        /// <summary>It may start.</summary>
        public bool IsDueAt(DateTimeOffset now) => now >= DueFrom;

        /// <summary>What users see of a job that waits, from as much of it as an index keeps.</summary>
        /// <param name="dueFrom">Its <see cref="DueFrom"/>.</param>
        /// <param name="hasFailed">It has a <see cref="LastError"/>.</param>
        public static JobStatus StatusAt(DateTimeOffset now, DateTimeOffset dueFrom, bool hasFailed) =>
            now >= dueFrom ? JobStatus.Pending : hasFailed ? JobStatus.Retrying : JobStatus.Scheduled;
    }

    /// <summary>One attempt is with a worker.</summary>
    public sealed record Running(JobTrail Trail, int Attempt, GrantId Grant, WorkerId Worker, DateTimeOffset StartedAt, DateTimeOffset? Deadline)
        : JobState;

    /// <summary>Ended.</summary>
    /// <param name="Outcome">
    /// <see cref="JobStatus.Completed"/>, <see cref="JobStatus.Failed"/> or <see cref="JobStatus.Cancelled"/>.
    /// </param>
    /// <param name="ResultJson">UTF-8 JSON; empty unless completed.</param>
    /// <param name="Error"><see langword="null"/> unless failed.</param>
    public sealed record Finished(JobTrail Trail, JobStatus Outcome, DateTimeOffset At, ReadOnlyMemory<byte> ResultJson, JobError? Error)
        : JobState
    {
        /// <summary>
        /// Until when somebody wanted it to be kept (<see cref="DateTimeOffset.MaxValue"/>: for ever); <see langword="null"/>: as its retention says.
        /// </summary>
        public DateTimeOffset? KeptUntil { get; init; }

        /// <summary>When it may be forgotten; <see langword="null"/>: never. A retention beyond the calendar's end keeps the job for ever.</summary>
        public DateTimeOffset? ForgottenFrom => KeptUntil is { } until
            ? until == DateTimeOffset.MaxValue ? null : until
            : Retention < DateTimeOffset.MaxValue - At ? At + Retention : null;

        private TimeSpan Retention => Outcome == JobStatus.Failed ? Trail.Spec.FailureRetention : Trail.Spec.ResultRetention;

        /// <inheritdoc/>
        public bool Equals(Finished? other) =>
            base.Equals(other) && Outcome == other.Outcome && At == other.At && Error == other.Error && Trail == other.Trail
            && KeptUntil == other.KeptUntil
            && ResultJson.Span.SequenceEqual(other.ResultJson.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Version, Outcome, At);
    }

    /// <summary>The one absent state.</summary>
    public static Absent None { get; } = new();

    /// <summary>What lies behind the job; <see langword="null"/> only for <see cref="Absent"/>.</summary>
    public JobTrail? History => this switch
    {
        Deferred s => s.Trail,
        Waiting s => s.Trail,
        Running s => s.Trail,
        Finished s => s.Trail,
        _ => null,
    };

    /// <summary>What ties it to other jobs; <see cref="JobLinks.None"/> if nothing does.</summary>
    public JobLinks Links => History?.Links ?? JobLinks.None;

    /// <summary>It has not ended.</summary>
    public bool IsUnfinished => this is not (Absent or Finished);

    /// <inheritdoc/>
    public sealed override string? EntityId => History?.Spec.Id.Value;

    /// <summary>It has not ended, or has yet to tell others that it has, or holds its key.</summary>
    public sealed override bool IsLive => IsUnfinished || !Links.Outbox.IsEmpty || HoldsKey;

    /// <summary>No other job may have its unique key.</summary>
    public bool HoldsKey => History is { Spec.UniqueKey: not null } trail && (IsUnfinished || trail.HoldsKey);

    /// <summary>The same state with another trail.</summary>
    /// <exception cref="InvalidOperationException">There is no job.</exception>
    internal JobState With(JobTrail trail) => this switch
    {
        Deferred s => s with { Trail = trail },
        Waiting s => s with { Trail = trail },
        Running s => s with { Trail = trail },
        Finished s => s with { Trail = trail },
        _ => throw new InvalidOperationException("A job that does not exist has no trail."),
    };

    /// <summary>
    /// Attempts that count against <see cref="RetryPolicy.MaxAttempts"/>: those of this round that failed, and the one that runs or that ended
    /// otherwise than by its worker's loss.
    /// </summary>
    public int AttemptsThisRound => (History?.FailuresMade ?? 0) + (this switch
    {
        Running or Finished { Outcome: JobStatus.Completed } => 1,
        Finished { Outcome: JobStatus.Cancelled, Trail.Transitions: [.., { Attempt: > 0 }] } => 1,
        _ => 0, // a failed attempt is among the failures
    });

    /// <summary>What users see at <paramref name="now"/>: a waiting job is scheduled or retrying until it is due, then pending.</summary>
    /// <exception cref="InvalidOperationException">There is no job.</exception>
    public JobStatus StatusAt(DateTimeOffset now) => this switch
    {
        Deferred => JobStatus.Deferred,
        Waiting s => Waiting.StatusAt(now, s.DueFrom, s.LastError is not null),
        Running => JobStatus.Running,
        Finished s => s.Outcome,
        _ => throw new InvalidOperationException("An absent job has no status."),
    };
}
