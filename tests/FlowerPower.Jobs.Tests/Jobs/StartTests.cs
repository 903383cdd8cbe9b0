using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class StartTests
{
    [Fact]
    public void Enqueueing_makes_a_job_that_waits()
    {
        var enqueued = AssertHappens<Enqueued>(JobState.None, new Enqueue(Spec, T0), T0);

        var job = Given(enqueued);

        Assert.Equal(JobStatus.Pending, job.StatusAt(T0));
        Assert.Equal(T0, job.History!.EnqueuedAt);
        Assert.Equal(0, job.History.AttemptsMade);
    }

    [Fact]
    public void Enqueueing_the_same_id_again_changes_nothing_in_any_state()
    {
        var again = new Enqueue(Spec with { Description = "another" }, T0 + Minute);

        AssertNothing(Waiting(), again, T0);
        AssertNothing(Running(), again, T0);
        AssertNothing(After(Spec, new Cancel("ada", null)), again, T0);
    }

    [Fact]
    public void An_id_of_another_pipelines_job_is_refused_in_any_state()
    {
        var other = new Enqueue(Spec with { Pipeline = "another" }, T0 + Minute);

        AssertRefused(Refusal.IdTaken, Waiting(), other, T0);
        AssertRefused(Refusal.IdTaken, Running(), other, T0);
        AssertRefused(Refusal.IdTaken, After(Spec, new Cancel("ada", null)), other, T0);
    }

    [Fact]
    public void A_job_with_a_later_due_time_is_scheduled_until_then()
    {
        var job = Given(new Enqueued(Spec, DueAt: T0 + Minute) { At = T0 });

        Assert.Equal(JobStatus.Scheduled, job.StatusAt(T0 + Minute - TimeSpan.FromTicks(1)));
        Assert.Equal(JobStatus.Pending, job.StatusAt(T0 + Minute));
    }

    [Fact]
    public void A_job_does_not_start_before_it_is_due()
    {
        var job = Given(new Enqueued(Spec, DueAt: T0 + Minute) { At = T0 });

        AssertRefused(Refusal.NotDue, job, new Start(First, Ada), T0 + Minute - TimeSpan.FromTicks(1));
        AssertHappens<AttemptStarted>(job, new Start(First, Ada), T0 + Minute);
    }

    [Fact]
    public void The_first_attempt_has_number_1_and_a_deadline_of_its_own()
    {
        var started = AssertHappens<AttemptStarted>(Waiting(Spec with { Timeout = Minute }), new Start(First, Ada), T0 + Second);

        Assert.Equal(new AttemptStarted(1, First, Ada, Deadline: T0 + Second + Minute) { At = T0 + Second }, started);
    }

    [Fact]
    public void A_job_without_a_time_out_has_no_deadline() =>
        Assert.Null(AssertHappens<AttemptStarted>(Waiting(), new Start(First, Ada), T0).Deadline);

    [Fact]
    public void A_time_out_beyond_the_calendar_ends_with_the_calendar()
    {
        var started = AssertHappens<AttemptStarted>(Waiting(Spec with { Timeout = TimeSpan.MaxValue }), new Start(First, Ada), T0);

        Assert.Equal(DateTimeOffset.MaxValue, started.Deadline);
    }

    [Fact]
    public void The_same_grant_again_is_accepted_and_changes_nothing() => AssertNothing(Running(), new Start(First, Ada), T0);

    [Fact]
    public void A_running_job_is_not_started_under_another_grant() =>
        AssertRefused(Refusal.AlreadyRunning, Running(), new Start(Other, Bob), T0);

    [Fact]
    public void An_ended_job_is_not_started() =>
        AssertRefused(Refusal.AlreadyFinished, After(Spec, new Cancel("ada", null)), new Start(First, Ada), T0);

    [Fact]
    public void A_grant_that_started_an_attempt_cannot_start_another()
    {
        // The worker that lost the first attempt still holds this grant: a second attempt under it would accept its late answer.
        var job = After(Spec, new Start(First, Ada), new LoseWorker(Ada, HandedBack: true));

        AssertRefused(Refusal.StaleAttempt, job, new Start(First, Bob), T0);
        AssertHappens<AttemptStarted>(job, new Start(Other, Bob), T0);
    }

    [Fact]
    public void Nothing_can_be_asked_of_a_job_that_does_not_exist()
    {
        foreach (var command in new JobCommand[]
        {
            new Start(First, Ada), new Heartbeat(First), new ReportProgress(First, new JobProgress(1, 2, null)), new Succeed(First, Result),
            new Fail(First, Broken), new CheckClock(), new LoseWorker(Ada, false), new Cancel("ada", null), new Retry("ada"),
        })
        {
            AssertRefused(Refusal.NotFound, JobState.None, command, T0);
        }
    }
}
