namespace FlowerPower.Jobs.Tests;

/// <summary>The job, people and instants that the examples share.</summary>
internal static class Example
{
    public static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    public static readonly WorkerId Ada = new("ada");
    public static readonly WorkerId Bob = new("bob");
    public static readonly GrantId First = new("grant-1");
    public static readonly GrantId Other = new("grant-2");
    public static readonly RequestId Asked = new(4711);
    public static readonly JobId Parent = JobId.Parse("parent");
    public static readonly JobId SecondParent = JobId.Parse("parent-2");
    public static readonly JobError Broken = JobError.Named("HttpRequestException", "The host did not answer.");
    public static readonly ReadOnlyMemory<byte> Result = """{"sum":3}"""u8.ToArray();

    public static readonly JobLogLine Line = new(1, 1, T0, "reading");

    public static readonly JobSpec Spec = new() { Id = JobId.Parse("job-1"), Pipeline = "hello" };

    /// <summary>A job folded from events.</summary>
    public static JobState Given(params JobEvent[] events) => events.Aggregate((JobState)JobState.None, JobLifecycle.Evolve);

    /// <summary>A job to which commands were given, one at a time at <see cref="T0"/>; each must be accepted.</summary>
    public static JobState After(JobSpec spec, params JobCommand[] commands)
    {
        var job = After(JobState.None, T0, new JobCommand.Enqueue(spec, T0));
        return commands.Aggregate(job, (state, command) => After(state, T0, command));
    }

    /// <summary>The job after a command that must be accepted.</summary>
    public static JobState After(JobState job, DateTimeOffset now, JobCommand command)
    {
        var decision = JobLifecycle.Decide(job, command, now, jitter: 0);
        Assert.Null(decision.Refusal);
        return decision.Events.Aggregate(job, JobLifecycle.Evolve);
    }

    public static JobState.Waiting Waiting(JobSpec? spec = null) => (JobState.Waiting)After(spec ?? Spec);

    /// <summary>Attempt 1 is with Ada since <see cref="T0"/>.</summary>
    public static JobState.Running Running(JobSpec? spec = null) => (JobState.Running)After(spec ?? Spec, new JobCommand.Start(First, Ada));

    public static void AssertRefused(Refusal reason, JobState job, JobCommand command, DateTimeOffset now)
    {
        var decision = JobLifecycle.Decide(job, command, now, jitter: 0);
        Assert.Equal(reason, decision.Refusal);
        Assert.Empty(decision.Events);
    }

    public static void AssertNothing(JobState job, JobCommand command, DateTimeOffset now)
    {
        var decision = JobLifecycle.Decide(job, command, now, jitter: 0);
        Assert.Null(decision.Refusal);
        Assert.Empty(decision.Events);
    }

    public static TEvent AssertHappens<TEvent>(JobState job, JobCommand command, DateTimeOffset now, double jitter = 0)
        where TEvent : JobEvent
    {
        var decision = JobLifecycle.Decide(job, command, now, jitter);
        Assert.Null(decision.Refusal);
        return Assert.IsType<TEvent>(Assert.Single(decision.Events));
    }
}
