using System.Collections.Immutable;

namespace FlowerPower.Jobs;

/// <summary>What every existing job carries: what it is, when it came, and how it got where it is.</summary>
/// <param name="Spec">What the job is.</param>
/// <param name="EnqueuedAt">When it was accepted; its age inside its priority counts from here.</param>
/// <param name="AttemptsMade">Attempts started in all, lost ones included; numbers the next one.</param>
/// <param name="FailuresMade">Attempts since the last <see cref="JobCommand.Retry"/> that failed; compared with <see cref="RetryPolicy.MaxRetries"/>.</param>
/// <param name="Crashes">Attempts since then whose worker died under them.</param>
/// <param name="Transitions">Oldest first; at most <see cref="MaxTransitions"/>: the first one and the newest are kept.</param>
/// <param name="DroppedTransitions">How many were left out between the first and the rest.</param>
public sealed record JobTrail(
    JobSpec Spec,
    DateTimeOffset EnqueuedAt,
    int AttemptsMade,
    int FailuresMade,
    int Crashes,
    ImmutableArray<JobTransition> Transitions,
    int DroppedTransitions = 0)
{
    /// <summary>The greatest length of <see cref="Transitions"/>.</summary>
    public const int MaxTransitions = 64;
}

/// <summary>One step of a job's life, for people.</summary>
/// <param name="At">When.</param>
/// <param name="Status">What the job became (a waiting job: <see cref="JobStatus.Scheduled"/>, <see cref="JobStatus.Pending"/> or <see cref="JobStatus.Retrying"/> as of then).</param>
/// <param name="Attempt">The attempt that it concerns; 0 if none.</param>
/// <param name="By">The worker or person behind it; <see langword="null"/> if nobody in particular.</param>
/// <param name="Note">Why, in words: an error's message, a reason; <see langword="null"/> if plain.</param>
public sealed record JobTransition(DateTimeOffset At, JobStatus Status, int Attempt, string? By, string? Note);
