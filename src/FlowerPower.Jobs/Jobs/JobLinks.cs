using System.Collections.Immutable;

namespace FlowerPower.Jobs;

/// <summary>What ties a job to others: whom it waits for, who waits for it, and what it has yet to tell them.</summary>
/// <param name="Awaits">Parents that have not ended as the job needs it; in the order of <see cref="JobSpec.DependsOn"/>.</param>
/// <param name="Dependents">Jobs that want to hear of its end.</param>
/// <param name="Outbox">What is to be told to other jobs, oldest first: each until it was acknowledged.</param>
/// <param name="LastNote">The number of the newest note that there ever was; 0 before the first.</param>
public sealed record JobLinks(
    ImmutableArray<JobId> Awaits, ImmutableHashSet<JobId> Dependents, ImmutableArray<JobNote> Outbox, int LastNote)
{
    /// <summary>No ties.</summary>
    public static JobLinks None { get; } = new([], [], [], 0);

    /// <summary>With one more note for each of these, under the next numbers.</summary>
    public JobLinks Telling(JobNoteKind kind, IReadOnlyCollection<JobId> to, JobStatus? outcome = null) => this with
    {
        Outbox = Outbox.AddRange(to.Select((id, i) => new JobNote(LastNote + 1 + i, kind, id, outcome))),
        LastNote = LastNote + to.Count,
    };

    /// <summary>With one more note, to the job's own queue.</summary>
    public JobLinks Returning(JobId me, long permit) =>
        this with { Outbox = Outbox.Add(new JobNote(LastNote + 1, JobNoteKind.ReturnPermit, me, Permit: permit)), LastNote = LastNote + 1 };

    /// <inheritdoc/>
    public bool Equals(JobLinks? other) =>
        other is not null && LastNote == other.LastNote && Awaits.SequenceEqual(other.Awaits) && Dependents.SetEquals(other.Dependents)
        && Outbox.SequenceEqual(other.Outbox);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LastNote, Awaits.Length, Dependents.Count, Outbox.Length);
}

/// <summary>Something that a job has to tell another one. Told at least once; whoever hears it again changes nothing.</summary>
/// <param name="Number">1 or more; never used twice by one job.</param>
/// <param name="To">Whom: a parent, a dependent, or the job that is to be made; the job itself if it concerns its queue.</param>
/// <param name="Outcome">How the job ended; <see langword="null"/> unless the note says that.</param>
/// <param name="Permit">The permit that goes back; <see langword="null"/> unless one does.</param>
public sealed record JobNote(int Number, JobNoteKind Kind, JobId To, JobStatus? Outcome = null, long? Permit = null);

/// <summary>What a <see cref="JobNote"/> says.</summary>
public enum JobNoteKind
{
    /// <summary>To a parent: tell me when you have ended.</summary>
    Subscribe = 1,

    /// <summary>To a dependent: I have ended, so.</summary>
    Ended = 2,

    /// <summary>To a callback that is to be made: I have ended; run.</summary>
    Callback = 3,

    /// <summary>To its queue: an attempt has ended that ran under this permit.</summary>
    ReturnPermit = 4,
}
