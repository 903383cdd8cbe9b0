namespace FlowerPower.Jobs;

/// <summary>The answer to a command: the events to store, or why not.</summary>
/// <param name="Events">In order; empty if nothing changes or the command is refused.</param>
/// <param name="Refusal"><see langword="null"/> if the command is accepted.</param>
public readonly record struct Decision(IReadOnlyList<JobEvent> Events, Refusal? Refusal)
{
    /// <summary>Accepted, and nothing changes.</summary>
    public static Decision Nothing { get; } = new([], null);

    /// <summary>Accepted: this happened.</summary>
    public static Decision Accept(JobEvent happened) => new([happened], null);

    /// <summary>Accepted: this happened, in this order.</summary>
    public static Decision Accept(IReadOnlyList<JobEvent> happened) => new(happened, null);

    /// <summary>Refused for a named reason.</summary>
    public static Decision Refuse(Refusal reason) => new([], reason);
}

/// <summary>Why a command was refused; listed with their precedence in <c>docs/job-lifecycle.md</c>.</summary>
public enum Refusal
{
    /// <summary>No job of this id.</summary>
    NotFound = 1,

    /// <summary>The answer's attempt was taken away: timed out, cancelled, lost, or finished by another.</summary>
    StaleAttempt = 2,

    /// <summary>The job may not start yet.</summary>
    NotDue = 3,

    /// <summary>The job has ended.</summary>
    AlreadyFinished = 4,

    /// <summary>The job is with a worker already.</summary>
    AlreadyRunning = 5,

    /// <summary>Only a failed or cancelled job can be retried.</summary>
    NotRetryable = 6,

    /// <summary>The id is another pipeline's job's: this cannot be a repetition.</summary>
    IdTaken = 7,

    /// <summary>Another job has the unique key.</summary>
    KeyTaken = 8,

    /// <summary>Only a job that has ended can be deleted, or kept for another while.</summary>
    NotFinished = 9,
}
