using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class KeepAndDeleteTests
{
    private static readonly JobState Completed = After(Running(), T0, new Succeed(First, Result));

    public static TheoryData<string> Unfinished => ["waiting", "running"];

    [Fact]
    public void A_deleted_job_is_gone_and_its_id_is_free()
    {
        var gone = After(Completed, T0 + Minute, new Delete("ada"));

        Assert.Equal(JobState.None, gone);
        AssertRefused(Refusal.NotFound, gone, new Succeed(First, Result), T0 + Minute);
        var again = After(gone, T0 + Minute, new Enqueue(Spec with { Pipeline = "another" }, T0 + Minute, Asked));
        Assert.Equal(1, again.Version);
        Assert.Equal("another", again.History!.Spec.Pipeline);
        Assert.Single(again.History.Transitions);
    }

    [Fact]
    public void A_job_that_is_not_there_cannot_be_deleted_so_that_a_repetition_is_harmless()
    {
        var gone = After(Completed, T0, new Delete("ada"));

        AssertRefused(Refusal.NotFound, gone, new Delete("ada"), T0);
        AssertRefused(Refusal.NotFound, JobState.None, new Keep("ada", Minute), T0);
    }

    [Theory]
    [MemberData(nameof(Unfinished))]
    public void What_has_not_ended_can_neither_be_deleted_nor_kept(string state)
    {
        JobState job = state == "waiting" ? Waiting() : Running();

        AssertRefused(Refusal.NotFinished, job, new Delete("ada"), T0);
        AssertRefused(Refusal.NotFinished, job, new Keep("ada", Minute), T0);
    }

    [Fact]
    public void A_job_is_not_deleted_before_others_have_heard_of_its_end()
    {
        var child = JobId.Parse("child");
        var ended = After(After(After(Running(), T0, new AddDependent(child)), T0, new Succeed(First, Result)), T0, new Keep("ada", Minute));

        AssertRefused(Refusal.NotFinished, ended, new Delete("ada"), T0);
        AssertHappens<Deleted>(After(ended, T0, new ConfirmNotes([.. ended.Links.Outbox.Select(note => note.Number)])), new Delete("ada"), T0);
    }

    [Fact]
    public void A_job_is_forgotten_when_its_retention_has_passed_since_its_end()
    {
        var spec = Spec with { ResultRetention = Minute, FailureRetention = 2 * Minute, Retry = new RetryPolicy { MaxRetries = 0 } };

        Assert.Equal(T0 + Minute, Finished(After(Running(spec), T0, new Succeed(First, Result))).ForgottenFrom);
        Assert.Equal(T0 + (2 * Minute), Finished(After(Running(spec), T0, new Fail(First, Broken))).ForgottenFrom);
        Assert.Equal(T0 + Minute, Finished(After(Running(spec), T0, new Cancel("ada", null))).ForgottenFrom);
        var endless = spec with { ResultRetention = TimeSpan.MaxValue };
        Assert.Null(Finished(After(Running(endless), T0, new Succeed(First, Result))).ForgottenFrom);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void How_long_an_ended_job_is_kept_counts_from_now_and_may_be_shorter_or_longer_than_before(int minutes)
    {
        var kept = Finished(After(Completed, T0 + Minute, new Keep("bob", minutes * Minute)));

        Assert.Equal(T0 + Minute + (minutes * Minute), kept.ForgottenFrom);
        Assert.Equal(JobStatus.Completed, kept.Outcome);
        Assert.Equal(T0, kept.At);
        Assert.Equal(Result, kept.ResultJson);
        var step = kept.Trail.Transitions[^1];
        Assert.Equal((JobStatus.Completed, 1, "bob"), (step.Status, step.Attempt, step.By));
        Assert.StartsWith("kept until 2", step.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_is_kept_beyond_the_calendar_is_kept_for_ever()
    {
        var kept = Finished(After(Completed, T0, new Keep("ada", TimeSpan.MaxValue)));

        Assert.Null(kept.ForgottenFrom);
        Assert.Equal("kept for ever", kept.Trail.Transitions[^1].Note);
    }

    [Fact]
    public void Attempts_of_a_round_are_counted_the_same_after_a_cancelled_job_is_kept()
    {
        var cancelled = After(Running(), T0, new Cancel("ada", null));

        Assert.Equal(cancelled.AttemptsThisRound, After(cancelled, T0, new Keep("ada", Minute)).AttemptsThisRound);
    }

    [Fact]
    public void A_retry_ends_what_was_said_of_the_former_end()
    {
        var spec = Spec with { ResultRetention = Minute };
        var kept = After(After(spec, new Cancel("ada", null)), T0, new Keep("ada", 90 * Minute));

        var again = After(After(kept, T0, new Retry("ada")), T0, new Cancel("ada", null));

        Assert.Equal(T0 + Minute, Finished(again).ForgottenFrom);
    }

    [Fact]
    public void A_deletion_follows_an_end_only()
    {
        Assert.Throws<InvalidOperationException>(() => JobLifecycle.Evolve(Waiting(), new Deleted("ada") { At = T0 }));
        Assert.Throws<InvalidOperationException>(() => JobLifecycle.Evolve(Running(), new Kept("ada", T0) { At = T0 }));
    }

    private static JobState.Finished Finished(JobState job) => Assert.IsType<JobState.Finished>(job);
}
