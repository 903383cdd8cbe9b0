using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class AnswerTests
{
    public static TheoryData<string> LateAnswers => ["heartbeat", "progress", "result", "error"];

    [Fact]
    public void A_result_completes_the_job()
    {
        var completed = AssertHappens<Completed>(Running(), new Succeed(First, Result), T0 + Second);

        var job = Assert.IsType<JobState.Finished>(JobLifecycle.Evolve(Running(), completed));
        Assert.Equal(JobStatus.Completed, job.Outcome);
        Assert.Equal(Result, job.ResultJson);
        Assert.Equal(T0 + Second, job.At);
        Assert.Null(job.Error);
    }

    [Fact]
    public void A_heartbeat_and_progress_of_the_running_attempt_are_accepted_and_not_stored()
    {
        AssertNothing(Running(), new Heartbeat(First), T0);
        AssertNothing(Running(), new ReportProgress(First, new JobProgress(1, 2, "sum")), T0);
    }

    [Theory]
    [MemberData(nameof(LateAnswers))]
    public void An_answer_after_the_time_out_is_refused(string answer)
    {
        var job = After(Running(Spec with { Timeout = Minute }), T0 + Minute, new CheckClock());

        AssertRefused(Refusal.StaleAttempt, job, Late(answer), T0 + Minute);
    }

    [Theory]
    [MemberData(nameof(LateAnswers))]
    public void An_answer_after_the_job_was_cancelled_is_refused(string answer) =>
        AssertRefused(Refusal.StaleAttempt, After(Running(), T0, new Cancel("ada", null)), Late(answer), T0);

    [Theory]
    [MemberData(nameof(LateAnswers))]
    public void An_answer_after_its_worker_was_given_up_is_refused(string answer) =>
        AssertRefused(Refusal.StaleAttempt, After(Running(), T0, new LoseWorker(Ada, HandedBack: false)), Late(answer), T0);

    [Theory]
    [MemberData(nameof(LateAnswers))]
    public void A_worker_that_lost_its_attempt_cannot_answer_for_the_next_one(string answer)
    {
        var job = After(Spec, new Start(First, Ada), new LoseWorker(Ada, HandedBack: false), new Start(Other, Bob));

        AssertRefused(Refusal.StaleAttempt, job, Late(answer), T0);
    }

    [Theory]
    [MemberData(nameof(LateAnswers))]
    public void A_worker_cannot_answer_for_a_job_that_another_has_completed(string answer)
    {
        var job = After(
            Spec, new Start(First, Ada), new LoseWorker(Ada, HandedBack: false), new Start(Other, Bob), new Succeed(Other, Result));

        AssertRefused(Refusal.StaleAttempt, job, Late(answer), T0);
    }

    [Fact]
    public void A_result_that_comes_before_the_clock_was_checked_counts_though_the_deadline_has_passed()
    {
        // What is recorded first is the outcome: the attempt had not been taken away.
        var job = Running(Spec with { Timeout = Minute });

        AssertHappens<Completed>(job, new Succeed(First, Result), T0 + (2 * Minute));
    }

    [Fact]
    public void The_result_again_after_a_lost_reply_is_accepted_and_changes_nothing() =>
        AssertNothing(After(Running(), T0, new Succeed(First, Result)), new Succeed(First, Result), T0 + Second);

    [Fact]
    public void The_error_again_after_a_lost_reply_is_accepted_and_changes_nothing()
    {
        var retrying = After(Running(), T0, new Fail(First, Broken));
        AssertNothing(retrying, new Fail(First, Broken), T0 + Second);

        var once = Spec with { Retry = new RetryPolicy { MaxRetries = 0 } };
        var failed = After(Running(once), T0, new Fail(First, Broken));
        AssertNothing(failed, new Fail(First, Broken), T0 + Second);
    }

    [Fact]
    public void Another_error_of_an_attempt_that_failed_already_is_refused()
    {
        var job = After(Running(), T0, new Fail(First, Broken));

        AssertRefused(Refusal.StaleAttempt, job, new Fail(First, JobError.Named("IOException", "The disk is full.")), T0);
        AssertRefused(Refusal.StaleAttempt, job, new Succeed(First, Result), T0);
    }

    [Fact]
    public void A_result_after_the_final_failure_is_refused()
    {
        var job = After(Running(Spec with { Retry = new RetryPolicy { MaxRetries = 0 } }), T0, new Fail(First, Broken));

        AssertRefused(Refusal.StaleAttempt, job, new Succeed(First, Result), T0);
    }

    private static JobCommand Late(string answer) => answer switch
    {
        "heartbeat" => new Heartbeat(First),
        "progress" => new ReportProgress(First, new JobProgress(1, 2, null)),
        "result" => new Succeed(First, Result),
        _ => new Fail(First, Broken),
    };
}
