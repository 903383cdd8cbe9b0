namespace FlowerPower.Jobs.Tests;

public sealed class DueAtOnceTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly JobSpec Spec = new() { Id = JobId.Parse("job"), Pipeline = "etl" };

    [Fact]
    public void A_clock_that_is_set_back_does_not_hold_up_a_job_that_nobody_delayed()
    {
        var waiting = JobLifecycle.Evolve(JobState.None, new JobEvent.Enqueued(Spec, DueAt: T0) { At = T0 });

        var decision = JobLifecycle.Decide(
            waiting, new JobCommand.Start(new GrantId("g"), new WorkerId("w")), now: T0.AddHours(-1), jitter: 0);

        Assert.IsType<JobEvent.AttemptStarted>(Assert.Single(decision.Events));
        Assert.Equal(JobStatus.Pending, waiting.StatusAt(T0.AddHours(-1)));
    }

    [Fact]
    public void A_delayed_job_waits_for_its_instant()
    {
        var waiting = JobLifecycle.Evolve(JobState.None, new JobEvent.Enqueued(Spec, DueAt: T0.AddMinutes(1)) { At = T0 });

        var decision = JobLifecycle.Decide(waiting, new JobCommand.Start(new GrantId("g"), new WorkerId("w")), now: T0, jitter: 0);

        Assert.Equal(Refusal.NotDue, decision.Refusal);
    }
}
