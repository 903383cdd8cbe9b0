using System.Collections.Immutable;
using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>At least one job for each way in which a rule can go, and every command and event in each of its forms.</summary>
internal static class LifecycleSamples
{
    private static readonly JobSpec Limited = Spec with { Timeout = Minute, ExpiresAt = T0 + Minute };
    private static readonly JobSpec Child = Spec with { DependsOn = [new JobDependency(Parent)] };
    private static readonly JobSpec Patient = Limited with { DependsOn = [new JobDependency(Parent, AllowFailure: true), new JobDependency(SecondParent)] };
    private static readonly JobSpec Keyed = Spec with { UniqueKey = "night", UniqueFor = Minute };
    private static readonly JobSpec Once = Limited with { Retry = new RetryPolicy { MaxRetries = 0 } };

    public static ImmutableArray<JobState> States { get; } =
    [
        JobState.None,
        Waiting(),
        Waiting(Limited),
        After(Child),
        After(Child, new ConfirmNotes([1])),
        After(Patient),
        After(Patient, new HearParent(Parent, JobStatus.Failed)),
        After(Child, new HearParent(Parent, JobStatus.Completed)),
        After(Child, new HearParent(Parent, JobStatus.Failed)),
        After(Child, new HearParent(Parent, JobStatus.Failed), new Retry("ada", Asked)),
        After(Child, new AddDependent(SecondParent), new Cancel("ada", null)),
        After(Child, new AddDependent(SecondParent)),
        After(Spec, new AddDependent(SecondParent)),
        After(Spec, new AddDependent(SecondParent), new Start(First, Ada)),
        After(Spec with { OnSuccess = new JobCallback("report") }, new Start(First, Ada), new Succeed(First, Result)),
        After(Once with { OnFailure = new JobCallback("report") }, new Start(First, Ada), new Fail(First, Broken)),
        After(Keyed, new Start(First, Ada), new Succeed(First, Result)),
        Given(new Enqueued(Child, T0 + (3 * Minute)) { At = T0 }),
        Given(new Enqueued(Spec, T0 + (3 * Minute)) { At = T0 }),
        After(Running(), T0, new Fail(First, Broken)),
        After(Running(), T0, new LoseWorker(Ada, HandedBack: true)),
        Running(),
        Running(Limited),
        Running(Once),
        After(Running(), T0, new SaveCheckpoint(First, Result)),
        After(Running(), T0, new Snooze(First, Minute)),
        TwiceCrashed(),
        After(Running(), T0, new Succeed(First, Result)),
        After(Running(Once), T0, new Fail(First, Broken)),
        After(Waiting(Limited), T0 + Minute, new CheckClock()),
        After(Waiting(), T0, new Cancel("ada", null)),
        After(Running(), T0, new Cancel("ada", null)),
        Again(),
        After(Again(), T0, new Start(First, Ada)),
        After(After(Again(), T0, new Start(First, Ada)), T0, new Succeed(First, Result)),
        After(After(Again(Once), T0, new Start(First, Ada)), T0, new Fail(First, Broken)),
        After(Again(), T0, new Cancel("ada", null)),
        After(After(Running(), T0, new Succeed(First, Result)), T0, new Keep("ada", Minute)),
    ];

    public static ImmutableArray<JobCommand> Commands { get; } =
    [
        new Enqueue(Spec, T0),
        new Enqueue(Child, T0),
        new Enqueue(Spec with { Pipeline = "another" }, T0),
        new Start(First, Ada),
        new Start(Other, Bob),
        new Heartbeat(First),
        new Heartbeat(Other),
        new ReportProgress(First, new JobProgress(1, 2, null)),
        new ReportProgress(Other, new JobProgress(1, 2, null)),
        new WriteLog(First, [Line]),
        new WriteLog(Other, [Line]),
        new SaveCheckpoint(First, Result),
        new SaveCheckpoint(Other, Result),
        new Snooze(First, Minute),
        new Snooze(Other, Minute),
        new Succeed(First, Result),
        new Succeed(First, Result) { Log = [Line] },
        new Succeed(Other, Result),
        new Fail(First, Broken),
        new Fail(Other, Broken),
        new CheckClock(),
        new LoseWorker(Ada, HandedBack: false),
        new LoseWorker(Ada, HandedBack: true),
        new LoseWorker(Bob, HandedBack: false),
        new Cancel("ada", null),
        new Retry("ada"),
        new AddDependent(SecondParent),
        new HearParent(Parent, JobStatus.Completed),
        new HearParent(Parent, JobStatus.Failed),
        new HearParent(Parent, JobStatus.Cancelled),
        new HearParent(Parent, null),
        new ConfirmNotes([1, 2]),
        new GiveKey(),
        new Retry("ada", Asked),
        new Keep("ada", Minute),
        new Delete("ada"),
        new Retry("ada", Fresh: true),
    ];

    public static ImmutableArray<DateTimeOffset> Instants { get; } = [T0, T0 + Second, T0 + (2 * Minute)];

    /// <summary>Every event, for each attempt number that could be meant.</summary>
    public static IEnumerable<JobEvent> Events()
    {
        yield return new Enqueued(Spec, T0) { At = T0 };
        yield return new Cancelled("ada", null) { At = T0 };
        yield return new Retried("ada") { At = T0 };
        yield return new DependentAdded(SecondParent) { At = T0 };
        yield return new ParentEnded(Parent, JobStatus.Completed) { At = T0 };
        yield return new KeyReleased { At = T0 };
        yield return new NotesDelivered([1]) { At = T0 };
        yield return new Enqueued(Child, T0) { At = T0 };
        yield return new Kept("ada", T0 + Minute) { At = T0 };
        yield return new Deleted("ada") { At = T0 };
        for (var attempt = 0; attempt <= 4; attempt++)
        {
            yield return new AttemptStarted(attempt, Other, Bob, null) { At = T0 };
            yield return new AttemptFailed(attempt, Broken, T0) { At = T0 };
            yield return new AttemptLost(attempt, Ada, Crashed: true) { At = T0 };
            yield return new LogKept(attempt, JobLog.None.With([Line])) { At = T0 };
            yield return new CheckpointSaved(attempt, Result) { At = T0 };
            yield return new Snoozed(attempt, T0 + Minute) { At = T0 };
            yield return new Completed(attempt, Result) { At = T0 };
            yield return new Failed(attempt, Broken) { At = T0 };
        }
    }

    /// <summary>The state's name in the diagram.</summary>
    public static string NameOf(JobState state) => state switch
    {
        JobState.Absent => "[*]",
        JobState.Deferred => "deferred",
        JobState.Waiting => "waiting",
        JobState.Running => "running",
        JobState.Finished s => NameOf(s.Outcome),
        _ => throw new InvalidOperationException($"{state.GetType().Name} has no name."),
    };

    public static string NameOf(JobStatus status) => status.ToString().ToLowerInvariant();

    private static JobState Again(JobSpec? spec = null) => After(spec ?? Spec, new Cancel("ada", null), new Retry("ada", Asked));

    private static JobState TwiceCrashed() => After(LossTests.Crash(LossTests.Crash(Waiting(), 1), 2), T0, new Start(First, Ada));
}
