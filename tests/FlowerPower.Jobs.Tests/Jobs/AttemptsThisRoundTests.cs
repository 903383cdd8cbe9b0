using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>What people compare with the budget: attempts are numbered for life, and counted by round.</summary>
public sealed class AttemptsThisRoundTests
{
    private static readonly JobSpec Thrice = Spec with { Retry = new RetryPolicy { MaxRetries = 2, Delay = TimeSpan.Zero } };

    [Fact]
    public void The_running_and_the_failed_attempts_count()
    {
        var failedOnce = After(Running(Thrice), T0, new Fail(First, Broken));
        var second = After(failedOnce, T0, new Start(Other, Bob));

        Assert.Equal((0, 0), Counts(Waiting(Thrice)));
        Assert.Equal((1, 1), Counts(Running(Thrice)));
        Assert.Equal((1, 1), Counts(failedOnce));
        Assert.Equal((2, 2), Counts(second));
        Assert.Equal((2, 2), Counts(After(second, T0, new Succeed(Other, Result))));
        Assert.Equal((2, 2), Counts(After(second, T0, new Cancel("ada", null))));
        Assert.Equal((1, 1), Counts(After(failedOnce, T0, new Cancel("ada", null))));
    }

    [Fact]
    public void An_attempt_whose_worker_was_lost_counts_in_all_and_not_in_the_round()
    {
        var handedBack = After(Running(Thrice), T0, new LoseWorker(Ada, HandedBack: true));

        Assert.Equal((0, 1), Counts(handedBack));
        Assert.Equal((1, 2), Counts(After(handedBack, T0, new Start(Other, Bob))));
    }

    [Fact]
    public void A_retry_by_hand_begins_a_new_round()
    {
        var failed = FailureTests.FailUntilTheEnd(Waiting(Thrice), "a");
        var max = Thrice.Retry.MaxAttempts;

        var again = FailureTests.FailUntilTheEnd(After(failed, T0, new Retry("ada")), "b");

        Assert.Equal((max, max), Counts(failed));
        Assert.Equal((max, 2 * max), Counts(again));
    }

    private static (int ThisRound, int InAll) Counts(JobState job)
    {
        var view = JobView.Of(job, T0);
        Assert.InRange(view.AttemptsThisRound, 0, view.MaxAttempts);
        return (view.AttemptsThisRound, view.Attempts);
    }
}
