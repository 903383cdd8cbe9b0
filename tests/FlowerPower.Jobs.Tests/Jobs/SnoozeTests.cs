using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.JobState;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class SnoozeTests
{
    private static readonly JobSpec Limited = Spec with { Timeout = Minute, ExpiresAt = T0 + Minute, Retry = new RetryPolicy { MaxRetries = 1 } };

    [Fact]
    public void A_snoozed_job_is_scheduled_until_its_time_has_come_and_holds_no_slot()
    {
        var job = After(Running(), T0, new Snooze(First, Minute));

        var waiting = Assert.IsType<Waiting>(job);
        Assert.Equal(T0 + Minute, waiting.DueAt);
        Assert.Equal(JobStatus.Scheduled, job.StatusAt(T0));
        Assert.Equal(JobStatus.Scheduled, job.StatusAt(T0 + Minute - TimeSpan.FromTicks(1)));
        Assert.Equal(JobStatus.Pending, job.StatusAt(T0 + Minute));
        AssertRefused(Refusal.NotDue, job, new Start(Other, Bob), T0 + Second);
    }

    [Fact]
    public void However_often_a_job_snoozes_it_has_all_its_retries_and_no_crash()
    {
        var job = (JobState)Waiting(Limited);
        for (var i = 0; i < 200; i++)
        {
            var grant = new GrantId($"g{i}");
            job = After(job, T0 + (i * Minute), new Start(grant, Ada));
            job = After(job, T0 + (i * Minute), new Snooze(grant, Minute));
        }

        Assert.Equal((0, 0), (job.History!.FailuresMade, job.History.Crashes));
        Assert.Equal(0, job.AttemptsThisRound);
        Assert.InRange(job.History.Transitions.Length, 1, JobTrail.MaxTransitions);
        var last = After(job, T0 + (200 * Minute), new Start(First, Ada));
        Assert.Equal(201, Assert.IsType<Running>(last).Attempt);
        AssertHappens<AttemptFailed>(last, new Fail(First, Broken), T0 + (200 * Minute));
    }

    [Fact]
    public void Each_attempt_after_a_snooze_has_its_own_time_out()
    {
        var snoozed = After(Running(Limited), T0, new Snooze(First, 5 * Minute));
        var again = Assert.IsType<Running>(After(snoozed, T0 + (5 * Minute), new Start(Other, Ada)));

        Assert.Equal(T0 + (6 * Minute), again.Deadline);
        Assert.Null(JobLifecycle.NextClockCheck(snoozed));
    }

    [Fact]
    public void A_job_that_has_snoozed_does_not_expire_any_more()
    {
        var snoozed = After(Running(Limited), T0, new Snooze(First, 5 * Minute));

        AssertNothing(snoozed, new CheckClock(), T0 + (10 * Minute));
        AssertHappens<AttemptStarted>(snoozed, new Start(Other, Ada), T0 + (10 * Minute));
    }

    [Fact]
    public void A_snoozed_job_that_is_cancelled_has_ended_and_does_not_wake()
    {
        var cancelled = After(After(Running(), T0, new Snooze(First, Minute)), T0 + Second, new Cancel("ada", null));

        Assert.Equal(JobStatus.Cancelled, Assert.IsType<Finished>(cancelled).Outcome);
        AssertRefused(Refusal.AlreadyFinished, cancelled, new Start(Other, Ada), T0 + Minute);
    }

    [Fact]
    public void The_same_snooze_again_changes_nothing_and_one_of_a_former_attempt_is_stale()
    {
        var snoozed = After(Running(), T0, new Snooze(First, Minute));
        AssertNothing(snoozed, new Snooze(First, Minute), T0 + Second);

        var again = After(snoozed, T0 + Minute, new Start(Other, Bob));
        AssertRefused(Refusal.StaleAttempt, again, new Snooze(First, Minute), T0 + Minute);
        AssertRefused(Refusal.StaleAttempt, After(again, T0 + Minute, new Snooze(Other, Minute)), new Snooze(First, Minute), T0 + Minute);
        AssertRefused(Refusal.StaleAttempt, After(Running(), T0, new LoseWorker(Ada, HandedBack: true)), new Snooze(First, Minute), T0);
    }

    [Fact]
    public void A_snooze_after_a_failed_attempt_keeps_the_count_of_failures_and_is_scheduled_not_retrying()
    {
        var failed = After(Running(Limited), T0, new Fail(First, Broken));
        var second = After(failed, T0 + Minute, new Start(Other, Ada));

        var snoozed = After(second, T0 + Minute, new Snooze(Other, Minute));

        Assert.Equal(JobStatus.Scheduled, snoozed.StatusAt(T0 + Minute));
        Assert.Equal(1, snoozed.History!.FailuresMade);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void A_snooze_of_no_length_is_a_short_one(int seconds) =>
        Assert.True(AssertHappens<Snoozed>(Running(), new Snooze(First, seconds * Second), T0).Until > T0);

    [Fact]
    public void A_snooze_beyond_the_calendar_ends_with_it() =>
        Assert.Equal(DateTimeOffset.MaxValue, AssertHappens<Snoozed>(Running(), new Snooze(First, TimeSpan.MaxValue), T0).Until);
}
