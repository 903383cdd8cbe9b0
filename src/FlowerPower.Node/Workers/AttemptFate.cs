using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>What a job says of an attempt that it took away, or whose end it was told.</summary>
/// <param name="Taken">Why it took it away, if it did: timed out, cancelled, or <see cref="AttemptEnd.TakenAway"/> for any other reason.</param>
/// <param name="IsOver">The job has ended.</param>
/// <param name="Error">Why it was taken away, if that was an error.</param>
internal sealed record AttemptFate(AttemptEnd Taken, bool IsOver, JobError? Error = null)
{
    /// <param name="now">The job since; if another attempt of it has started, it does not say any more why it took this one away.</param>
    public static AttemptFate Of(JobState now, GrantId grant) => now switch
    {
        _ when now.History?.LastGrant != grant => new(AttemptEnd.TakenAway, now is JobState.Finished),
        JobState.Finished { Outcome: JobStatus.Cancelled } => new(AttemptEnd.Cancelled, true),
        JobState.Finished { Error: { Type: JobError.TimeoutType } why } => new(AttemptEnd.TimedOut, true, why),
        JobState.Waiting { LastError: { Type: JobError.TimeoutType } why } => new(AttemptEnd.TimedOut, false, why),
        _ => new(AttemptEnd.TakenAway, now is JobState.Finished),
    };
}
