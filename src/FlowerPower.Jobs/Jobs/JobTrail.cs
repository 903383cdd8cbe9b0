using System.Collections.Immutable;

namespace FlowerPower.Jobs;

/// <summary>What every existing job carries: what it is, when it came, and how it got where it is.</summary>
/// <param name="Spec">What the job is.</param>
/// <param name="EnqueuedAt">When it was accepted; its age inside its priority counts from here.</param>
/// <param name="AttemptsMade">Attempts started in all, lost ones included; numbers the next one.</param>
/// <param name="FailuresMade">
/// Attempts since the last <see cref="JobCommand.Retry"/> that failed; compared with <see cref="RetryPolicy.MaxRetries"/>.
/// </param>
/// <param name="Crashes">Attempts since then whose worker died under them.</param>
/// <param name="Transitions">Oldest first; at most <see cref="MaxTransitions"/>: the first one and the newest are kept.</param>
/// <param name="DroppedTransitions">How many were left out between the first and the rest.</param>
/// <param name="Retries">How often somebody let the ended job run again; its expiry counts only before the first time.</param>
public sealed record JobTrail(
    JobSpec Spec,
    DateTimeOffset EnqueuedAt,
    int AttemptsMade,
    int FailuresMade,
    int Crashes,
    ImmutableArray<JobTransition> Transitions,
    int DroppedTransitions = 0,
    int Retries = 0)
{
    /// <summary>What ties the job to others; <see langword="null"/> if nothing ever did.</summary>
    public JobLinks? Links { get; init; }

    /// <summary>The job has completed, and nobody else may have its unique key yet.</summary>
    public bool HoldsKey { get; init; }

    /// <summary>The number of the queue's permit under which an attempt runs; <see langword="null"/>: none runs, or none was needed.</summary>
    public long? Permit { get; init; }

    /// <summary>The newest lines of attempts that have ended; <see langword="null"/> if none wrote any.</summary>
    public JobLog? Log { get; init; }

    /// <summary>Where the next attempt goes on; <see langword="null"/> if it begins at the beginning.</summary>
    public JobCheckpoint? Checkpoint { get; init; }

    /// <summary>The greatest length of <see cref="Transitions"/>.</summary>
    public const int MaxTransitions = 64;

    /// <summary>The greatest number of characters in a transition's note or name; longer texts are cut.</summary>
    public const int MaxTextLength = 200;

    /// <summary>The grant of the newest attempt; <see langword="null"/> if there was none (or it was too long ago to be kept).</summary>
    public GrantId? LastGrant
    {
        get
        {
            for (var i = Transitions.Length - 1; i >= 0; i--)
            {
                if (Transitions[i].Grant is { } grant)
                {
                    return grant;
                }
            }

            return null;
        }
    }

    /// <summary>Did this grant start an attempt of the job, as far back as the transitions go?</summary>
    public bool HasUsed(GrantId grant)
    {
        foreach (var step in Transitions)
        {
            if (step.Grant == grant)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Did this request enqueue the job or let it run again, as far back as the transitions go?</summary>
    public bool HasHandled(RequestId request)
    {
        foreach (var step in Transitions)
        {
            if (step.Request == request)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(JobTrail? other) =>
        ReferenceEquals(this, other)
        || (other is not null && EnqueuedAt == other.EnqueuedAt && AttemptsMade == other.AttemptsMade && FailuresMade == other.FailuresMade
            && Crashes == other.Crashes && DroppedTransitions == other.DroppedTransitions && Retries == other.Retries
            && Links == other.Links && HoldsKey == other.HoldsKey && Permit == other.Permit
            && Log == other.Log && Checkpoint == other.Checkpoint
            && Spec == other.Spec && Transitions.AsSpan().SequenceEqual(other.Transitions.AsSpan()));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Spec.Id, EnqueuedAt, AttemptsMade, Transitions.Length);
}

/// <summary>One step of a job's life, for people.</summary>
/// <param name="At">When.</param>
/// <param name="Status">
/// What the job became (a waiting job: <see cref="JobStatus.Scheduled"/>, <see cref="JobStatus.Pending"/> or
/// <see cref="JobStatus.Retrying"/> as of then).
/// </param>
/// <param name="Attempt">The attempt that it concerns; 0 if none.</param>
/// <param name="By">The worker or person behind it; <see langword="null"/> if nobody in particular.</param>
/// <param name="Note">Why, in words: an error's message, a reason; <see langword="null"/> if plain.</param>
/// <param name="Grant">The grant that started the attempt, where one started: it must not start another.</param>
/// <param name="Request">The request that brought it about, where one could be sent again: that must not bring it about twice.</param>
public sealed record JobTransition(
    DateTimeOffset At, JobStatus Status, int Attempt, string? By, string? Note, GrantId? Grant = null, RequestId? Request = null);
