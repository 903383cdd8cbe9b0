using static FlowerPower.Jobs.Decision;
using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.JobState;

namespace FlowerPower.Jobs;

/// <summary>The rules of one job's life: two pure functions. <c>docs/job-lifecycle.md</c> draws them.</summary>
public static class JobLifecycle
{
    /// <summary>A job whose workers died under it this often is parked as failed: it probably kills them.</summary>
    public const int MaxCrashes = 3;

    /// <summary>What a command does to a job.</summary>
    /// <param name="now">The deciding node's clock; UTC.</param>
    /// <param name="jitter">A uniform sample in [0, 1), used if a retry is due.</param>
    /// <returns>The events to store, or a refusal. It changes nothing by itself.</returns>
    public static Decision Decide(JobState state, JobCommand command, DateTimeOffset now, double jitter) =>
        AttemptRules.KeepLog(state, command, DecideBare(state, command, now, jitter), now);

    private static Decision DecideBare(JobState state, JobCommand command, DateTimeOffset now, double jitter) =>
        (state, command) switch
        {
            (Absent, Enqueue c) => Accept(new Enqueued(c.Spec, c.DueAt, c.Request) { At = now }),
            (_, Enqueue c) when c.Spec.Pipeline != state.History!.Spec.Pipeline => Refuse(Refusal.IdTaken),
            (_, Enqueue) => Nothing, // the same id again: enqueueing is idempotent
            (Absent, HearParent or ConfirmNotes) => Nothing, // what a deleted job was still told
            (Absent, _) => Refuse(Refusal.NotFound),

            (_, AddDependent c) => LinkRules.AddDependent(state, c.Dependent, now),
            (_, HearParent c) => LinkRules.Hear(state, c, now),
            (Finished { Trail.HoldsKey: true }, GiveKey) => Accept(new KeyReleased { At = now }),
            (_, GiveKey) => Nothing,
            (_, ConfirmNotes c) => LinkRules.Confirm(state, c.Numbers, now),

            (Waiting or Deferred, Start or CheckClock) when IsExpired(state, now) => Accept(Expire(state.History!, now)),
            (Deferred, Start) => Refuse(Refusal.NotDue),
            (Waiting s, Start c) when s.Trail.HasUsed(c.Grant) => Refuse(Refusal.StaleAttempt), // its former holder may answer yet
            (Waiting s, Start) when !s.IsDueAt(now) => Refuse(Refusal.NotDue),
            (Waiting s, Start c) => Accept(Begin(s, c, now)),
            (Running s, Start c) when s.Grant == c.Grant => Nothing, // the same grant again
            (Running, Start) => Refuse(Refusal.AlreadyRunning),
            (Finished, Start) => Refuse(Refusal.AlreadyFinished),

            (Running s, Heartbeat c) when s.Grant == c.Grant => Nothing,
            (Running s, ReportProgress c) when s.Grant == c.Grant => Nothing,
            (Running s, WriteLog c) when s.Grant == c.Grant => Nothing,
            (Running s, SaveCheckpoint c) when s.Grant == c.Grant => AttemptRules.Save(s, c, now),
            (Running s, Snooze c) when s.Grant == c.Grant => Accept(AttemptRules.Snooze(s, c, now)),
            (Running s, Succeed c) when s.Grant == c.Grant => Accept(new Completed(s.Attempt, c.ResultJson) { At = now }),
            (Running s, Fail c) when s.Grant == c.Grant => Accept(AfterFailure(s, c.Error, c.IsPermanent, now, jitter)),

            // The answer that ended the attempt, again, because its reply was lost.
            (Finished { Outcome: JobStatus.Completed } s, Succeed c) when s.Trail.LastGrant == c.Grant => Nothing,
            (Finished { Outcome: JobStatus.Failed } s, Fail c) when s.Trail.LastGrant == c.Grant && s.Error == c.Error => Nothing,
            (Waiting { LastError: { } last } s, Fail c) when s.Trail.LastGrant == c.Grant && last == c.Error => Nothing,
            (Waiting s, Snooze c) when AttemptRules.IsSnoozedBy(s, c.Grant) => Nothing,

            // A worker whose attempt was taken away may still answer. Its grant gives it away.
            (_, Heartbeat or ReportProgress or WriteLog or SaveCheckpoint or Snooze or Succeed or Fail) => Refuse(Refusal.StaleAttempt),

            (Running s, CheckClock) when s.Deadline is { } deadline && now >= deadline =>
                Accept(AfterFailure(s, TimedOut(s), isPermanent: false, now, jitter)),
            (Finished, CheckClock) when KeyRules.IsOver(state, now) => Accept(new KeyReleased { At = now }),
            (_, CheckClock) => Nothing,

            (Running s, LoseWorker c) when s.Worker == c.Worker && (c.Grant ?? s.Grant) == s.Grant =>
                Accept(AfterLoss(s, crashed: !c.HandedBack, now)),
            (_, LoseWorker) => Nothing,

            (Deferred or Waiting or Running, Cancel c) => Accept(new Cancelled(c.By, c.Reason) { At = now }),
            (Finished { Outcome: JobStatus.Cancelled }, Cancel) => Nothing,
            (_, Cancel) => Refuse(Refusal.AlreadyFinished),

            // Before all else: what this wish brought about may have run and ended since.
            (_, Retry { Request: { } request }) when state.History!.HasHandled(request) => Nothing,
            (Finished { Outcome: JobStatus.Failed or JobStatus.Cancelled }, Retry c) => Accept(new Retried(c.By, c.Request, c.Fresh) { At = now }),
            (_, Retry) => Refuse(Refusal.NotRetryable),

            (Finished, Keep c) => Accept(new Kept(c.By, Later(now, c.Length)) { At = now }),
            (Finished { Links.Outbox.IsEmpty: true }, Delete c) => Accept(new Deleted(c.By) { At = now }), // else others have yet to hear of its end
            (_, Keep or Delete) => Refuse(Refusal.NotFinished),

            _ => throw new InvalidOperationException($"No rule for {command.GetType().Name} in {state.GetType().Name}."),
        };

    /// <summary>A job after an event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot follow: the log is corrupt.</exception>
    public static JobState Evolve(JobState state, JobEvent e)
    {
        JobState next = (state, e) switch
        {
            (Absent, Enqueued x) => LinkRules.Begin(Born(x), [.. x.Spec.DependsOn.Select(parent => parent.Job)], x.DueAt),
            (Deferred s, ParentEnded x) => LinkRules.AfterParent(
                s, x, (trail, status, note) => Step(trail, e, status, attempt: 0, by: null, note)),
            (Deferred or Waiting or Running, DependentAdded x) => LinkRules.Added(state, x),
            (Finished s, KeyReleased) => KeyRules.Release(s),
            (not Absent, NotesDelivered x) => LinkRules.Delivered(state, x),
            (Waiting s, AttemptStarted x) when x.Attempt == s.Trail.AttemptsMade + 1 => new Running(
                Step(s.Trail, e, JobStatus.Running, x.Attempt, x.Worker.Value, grant: x.Grant) with { AttemptsMade = x.Attempt, Permit = x.Permit },
                x.Attempt, x.Grant, x.Worker, x.At, x.Deadline),
            (Running s, AttemptFailed x) when x.Attempt == s.Attempt => new Waiting(
                Step(s.Trail, e, x.RetryAt > x.At ? JobStatus.Retrying : JobStatus.Pending, x.Attempt, s.Worker.Value, x.Error.Message)
                    with
                { FailuresMade = s.Trail.FailuresMade + 1 },
                x.RetryAt, x.Error),
            (Running s, AttemptLost x) when x.Attempt == s.Attempt => new Waiting(
                Step(s.Trail, e, JobStatus.Pending, x.Attempt, x.Worker.Value, x.Crashed ? "the worker died" : "the worker handed it back")
                    with
                { Crashes = s.Trail.Crashes + (x.Crashed ? 1 : 0) },
                x.At, LastError: null),
            (Running s, LogKept x) when x.Attempt == s.Attempt =>
                s with { Trail = s.Trail with { Log = (s.Trail.Log ?? JobLog.None).With(x.Log.Lines) } },
            (Running s, CheckpointSaved x) when x.Attempt == s.Attempt =>
                s with { Trail = s.Trail with { Checkpoint = new JobCheckpoint(x.Attempt, x.Json) } },
            (Running s, Snoozed x) when x.Attempt == s.Attempt => new Waiting(
                Step(s.Trail, e, JobStatus.Scheduled, x.Attempt, s.Worker.Value, "snoozed"), x.Until, LastError: null),
            (Running s, Completed x) when x.Attempt == s.Attempt => LinkRules.Ended(KeyRules.Completed(new Finished(
                Step(s.Trail, e, JobStatus.Completed, x.Attempt, s.Worker.Value) with { Checkpoint = null },
                JobStatus.Completed, x.At, x.ResultJson, null))),
            (Running s, Failed x) when x.Attempt == s.Attempt => LinkRules.Ended(new Finished(
                CountLast(Step(s.Trail, e, JobStatus.Failed, x.Attempt, s.Worker.Value, x.Error.Message), x.Error),
                JobStatus.Failed, x.At, default, x.Error)),
            (Waiting or Deferred, Failed { Attempt: 0 } x) => LinkRules.Ended(new Finished(
                Step(state.History!, e, JobStatus.Failed, x.Attempt, by: null, x.Error.Message), JobStatus.Failed, x.At, default, x.Error)),
            (Deferred or Waiting or Running, Cancelled x) => LinkRules.Ended(new Finished(
                Step(state.History!, e, JobStatus.Cancelled, (state as Running)?.Attempt ?? 0, x.By, x.Reason),
                JobStatus.Cancelled, x.At, default, null)),
            (Finished { Outcome: JobStatus.Failed or JobStatus.Cancelled } s, Retried x) => LinkRules.Begin(
                Step(s.Trail, e, s.Links.Awaits.IsEmpty ? JobStatus.Pending : JobStatus.Deferred, attempt: 0, x.By, "retried", request: x.Request)
                    with
                { FailuresMade = 0, Crashes = 0, Retries = s.Trail.Retries + 1, Checkpoint = x.Fresh ? null : s.Trail.Checkpoint },
                s.Links.Awaits, x.At),
            (Finished s, Kept x) => s with
            {
                Trail = Step(s.Trail, e, s.Outcome, s.Trail.Transitions[^1].Attempt, x.By, KeptNote(x.Until)),
                KeptUntil = x.Until,
            },
            (Finished, Deleted) => None,

            // A log that breaks the rules is corrupt: stop this job, do not guess.
            _ => throw new InvalidOperationException(
                $"{e.GetType().Name} cannot follow {state.GetType().Name} (version {state.Version}): the job's log is corrupt."),
        };
        if (state is Running { Trail.Permit: { } permit } && next is not Running)
        {
            next = LinkRules.Returning(next, permit);
        }

        return next is Absent ? next : next with { Version = state.Version + 1 };
    }

    /// <summary>When <see cref="CheckClock"/> could do something to the job; <see langword="null"/>: never.</summary>
    public static DateTimeOffset? NextClockCheck(JobState state) => state switch
    {
        Waiting { Trail: { AttemptsMade: 0, Retries: 0, Spec.ExpiresAt: { } expiry } } => expiry,
        Deferred { Trail: { AttemptsMade: 0, Retries: 0, Spec.ExpiresAt: { } expiry } } => expiry,
        Running { Deadline: { } deadline } => deadline,
        Finished { Trail.HoldsKey: true } => KeyRules.EndOf(state.History!),
        _ => null,
    };

    private static bool IsExpired(JobState state, DateTimeOffset now) =>
        state.History is { AttemptsMade: 0, Retries: 0, Spec.ExpiresAt: { } expiry } && now >= expiry;

    private static Failed Expire(JobTrail trail, DateTimeOffset now) =>
        new(0, JobError.Named(JobError.ExpiredType, $"No worker started the job before it expired at {trail.Spec.ExpiresAt:u}."))
        {
            At = now,
        };

    private static AttemptStarted Begin(Waiting s, Start c, DateTimeOffset now) =>
        new(s.Trail.AttemptsMade + 1, c.Grant, c.Worker, DeadlineOf(s.Trail.Spec, now), c.Permit) { At = now };

    private static DateTimeOffset? DeadlineOf(JobSpec spec, DateTimeOffset now) =>
        spec.Timeout is { } timeout ? Later(now, timeout) : null;

    // A wait longer than the calendar ends with the calendar: an overflow here would end the actor each time it came back.
    internal static DateTimeOffset Later(DateTimeOffset now, TimeSpan wait) =>
        wait < DateTimeOffset.MaxValue - now ? now + wait : DateTimeOffset.MaxValue;

    private static JobEvent AfterFailure(Running s, JobError error, bool isPermanent, DateTimeOffset now, double jitter)
    {
        var retry = s.Trail.Spec.Retry;
        var failures = s.Trail.FailuresMade + 1;
        return !isPermanent && failures <= retry.MaxRetries && retry.Covers(error)
            ? new AttemptFailed(s.Attempt, error, RetryAt: Later(now, retry.DelayAfter(failures, jitter))) { At = now }
            : new Failed(s.Attempt, error) { At = now };
    }

    private static JobEvent AfterLoss(Running s, bool crashed, DateTimeOffset now) =>
        crashed && s.Trail.Crashes + 1 >= MaxCrashes
            ? new Failed(s.Attempt, JobError.Named(JobError.PoisonType,
                $"{MaxCrashes} workers died while they ran this job; it is parked until someone retries it."))
            { At = now }
            : new AttemptLost(s.Attempt, s.Worker, crashed) { At = now };

    private static JobError TimedOut(Running s) =>
        JobError.TimedOut($"Attempt {s.Attempt} ran longer than its time-out of {s.Trail.Spec.Timeout:c}.");

    private static string KeptNote(DateTimeOffset until) =>
        until == DateTimeOffset.MaxValue ? "kept for ever" : FormattableString.Invariant($"kept until {until:u}");

    private static JobTrail Born(Enqueued x) =>
        new(x.Spec, x.At, AttemptsMade: 0, FailuresMade: 0, Crashes: 0,
            [new JobTransition(x.At, FirstStatus(x), 0, null, null, Request: x.Request)]);

    private static JobStatus FirstStatus(Enqueued x) =>
        x.Spec.DependsOn.Count > 0 ? JobStatus.Deferred : x.DueAt > x.At ? JobStatus.Scheduled : JobStatus.Pending;

    private static JobTrail CountLast(JobTrail trail, JobError error) => error.Type == JobError.PoisonType
        ? trail with { Crashes = trail.Crashes + 1 }
        : trail with { FailuresMade = trail.FailuresMade + 1 };

    private static JobTrail Step(
        JobTrail trail, JobEvent e, JobStatus status, int attempt, string? by, string? note = null, GrantId? grant = null,
        RequestId? request = null)
    {
        var steps = trail.Transitions;
        var dropped = trail.DroppedTransitions;
        if (steps.Length == JobTrail.MaxTransitions)
        {
            steps = steps.RemoveAt(1); // the first one says when the job came
            dropped++;
        }

        return trail with
        {
            Transitions = steps.Add(new JobTransition(e.At, status, attempt, Cut(by), Cut(note), grant, request)),
            DroppedTransitions = dropped,
        };

        static string? Cut(string? text) => text is null ? null : ShortText.Cut(text, JobTrail.MaxTextLength);
    }
}
