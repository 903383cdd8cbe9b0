using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class FailureTests
{
    [Fact]
    public void A_failed_attempt_waits_for_its_retry_and_holds_no_worker()
    {
        var failed = AssertHappens<AttemptFailed>(Running(), new Fail(First, Broken), T0 + Second);

        Assert.Equal(new AttemptFailed(1, Broken, RetryAt: T0 + Second + Second) { At = T0 + Second }, failed);
        var job = Assert.IsType<JobState.Waiting>(JobLifecycle.Evolve(Running(), failed));
        Assert.Equal(Broken, job.LastError);
        Assert.Equal(JobStatus.Retrying, job.StatusAt(T0 + Second));
        Assert.Equal(JobStatus.Pending, job.StatusAt(failed.RetryAt));
    }

    [Fact]
    public void A_failure_that_is_certain_to_come_again_ends_the_job_whatever_its_retries()
    {
        var certain = new Fail(First, Broken, IsPermanent: true);
        var failed = AssertHappens<Failed>(Running(), certain, T0 + Second);

        Assert.Equal(new Failed(1, Broken) { At = T0 + Second }, failed);
        var job = JobLifecycle.Evolve(Running(), failed);
        Assert.Equal(Decision.Nothing, JobLifecycle.Decide(job, certain, T0 + Minute, jitter: 0)); // its answer was lost, and it comes again
    }

    [Fact]
    public void The_retry_does_not_start_before_its_time()
    {
        var job = After(Running(), T0, new Fail(First, Broken));

        AssertRefused(Refusal.NotDue, job, new Start(Other, Bob), T0 + Second - TimeSpan.FromTicks(1));
        Assert.Equal(2, AssertHappens<AttemptStarted>(job, new Start(Other, Bob), T0 + Second).Attempt);
    }

    [Fact]
    public void Each_wait_is_twice_the_one_before_and_chance_adds_to_it()
    {
        var job = After(Running(), T0, new Fail(First, Broken));
        job = After(job, T0 + Second, new Start(Other, Bob));

        var failed = AssertHappens<AttemptFailed>(job, new Fail(Other, Broken), T0 + Second, jitter: 0.5);

        Assert.Equal(T0 + Second + (2 * 1.05 * Second), failed.RetryAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_job_fails_for_good_after_one_attempt_more_than_its_retries(int retries)
    {
        var job = FailUntilTheEnd(Waiting(Spec with { Retry = new RetryPolicy { MaxRetries = retries, Delay = TimeSpan.Zero } }), "a");

        Assert.Equal(JobStatus.Failed, job.Outcome);
        Assert.Equal(retries + 1, job.Trail.AttemptsMade);
        Assert.Equal(retries + 1, job.Trail.FailuresMade);
        Assert.Equal(Broken, job.Error);
    }

    [Fact]
    public void An_error_that_the_policy_does_not_name_is_not_retried()
    {
        var picky = Spec with { Retry = new RetryPolicy { Exceptions = ["IOException"] } };

        AssertHappens<Failed>(Running(picky), new Fail(First, Broken), T0);
        AssertHappens<AttemptFailed>(Running(picky), new Fail(First, JobError.Named("IOException", "The disk is full.")), T0);
    }

    [Fact]
    public void A_retry_without_a_wait_is_pending_at_once()
    {
        var job = After(Running(Spec with { Retry = new RetryPolicy { Delay = TimeSpan.Zero } }), T0, new Fail(First, Broken));

        Assert.Equal(JobStatus.Pending, job.StatusAt(T0));
        Assert.Equal(JobStatus.Pending, job.History!.Transitions[^1].Status);
    }

    [Fact]
    public void A_wait_beyond_the_calendar_ends_with_the_calendar()
    {
        var patient = new RetryPolicy { Delay = TimeSpan.MaxValue, MaxDelay = TimeSpan.MaxValue };

        var failed = AssertHappens<AttemptFailed>(Running(Spec with { Retry = patient }), new Fail(First, Broken), T0);

        Assert.Equal(DateTimeOffset.MaxValue, failed.RetryAt);
    }

    [Fact]
    public void An_attempt_that_runs_too_long_fails_at_its_deadline_and_is_retried()
    {
        var job = Running(Spec with { Timeout = Minute });
        AssertNothing(job, new CheckClock(), T0 + Minute - TimeSpan.FromTicks(1));

        var failed = AssertHappens<AttemptFailed>(job, new CheckClock(), T0 + Minute);

        Assert.Equal("TimeoutException", failed.Error.Type);
        Assert.Contains("00:01:00", failed.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TimeoutException")]
    [InlineData("TimeoutError")]
    [InlineData("Exception")]
    public void A_time_out_is_retried_under_the_name_that_each_language_has_for_it(string name)
    {
        var job = Running(Spec with { Timeout = Minute, Retry = new RetryPolicy { Exceptions = [name] } });

        AssertHappens<AttemptFailed>(job, new CheckClock(), T0 + Minute);
    }

    [Fact]
    public void A_time_out_that_the_policy_does_not_name_fails_the_job()
    {
        var job = Running(Spec with { Timeout = Minute, Retry = new RetryPolicy { Exceptions = ["IOException"] } });

        Assert.Equal(JobError.TimeoutType, AssertHappens<Failed>(job, new CheckClock(), T0 + Minute).Error.Type);
    }

    [Fact]
    public void The_clock_is_to_be_checked_at_the_deadline_and_at_the_expiry_and_never_otherwise()
    {
        Assert.Equal(T0 + Minute, JobLifecycle.NextClockCheck(Running(Spec with { Timeout = Minute })));
        Assert.Equal(T0 + Minute, JobLifecycle.NextClockCheck(Waiting(Spec with { ExpiresAt = T0 + Minute })));
        Assert.Null(JobLifecycle.NextClockCheck(JobState.None));
        Assert.Null(JobLifecycle.NextClockCheck(Waiting()));
        Assert.Null(JobLifecycle.NextClockCheck(Running(Spec with { ExpiresAt = T0 + Minute })));
        Assert.Null(JobLifecycle.NextClockCheck(After(Spec, new Cancel("ada", null))));
    }

    internal static JobState.Finished FailUntilTheEnd(JobState job, string grants)
    {
        for (var i = 0; job is not JobState.Finished; i++)
        {
            var grant = new GrantId(grants + i);
            job = After(job, T0, new Start(grant, Ada));
            job = After(job, T0, new Fail(grant, Broken));
        }

        return (JobState.Finished)job;
    }
}
