using static FlowerPower.Jobs.Decision;
using static FlowerPower.Jobs.JobState;

namespace FlowerPower.Jobs;

/// <summary>
/// The rules of what an attempt says while it runs: its lines, its checkpoint, and that it wants to go on later. Part of <see cref="JobLifecycle"/>, and as pure.
/// </summary>
internal static class AttemptRules
{
    /// <summary>A shorter snooze would be none: the job would be due before anybody heard of it.</summary>
    private static readonly TimeSpan ShortestSnooze = TimeSpan.FromMilliseconds(1);

    /// <summary>The attempt saves where it is.</summary>
    public static Decision Save(Running s, JobCommand.SaveCheckpoint c, DateTimeOffset now)
    {
        var checkpoint = new JobCheckpoint(s.Attempt, c.Json);
        return s.Trail.Checkpoint == checkpoint
            ? Nothing // again, because its reply was lost
            : Accept(new JobEvent.CheckpointSaved(s.Attempt, c.Json) { At = now });
    }

    /// <summary>The attempt ends without an outcome, and another one goes on later.</summary>
    public static JobEvent.Snoozed Snooze(Running s, JobCommand.Snooze c, DateTimeOffset now) =>
        new(s.Attempt, JobLifecycle.Later(now, c.For > ShortestSnooze ? c.For : ShortestSnooze)) { At = now };

    /// <summary>Did this very attempt bring it about that the job waits? Then its snooze comes again, because its reply was lost.</summary>
    public static bool IsSnoozedBy(Waiting s, GrantId grant) =>
        s.Trail.LastGrant == grant && s.LastError is null && s.Trail.Transitions[^1] is { Status: JobStatus.Scheduled, Attempt: > 0 };

    /// <summary>With an attempt's end, the newest of its lines are kept, if it wrote any.</summary>
    public static Decision KeepLog(JobState state, JobCommand command, Decision decision, DateTimeOffset now) =>
        state is Running s && command.Log is { Count: > 0 } lines && decision.Events is [{ } end] && EndsAttempt(end)
            ? Accept([new JobEvent.LogKept(s.Attempt, JobLog.None.With(lines)) { At = now }, end])
            : decision;

    private static bool EndsAttempt(JobEvent e) => e
        is JobEvent.Completed or JobEvent.Failed or JobEvent.AttemptFailed or JobEvent.AttemptLost or JobEvent.Snoozed or JobEvent.Cancelled;
}
