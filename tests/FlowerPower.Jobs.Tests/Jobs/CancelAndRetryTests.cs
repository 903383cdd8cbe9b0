using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class CancelAndRetryTests
{
    [Fact]
    public void A_waiting_job_is_cancelled_at_once()
    {
        var cancelled = AssertHappens<Cancelled>(Waiting(), new Cancel("bob", "wrong input"), T0 + Second);

        var job = Assert.IsType<JobState.Finished>(JobLifecycle.Evolve(Waiting(), cancelled));
        Assert.Equal(JobStatus.Cancelled, job.Outcome);
        Assert.Equal(new JobTransition(T0 + Second, JobStatus.Cancelled, 0, "bob", "wrong input"), job.Trail.Transitions[^1]);
    }

    [Fact]
    public void A_running_job_is_cancelled_at_once_without_waiting_for_its_worker()
    {
        var job = Assert.IsType<JobState.Finished>(After(Running(), T0, new Cancel("bob", null)));

        Assert.Equal(JobStatus.Cancelled, job.Outcome);
        Assert.Equal(1, job.Trail.Transitions[^1].Attempt);
    }

    [Fact]
    public void Cancelling_again_changes_nothing() =>
        AssertNothing(After(Spec, new Cancel("ada", null)), new Cancel("bob", "me too"), T0 + Second);

    [Fact]
    public void A_completed_or_failed_job_cannot_be_cancelled()
    {
        AssertRefused(Refusal.AlreadyFinished, After(Running(), T0, new Succeed(First, Result)), new Cancel("ada", null), T0);
        AssertRefused(Refusal.AlreadyFinished, FailureTests.FailUntilTheEnd(Waiting(Impatient), "a"), new Cancel("ada", null), T0);
    }

    [Fact]
    public void A_retried_job_waits_again_with_all_its_attempts_before_it()
    {
        var failed = FailureTests.FailUntilTheEnd(Waiting(Impatient), "a");

        var job = After(failed, T0, new Retry("ada"));

        Assert.Equal(JobStatus.Pending, job.StatusAt(T0));
        Assert.Equal(0, job.History!.FailuresMade);
        var again = FailureTests.FailUntilTheEnd(job, "b");
        Assert.Equal(2 * Impatient.Retry.MaxAttempts, again.Trail.AttemptsMade);
        Assert.Equal(Impatient.Retry.MaxAttempts, again.Trail.FailuresMade);
    }

    [Fact]
    public void A_retry_that_is_sent_again_changes_nothing_whatever_came_of_it_since()
    {
        var cancelled = After(Spec, new Cancel("ada", null));
        var retried = AssertHappens<Retried>(cancelled, new Retry("ada", Asked), T0);
        var waiting = JobLifecycle.Evolve(cancelled, retried);
        var running = After(waiting, T0, new Start(First, Ada));
        var completed = After(running, T0, new Succeed(First, Result));
        var cancelledAgain = After(running, T0, new Cancel("bob", null));

        Assert.Equal(Asked, retried.Request);
        Assert.All([waiting, running, completed, cancelledAgain], job => AssertNothing(job, new Retry("ada", Asked), T0 + Minute));
        AssertHappens<Retried>(cancelledAgain, new Retry("ada", new RequestId(4712)), T0 + Minute);
        AssertRefused(Refusal.NotRetryable, waiting, new Retry("ada", new RequestId(4712)), T0);
        AssertRefused(Refusal.NotRetryable, waiting, new Retry("ada"), T0);
    }

    [Fact]
    public void A_job_knows_the_request_that_made_it()
    {
        var enqueued = AssertHappens<Enqueued>(JobState.None, new Enqueue(Spec, T0, Asked), T0);

        var trail = JobLifecycle.Evolve(JobState.None, enqueued).History!;

        Assert.True(trail.HasHandled(Asked));
        Assert.False(trail.HasHandled(new RequestId(1)));
        Assert.False(Waiting().Trail.HasHandled(Asked));
    }

    [Fact]
    public void A_retried_poison_job_may_crash_three_times_again()
    {
        JobState job = Waiting();
        for (var i = 0; i < JobLifecycle.MaxCrashes; i++)
        {
            job = LossTests.Crash(job, i);
        }

        job = After(job, T0, new Retry("ada"));

        Assert.Equal(0, job.History!.Crashes);
        Assert.IsType<JobState.Waiting>(LossTests.Crash(job, JobLifecycle.MaxCrashes));
    }

    [Fact]
    public void A_cancelled_job_can_be_retried() =>
        AssertHappens<Retried>(After(Spec, new Cancel("ada", null)), new Retry("bob"), T0);

    [Fact]
    public void A_job_that_waits_runs_or_is_completed_cannot_be_retried()
    {
        AssertRefused(Refusal.NotRetryable, Waiting(), new Retry("ada"), T0);
        AssertRefused(Refusal.NotRetryable, Running(), new Retry("ada"), T0);
        AssertRefused(Refusal.NotRetryable, After(Running(), T0, new Succeed(First, Result)), new Retry("ada"), T0);
    }

    [Fact]
    public void A_late_answer_from_before_the_retry_is_refused()
    {
        var job = After(Spec, new Start(First, Ada), new Cancel("ada", null), new Retry("ada"), new Start(Other, Bob));

        AssertRefused(Refusal.StaleAttempt, job, new Succeed(First, Result), T0);
    }

    private static readonly JobSpec Impatient = Spec with { Retry = new RetryPolicy { MaxRetries = 2, Delay = TimeSpan.Zero } };
}
