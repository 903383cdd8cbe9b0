using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>How an attempt ended, as its job has it.</summary>
public enum AttemptEnd
{
    /// <summary>Its result is stored.</summary>
    Completed = 1,

    /// <summary>Its error is stored.</summary>
    Failed = 2,

    /// <summary>It ran longer than the job's time-out, and was stopped.</summary>
    TimedOut = 3,

    /// <summary>The job was cancelled while it ran.</summary>
    Cancelled = 4,

    /// <summary>The worker gave it back, because it stops; the job waits again.</summary>
    HandedBack = 5,

    /// <summary>The job was not this attempt's any more, for another reason; what it came to is not recorded.</summary>
    TakenAway = 6,

    /// <summary>It wants to go on later; the job waits until then.</summary>
    Snoozed = 7,
}

/// <summary>What became of one attempt, after its job has stored it.</summary>
/// <param name="Job">What the job is.</param>
/// <param name="Attempt">Which one it was.</param>
/// <param name="Took">From its start to its end, or until it was stopped; zero or more.</param>
/// <param name="End">How it ended.</param>
/// <param name="EndsJob">The job has ended by it: there is no further attempt.</param>
/// <param name="Error">Why it failed, as the job has it; <see langword="null"/> unless it did.</param>
public sealed record AttemptReport(
    JobSpec Job, AttemptNumber Attempt, TimeSpan Took, AttemptEnd End, bool EndsJob, JobError? Error = null)
{
    /// <summary>Of an attempt whose job has answered what it was told.</summary>
    internal static AttemptReport Answered(RunAttempt run, TimeSpan took, JobCommand outcome, JobReply reply) => (outcome, reply.Refusal) switch
    {
        (JobCommand.Succeed, null) => new(run.Spec, run.Attempt, took, AttemptEnd.Completed, EndsJob: true),
        (JobCommand.Fail failed, null) =>
            new(run.Spec, run.Attempt, took, AttemptEnd.Failed, FateOf(reply, run).IsOver, failed.Error),
        (JobCommand.Snooze, null) => new(run.Spec, run.Attempt, took, AttemptEnd.Snoozed, EndsJob: false),
        (JobCommand.LoseWorker, null) => new(run.Spec, run.Attempt, took, AttemptEnd.HandedBack, EndsJob: false),
        _ => Stopped(run, took, FateOf(reply, run)),
    };

    /// <summary>Of an attempt that its job took away.</summary>
    internal static AttemptReport Stopped(RunAttempt run, TimeSpan took, AttemptFate fate) =>
        new(run.Spec, run.Attempt, took, fate.Taken, fate.Taken != AttemptEnd.TakenAway && fate.IsOver, fate.Error);

    private static AttemptFate FateOf(JobReply reply, RunAttempt run) => reply.Fate ?? AttemptFate.Of(reply.State, run.Grant);
}
