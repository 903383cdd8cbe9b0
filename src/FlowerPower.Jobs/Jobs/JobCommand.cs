namespace FlowerPower.Jobs;

/// <summary>A request to change one job: imperative, and it may be refused.</summary>
public abstract record JobCommand
{
    private JobCommand() { } // closed: every command is nested here

    /// <summary>The newest lines of the running attempt, to be kept if the command ends it; <see langword="null"/> or empty: it wrote none.</summary>
    public IReadOnlyList<JobLogLine>? Log { get; init; }

    /// <summary>Make the job. A job of that id that exists already is left as it is.</summary>
    /// <param name="Request">Whose wish it is, so that a repetition knows its own job; <see langword="null"/>: not told.</param>
    public sealed record Enqueue(JobSpec Spec, DateTimeOffset DueAt, RequestId? Request = null) : JobCommand;

    /// <summary>Hand the next attempt to a worker slot.</summary>
    /// <param name="Permit">The number of its queue's permit for it; <see langword="null"/>: the queue needs none.</param>
    public sealed record Start(GrantId Grant, WorkerId Worker, long? Permit = null) : JobCommand;

    /// <summary>"I still work on it": changes nothing, and is refused once the attempt was taken away.</summary>
    public sealed record Heartbeat(GrantId Grant) : JobCommand;

    /// <summary>How far the attempt is; kept in memory, not in the log.</summary>
    public sealed record ReportProgress(GrantId Grant, JobProgress Progress) : JobCommand;

    /// <summary>What the attempt wrote; kept in memory, not in the log of events.</summary>
    /// <param name="Lines">In the order of their numbers.</param>
    public sealed record WriteLog(GrantId Grant, IReadOnlyList<JobLogLine> Lines) : JobCommand;

    /// <summary>Where the attempt is, for the next one to go on from.</summary>
    /// <param name="Json">UTF-8 JSON; at most <see cref="JobCheckpoint.MaxBytes"/>.</param>
    public sealed record SaveCheckpoint(GrantId Grant, ReadOnlyMemory<byte> Json) : JobCommand;

    /// <summary>The attempt ends without an outcome: another one goes on after a while. No failure, no crash, no retry used up.</summary>
    /// <param name="For">From when the job hears it; at least a millisecond.</param>
    public sealed record Snooze(GrantId Grant, TimeSpan For) : JobCommand;

    /// <summary>The attempt's result, as UTF-8 JSON.</summary>
    public sealed record Succeed(GrantId Grant, ReadOnlyMemory<byte> ResultJson) : JobCommand;

    /// <summary>The attempt's error.</summary>
    /// <param name="IsPermanent">
    /// Another attempt would be certain to fail as this one did (code that does not compile, an input that is missing), so there is none, whatever the
    /// job's retry policy says.
    /// </param>
    public sealed record Fail(GrantId Grant, JobError Error, bool IsPermanent = false) : JobCommand;

    /// <summary>The clock says that the attempt's deadline, or the job's expiry, may have passed.</summary>
    public sealed record CheckClock : JobCommand;

    /// <summary>The worker that holds the attempt is gone: its process died, or it handed the attempt back.</summary>
    /// <param name="HandedBack">It gave the attempt back in good order, so this is no sign of a poisonous job.</param>
    /// <param name="Grant">
    /// Only this attempt of the worker's (a worker that hands one back says which, so that a repetition cannot take its next one);
    /// <see langword="null"/>: whichever it holds, because its process is gone.
    /// </param>
    public sealed record LoseWorker(WorkerId Worker, bool HandedBack, GrantId? Grant = null) : JobCommand;

    /// <summary>End the job, waiting or running.</summary>
    /// <param name="By">Who asked, for the history.</param>
    public sealed record Cancel(string By, string? Reason) : JobCommand;

    /// <summary>Let a failed or cancelled job run again, with all its attempts before it.</summary>
    /// <param name="Request">The same one again is a repetition, and changes nothing; <see langword="null"/>: none is recognized.</param>
    /// <param name="Fresh">From the beginning: what former attempts saved is forgotten.</param>
    public sealed record Retry(string By, RequestId? Request = null, bool Fresh = false) : JobCommand;

    /// <summary>Tell this job when you have ended. One that has ended already is known by the state that it answers with.</summary>
    public sealed record AddDependent(JobId Dependent) : JobCommand;

    /// <summary>A job that this one waits for has ended.</summary>
    /// <param name="Outcome"><see langword="null"/>: there is no such job.</param>
    public sealed record HearParent(JobId Parent, JobStatus? Outcome) : JobCommand;

    /// <summary>Let a newer job have the unique key, though this one's window is not over.</summary>
    public sealed record GiveKey : JobCommand;

    /// <summary>What the job had to tell was acknowledged.</summary>
    /// <param name="Numbers">Of the <see cref="JobNote"/>s.</param>
    public sealed record ConfirmNotes(IReadOnlyCollection<int> Numbers) : JobCommand;

    /// <summary>Keep an ended job for another while than its retention says.</summary>
    /// <param name="By">Who asked, for the history.</param>
    /// <param name="Length">From now; above zero. Beyond the calendar's end it is kept for ever.</param>
    public sealed record Keep(string By, TimeSpan Length) : JobCommand;

    /// <summary>Forget an ended job: its id is free again.</summary>
    /// <param name="By">Who asked, for the log.</param>
    public sealed record Delete(string By) : JobCommand;
}
