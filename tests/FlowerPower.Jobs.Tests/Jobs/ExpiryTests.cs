using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class ExpiryTests
{
    private static readonly JobSpec Fresh = Spec with { ExpiresAt = T0 + Minute };

    [Fact]
    public void A_job_that_nobody_started_in_time_fails_as_expired()
    {
        AssertNothing(Waiting(Fresh), new CheckClock(), T0 + Minute - TimeSpan.FromTicks(1));

        var failed = AssertHappens<Failed>(Waiting(Fresh), new CheckClock(), T0 + Minute);

        Assert.Equal(0, failed.Attempt);
        Assert.Equal(JobError.ExpiredType, failed.Error.Type);
    }

    [Fact]
    public void A_start_that_comes_too_late_finds_the_job_expired_and_starts_nothing()
    {
        var failed = AssertHappens<Failed>(Waiting(Fresh), new Start(First, Ada), T0 + Minute);

        Assert.Equal(JobStatus.Failed, JobLifecycle.Evolve(Waiting(Fresh), failed).StatusAt(T0 + Minute));
    }

    [Fact]
    public void A_job_that_is_due_after_its_expiry_expires_before_it_is_due()
    {
        var job = Given(new Enqueued(Fresh, DueAt: T0 + (2 * Minute)) { At = T0 });

        AssertHappens<Failed>(job, new Start(First, Ada), T0 + Minute);
    }

    [Fact]
    public void A_job_that_has_started_once_does_not_expire()
    {
        var job = After(Running(Fresh), T0, new LoseWorker(Ada, HandedBack: true));

        AssertNothing(job, new CheckClock(), T0 + (2 * Minute));
        AssertHappens<AttemptStarted>(job, new Start(Other, Bob), T0 + (2 * Minute));
    }

    [Fact]
    public void An_expired_job_that_somebody_retries_can_run_late()
    {
        var expired = After(Waiting(Fresh), T0 + Minute, new CheckClock());

        var job = After(expired, T0 + (2 * Minute), new Retry("ada"));

        Assert.Null(JobLifecycle.NextClockCheck(job));
        AssertNothing(job, new CheckClock(), T0 + (2 * Minute));
        AssertHappens<AttemptStarted>(job, new Start(First, Ada), T0 + (2 * Minute));
    }
}
