using System.Text;
using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class CheckpointTests
{
    private static readonly ReadOnlyMemory<byte> Page7 = "7"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> Page8 = "8"u8.ToArray();

    private static JobState Saved(JobState? job = null) => After(job ?? Running(), T0, new SaveCheckpoint(First, Page7));

    private static string? Text(JobState job) => job.History!.Checkpoint is { } kept ? Encoding.UTF8.GetString(kept.Json.Span) : null;

    [Fact]
    public void What_an_attempt_saved_is_there_for_the_next_one_after_a_failure_a_crash_and_a_snooze()
    {
        Assert.Equal("7", Text(After(Saved(), T0, new Fail(First, Broken))));
        Assert.Equal("7", Text(After(Saved(), T0, new LoseWorker(Ada, HandedBack: false))));
        Assert.Equal("7", Text(After(Saved(), T0, new Snooze(First, Minute))));
        Assert.Equal("7", Text(After(After(Saved(), T0, new LoseWorker(Ada, HandedBack: false)), T0, new Start(Other, Bob))));
    }

    [Fact]
    public void The_newest_checkpoint_counts() => Assert.Equal("8", Text(After(Saved(), T0, new SaveCheckpoint(First, Page8))));

    [Fact]
    public void A_completed_job_has_no_checkpoint_any_more() => Assert.Null(Text(After(Saved(), T0, new Succeed(First, Result))));

    [Fact]
    public void A_retry_by_hand_goes_on_from_the_checkpoint_unless_it_is_to_be_a_fresh_one()
    {
        var failed = After(Saved(Running(Spec with { Retry = new RetryPolicy { MaxRetries = 0 } })), T0, new Fail(First, Broken));

        Assert.Equal("7", Text(After(failed, T0, new Retry("ada"))));
        Assert.Null(Text(After(failed, T0, new Retry("ada", Fresh: true))));
    }

    [Fact]
    public void An_attempt_that_was_taken_away_cannot_save()
    {
        AssertRefused(Refusal.StaleAttempt, Running(), new SaveCheckpoint(Other, Page7), T0);
        AssertRefused(Refusal.StaleAttempt, After(Running(), T0, new Cancel("ada", null)), new SaveCheckpoint(First, Page7), T0);
        AssertRefused(Refusal.StaleAttempt, After(Running(), T0, new LoseWorker(Ada, HandedBack: true)), new SaveCheckpoint(First, Page7), T0);
    }

    [Fact]
    public void The_same_checkpoint_again_changes_nothing() => AssertNothing(Saved(), new SaveCheckpoint(First, Page7), T0);

    [Fact]
    public void A_checkpoint_says_which_attempt_saved_it() =>
        Assert.Equal(1, AssertHappens<CheckpointSaved>(Running(), new SaveCheckpoint(First, Page7), T0).Attempt);
}
