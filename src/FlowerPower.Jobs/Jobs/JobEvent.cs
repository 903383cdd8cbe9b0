using System.Collections.Immutable;

namespace FlowerPower.Jobs;

/// <summary>Something that happened to one job, in its log. A shipped event is never edited: new meaning, new event.</summary>
public abstract record JobEvent
{
    private JobEvent() { } // closed: every event is nested here

    /// <summary>When it happened, by the clock of the node that decided it; UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The job exists and waits.</summary>
    /// <param name="Request">Whose wish it was; <see langword="null"/>: not known.</param>
    public sealed record Enqueued(JobSpec Spec, DateTimeOffset DueAt, RequestId? Request = null) : JobEvent;

    /// <summary>An attempt is with a worker.</summary>
    /// <param name="Attempt">1-based.</param>
    /// <param name="Deadline">When the attempt has run too long; <see langword="null"/>: never.</param>
    /// <param name="Permit">The number of its queue's permit, which is given back when the attempt has ended; <see langword="null"/>: none.</param>
    public sealed record AttemptStarted(int Attempt, GrantId Grant, WorkerId Worker, DateTimeOffset? Deadline, long? Permit = null) : JobEvent;

    /// <summary>The attempt failed and the next one is due at <paramref name="RetryAt"/>.</summary>
    public sealed record AttemptFailed(int Attempt, JobError Error, DateTimeOffset RetryAt) : JobEvent;

    /// <summary>The attempt's worker is gone, and the job waits again at once. This uses up no retry.</summary>
    /// <param name="Crashed">The worker died under it (<see langword="false"/>: it handed the attempt back).</param>
    public sealed record AttemptLost(int Attempt, WorkerId Worker, bool Crashed) : JobEvent;

    /// <summary>The job has its result, as UTF-8 JSON.</summary>
    public sealed record Completed(int Attempt, ReadOnlyMemory<byte> ResultJson) : JobEvent
    {
        /// <inheritdoc/>
        public bool Equals(Completed? other) =>
            base.Equals(other) && Attempt == other.Attempt && ResultJson.Span.SequenceEqual(other.ResultJson.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(At, Attempt, ResultJson.Length);
    }

    /// <summary>The job has failed for good.</summary>
    /// <param name="Attempt">The attempt that ended it; 0 if it expired before any.</param>
    public sealed record Failed(int Attempt, JobError Error) : JobEvent;

    /// <summary>Somebody ended the job.</summary>
    public sealed record Cancelled(string By, string? Reason) : JobEvent;

    /// <summary>An ended job waits again, with fresh attempts.</summary>
    /// <param name="Request">Whose wish it was; <see langword="null"/>: not known.</param>
    /// <param name="Fresh">What former attempts saved is forgotten.</param>
    public sealed record Retried(string By, RequestId? Request = null, bool Fresh = false) : JobEvent;

    /// <summary>The newest lines of an attempt are kept with the job; its end follows at once.</summary>
    public sealed record LogKept(int Attempt, JobLog Log) : JobEvent;

    /// <summary>The running attempt saved where it is, as UTF-8 JSON.</summary>
    public sealed record CheckpointSaved(int Attempt, ReadOnlyMemory<byte> Json) : JobEvent
    {
        /// <inheritdoc/>
        public bool Equals(CheckpointSaved? other) => base.Equals(other) && Attempt == other.Attempt && Json.Span.SequenceEqual(other.Json.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(At, Attempt, Json.Length);
    }

    /// <summary>The attempt ended without an outcome, and the job waits until <paramref name="Until"/>. This uses up no retry.</summary>
    public sealed record Snoozed(int Attempt, DateTimeOffset Until) : JobEvent;

    /// <summary>Another job wants to hear of this one's end.</summary>
    public sealed record DependentAdded(JobId Dependent) : JobEvent;

    /// <summary>A job that this one waited for has ended as it needs it.</summary>
    public sealed record ParentEnded(JobId Parent, JobStatus Outcome) : JobEvent;

    /// <summary>The job's unique key is free.</summary>
    public sealed record KeyReleased : JobEvent;

    /// <summary>What the job had to tell others was acknowledged.</summary>
    /// <param name="Numbers">Of the <see cref="JobNote"/>s; not empty.</param>
    public sealed record NotesDelivered(ImmutableArray<int> Numbers) : JobEvent
    {
        /// <inheritdoc/>
        public bool Equals(NotesDelivered? other) => base.Equals(other) && Numbers.SequenceEqual(other.Numbers);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(At, Numbers.Length);
    }

    /// <summary>Somebody decided how long the ended job is kept.</summary>
    /// <param name="Until"><see cref="DateTimeOffset.MaxValue"/>: for ever.</param>
    public sealed record Kept(string By, DateTimeOffset Until) : JobEvent;

    /// <summary>The ended job is forgotten: its record goes in the same step. What its id does afterwards is another job's.</summary>
    public sealed record Deleted(string By) : JobEvent;
}
