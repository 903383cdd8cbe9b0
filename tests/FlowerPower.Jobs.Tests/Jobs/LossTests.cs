using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class LossTests
{
    [Fact]
    public void A_job_whose_worker_died_waits_again_at_once_and_uses_up_no_retry()
    {
        var lost = AssertHappens<AttemptLost>(Running(), new LoseWorker(Ada, HandedBack: false), T0 + Second);

        var job = Assert.IsType<JobState.Waiting>(JobLifecycle.Evolve(Running(), lost));
        Assert.True(lost.Crashed);
        Assert.Equal(JobStatus.Pending, job.StatusAt(T0 + Second));
        Assert.Equal(0, job.Trail.FailuresMade);
        Assert.Equal(1, job.Trail.Crashes);
    }

    [Fact]
    public void The_loss_of_another_worker_changes_nothing()
    {
        AssertNothing(Running(), new LoseWorker(Bob, HandedBack: false), T0);
        AssertNothing(Waiting(), new LoseWorker(Ada, HandedBack: false), T0);
        AssertNothing(After(Running(), T0, new Succeed(First, Result)), new LoseWorker(Ada, HandedBack: false), T0);
    }

    [Fact]
    public void A_hand_back_heard_twice_does_not_take_away_the_workers_next_attempt()
    {
        var handBack = new LoseWorker(Ada, HandedBack: true, First);
        var job = After(Running(), T0, handBack);
        AssertNothing(job, handBack, T0);

        job = After(job, T0, new Start(Other, Ada));

        AssertNothing(job, handBack, T0);
        AssertHappens<AttemptLost>(job, new LoseWorker(Ada, HandedBack: true, Other), T0);
    }

    [Fact]
    public void A_job_under_which_three_workers_died_is_parked_as_failed()
    {
        JobState job = Waiting();
        for (var i = 1; i < JobLifecycle.MaxCrashes; i++)
        {
            job = Crash(job, i);
            Assert.IsType<JobState.Waiting>(job);
        }

        var parked = Assert.IsType<JobState.Finished>(Crash(job, JobLifecycle.MaxCrashes));

        Assert.Equal(JobStatus.Failed, parked.Outcome);
        Assert.Equal(JobError.PoisonType, parked.Error!.Type);
        Assert.Equal(JobLifecycle.MaxCrashes, parked.Trail.Crashes);
        Assert.Equal(0, parked.Trail.FailuresMade);
    }

    [Fact]
    public void Attempts_handed_back_do_not_count_as_crashes_however_many()
    {
        JobState job = Waiting();
        for (var i = 0; i < 10; i++)
        {
            var grant = new GrantId($"g{i}");
            job = After(job, T0, new Start(grant, Ada));
            job = After(job, T0, new LoseWorker(Ada, HandedBack: true, grant));
        }

        Assert.IsType<JobState.Waiting>(job);
        Assert.Equal(0, job.History!.Crashes);
        Assert.Equal(0, job.History.FailuresMade);
        Assert.Equal(10, job.History.AttemptsMade);
    }

    [Fact]
    public void An_attempt_handed_back_after_two_crashes_does_not_park_the_job()
    {
        var job = After(Crash(Crash(Waiting(), 1), 2), T0, new Start(First, Ada));

        AssertHappens<AttemptLost>(job, new LoseWorker(Ada, HandedBack: true, First), T0);
        AssertHappens<Failed>(job, new LoseWorker(Ada, HandedBack: false), T0);
    }

    [Fact]
    public void Lost_attempts_keep_their_numbers()
    {
        var job = Crash(Waiting(), 1);

        Assert.Equal(2, AssertHappens<AttemptStarted>(job, new Start(Other, Bob), T0).Attempt);
    }

    internal static JobState Crash(JobState job, int number)
    {
        var grant = new GrantId($"crash-{number}");
        job = After(job, T0, new Start(grant, Ada));
        return After(job, T0, new LoseWorker(Ada, HandedBack: false));
    }
}
