using System.Text.Json.Serialization;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Cluster;

/// <summary>What a worker has to say to a job of another node: those commands of <see cref="JobCommand"/> that a worker gives, as they travel.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Succeeded), "succeeded")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(HandedBack), "handed-back")]
[JsonDerivedType(typeof(Alive), "alive")]
[JsonDerivedType(typeof(Progressed), "progressed")]
[JsonDerivedType(typeof(Wrote), "wrote")]
[JsonDerivedType(typeof(Saved), "saved")]
[JsonDerivedType(typeof(Snoozed), "snoozed")]
internal abstract record WorkerReport(JobId Job, GrantId Grant)
{
    /// <summary>The newest lines of the attempt, if this ends it; <see langword="null"/>: it wrote none.</summary>
    public IReadOnlyList<JobLogLine>? Log { get; init; }

    public sealed record Succeeded(JobId Job, GrantId Grant, ReadOnlyMemory<byte> Result) : WorkerReport(Job, Grant);

    public sealed record Failed(JobId Job, GrantId Grant, JobError Error, bool IsPermanent = false) : WorkerReport(Job, Grant);

    public sealed record HandedBack(JobId Job, GrantId Grant, WorkerId Worker) : WorkerReport(Job, Grant);

    public sealed record Alive(JobId Job, GrantId Grant) : WorkerReport(Job, Grant);

    public sealed record Progressed(JobId Job, GrantId Grant, JobProgress Progress) : WorkerReport(Job, Grant);

    public sealed record Wrote(JobId Job, GrantId Grant, IReadOnlyList<JobLogLine> Lines) : WorkerReport(Job, Grant);

    public sealed record Saved(JobId Job, GrantId Grant, ReadOnlyMemory<byte> Checkpoint) : WorkerReport(Job, Grant);

    public sealed record Snoozed(JobId Job, GrantId Grant, TimeSpan For) : WorkerReport(Job, Grant);

    /// <summary>Does a worker give this command to a job of another node?</summary>
    public static bool IsOne(JobCommand command) => command
        is JobCommand.Succeed or JobCommand.Fail or JobCommand.LoseWorker { Grant: not null, HandedBack: true } or JobCommand.Heartbeat or JobCommand.ReportProgress
        or JobCommand.WriteLog or JobCommand.SaveCheckpoint or JobCommand.Snooze;

    /// <exception cref="ArgumentException">No worker gives this command to a job of another node.</exception>
    public static WorkerReport Of(JobId job, JobCommand command) => command switch
    {
        JobCommand.Succeed c => new Succeeded(job, c.Grant, c.ResultJson) { Log = c.Log },
        JobCommand.Fail c => new Failed(job, c.Grant, c.Error, c.IsPermanent) { Log = c.Log },
        JobCommand.LoseWorker { Grant: { } grant, HandedBack: true } c => new HandedBack(job, grant, c.Worker) { Log = c.Log },
        JobCommand.Snooze c => new Snoozed(job, c.Grant, c.For) { Log = c.Log },
        JobCommand.WriteLog c => new Wrote(job, c.Grant, c.Lines),
        JobCommand.SaveCheckpoint c => new Saved(job, c.Grant, c.Json),
        JobCommand.Heartbeat c => new Alive(job, c.Grant),
        JobCommand.ReportProgress c => new Progressed(job, c.Grant, c.Progress),
        _ => throw new ArgumentException($"{command.GetType().Name} is not for jobs of other nodes.", nameof(command)),
    };

    public JobCommand ToCommand() => this switch
    {
        Succeeded r => new JobCommand.Succeed(r.Grant, r.Result) { Log = r.Log },
        Failed r => new JobCommand.Fail(r.Grant, r.Error) { IsPermanent = r.IsPermanent, Log = r.Log },
        HandedBack r => new JobCommand.LoseWorker(r.Worker, HandedBack: true, r.Grant) { Log = r.Log },
        Snoozed r => new JobCommand.Snooze(r.Grant, r.For) { Log = r.Log },
        Wrote r => new JobCommand.WriteLog(r.Grant, r.Lines),
        Saved r => new JobCommand.SaveCheckpoint(r.Grant, r.Checkpoint),
        Alive r => new JobCommand.Heartbeat(r.Grant),
        Progressed r => new JobCommand.ReportProgress(r.Grant, r.Progress),
        _ => throw new InvalidOperationException($"{GetType().Name} is no command."),
    };
}

/// <summary>A job's answer to a <see cref="WorkerReport"/> that was asked.</summary>
/// <param name="Refusal"><see langword="null"/> if it was accepted.</param>
/// <param name="Fate">What became of the attempt; <see langword="null"/> if nobody was told.</param>
/// <param name="IsElsewhere">The job's shard is not on this node, and nobody was told.</param>
internal sealed record WorkerReportAnswer(Refusal? Refusal, AttemptFate? Fate = null, bool IsElsewhere = false);
