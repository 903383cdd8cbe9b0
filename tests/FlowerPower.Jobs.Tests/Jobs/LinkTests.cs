using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>Jobs that wait for jobs, and what a job has to tell others.</summary>
public sealed class LinkTests
{
    private static readonly JobSpec Child = Spec with { DependsOn = [new JobDependency(Parent), new JobDependency(SecondParent)] };
    private static readonly JobSpec Lenient = Spec with { DependsOn = [new JobDependency(Parent, AllowFailure: true)] };

    [Fact]
    public void A_job_with_parents_is_deferred_and_asks_each_of_them_to_tell_it_of_its_end()
    {
        var job = Assert.IsType<JobState.Deferred>(After(Child));

        Assert.Equal(JobStatus.Deferred, job.StatusAt(T0));
        Assert.Equal([Parent, SecondParent], job.Links.Awaits.AsEnumerable());
        Assert.Equal([(JobNoteKind.Subscribe, Parent), (JobNoteKind.Subscribe, SecondParent)], job.Links.Outbox.Select(note => (note.Kind, note.To)));
        AssertRefused(Refusal.NotDue, job, new Start(First, Ada), T0);
    }

    [Fact]
    public void It_waits_for_a_worker_once_the_last_parent_has_completed()
    {
        var half = Assert.IsType<JobState.Deferred>(After(Child, new HearParent(SecondParent, JobStatus.Completed)));
        var job = Assert.IsType<JobState.Waiting>(After(half, T0 + Minute, new HearParent(Parent, JobStatus.Completed)));

        Assert.Equal(JobStatus.Pending, job.StatusAt(T0 + Minute));
        Assert.Equal("job parent completed", job.Trail.Transitions[^1].Note);
        AssertNothing(job, new HearParent(Parent, JobStatus.Completed), T0 + Minute);
    }

    [Fact]
    public void A_due_time_later_than_the_parents_end_still_counts()
    {
        var deferred = Given(new Enqueued(Spec with { DependsOn = [new JobDependency(Parent)] }, T0 + Minute) { At = T0 });
        var job = Assert.IsType<JobState.Waiting>(After(deferred, T0 + Second, new HearParent(Parent, JobStatus.Completed)));

        Assert.Equal(JobStatus.Scheduled, job.StatusAt(T0 + Second));
        Assert.Equal(T0 + Minute, job.DueAt);
    }

    [Theory]
    [InlineData(JobStatus.Failed, JobStatus.Failed)]
    [InlineData(JobStatus.Cancelled, JobStatus.Cancelled)]
    [InlineData(null, JobStatus.Failed)]
    public void A_parent_that_does_not_complete_ends_its_dependents(JobStatus? parent, JobStatus child)
    {
        var job = Assert.IsType<JobState.Finished>(After(Child, new HearParent(Parent, parent)));

        Assert.Equal(child, job.Outcome);
        Assert.Contains("parent", job.Error?.Message ?? job.Trail.Transitions[^1].By, StringComparison.Ordinal);
        Assert.Equal(child == JobStatus.Failed ? JobError.DependencyType : null, job.Error?.Type);
    }

    [Theory]
    [InlineData(JobStatus.Failed)]
    [InlineData(JobStatus.Cancelled)]
    public void A_parent_that_may_fail_frees_its_dependents_however_it_ends(JobStatus parent) =>
        Assert.IsType<JobState.Waiting>(After(Lenient, new HearParent(Parent, parent)));

    [Fact]
    public void A_parent_that_may_fail_must_exist_all_the_same() =>
        Assert.Equal(JobError.DependencyType, Assert.IsType<JobState.Finished>(After(Lenient, new HearParent(Parent, null))).Error!.Type);

    [Fact]
    public void A_job_that_ended_with_its_parent_asks_only_that_one_again_when_it_is_retried()
    {
        var failed = After(Child, new HearParent(SecondParent, JobStatus.Completed), new HearParent(Parent, JobStatus.Failed));
        var job = Assert.IsType<JobState.Deferred>(After(failed, T0, new Retry("ada", Asked)));

        Assert.Equal([Parent], job.Links.Awaits.AsEnumerable());
        Assert.Equal(Parent, Assert.Single(job.Links.Outbox).To);
    }

    [Fact]
    public void A_job_that_failed_by_itself_is_retried_without_its_parents()
    {
        var ended = After(Spec with { DependsOn = [new JobDependency(Parent)], Retry = new RetryPolicy { MaxRetries = 0 } },
            new HearParent(Parent, JobStatus.Completed), new Start(First, Ada), new Fail(First, Broken), new ConfirmNotes([1]));

        var again = Assert.IsType<JobState.Waiting>(After(ended, T0, new Retry("ada", Asked)));

        Assert.Empty(again.Links.Outbox);
    }

    [Fact]
    public void Whoever_asked_is_told_of_the_end_and_whoever_asks_later_hears_it_at_once()
    {
        var running = After(Spec, new AddDependent(SecondParent), new AddDependent(SecondParent), new Start(First, Ada));
        var ended = After(running, T0, new Succeed(First, Result));

        Assert.Equal(new JobNote(1, JobNoteKind.Ended, SecondParent, JobStatus.Completed), Assert.Single(ended.Links.Outbox));
        Assert.True(ended.IsLive);
        AssertNothing(ended, new AddDependent(Parent), T0);
        AssertRefused(Refusal.NotFound, JobState.None, new AddDependent(Parent), T0);
    }

    [Fact]
    public void What_was_acknowledged_is_not_told_again()
    {
        var ended = After(Spec, new AddDependent(SecondParent), new Cancel("ada", null));
        var told = After(ended, T0, new ConfirmNotes([1, 7]));

        Assert.Empty(told.Links.Outbox);
        Assert.False(told.IsLive);
        AssertNothing(told, new ConfirmNotes([1]), T0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_end_makes_its_own_callback(bool succeeds)
    {
        var spec = Spec with { OnSuccess = new JobCallback("hurray"), OnFailure = new JobCallback("alas"), Retry = new RetryPolicy { MaxRetries = 0 } };
        var ended = After(spec, new Start(First, Ada), succeeds ? new Succeed(First, Result) : new Fail(First, Broken));
        var note = Assert.Single(ended.Links.Outbox);
        var callback = JobCallback.JobOf(spec, succeeds, round: 0);

        Assert.Equal((JobNoteKind.Callback, callback.Id), (note.Kind, note.To));
        Assert.Equal(succeeds ? "hurray" : "alas", callback.Pipeline);
        Assert.Equal(Spec.Id, Assert.Single(callback.DependsOn).Job);
    }

    [Fact]
    public void A_failure_after_a_retry_by_hand_has_a_callback_of_its_own()
    {
        var spec = Spec with { OnFailure = new JobCallback("alas"), Retry = new RetryPolicy { MaxRetries = 0 } };
        var again = After(spec, new Start(First, Ada), new Fail(First, Broken), new ConfirmNotes([1]), new Retry("ada"), new Start(Other, Ada), new Fail(Other, Broken));

        Assert.Equal("job-1.on-failure-2", Assert.Single(again.Links.Outbox).To.Value);
    }

    [Fact]
    public void A_cancelled_job_has_no_callback() =>
        Assert.Empty(After(Spec with { OnFailure = new JobCallback("alas") }, new Cancel("ada", null)).Links.Outbox);

    [Fact]
    public void A_deferred_job_expires_and_can_be_cancelled_like_any_that_waits()
    {
        var job = After(Child with { ExpiresAt = T0 + Minute });

        Assert.Equal(T0 + Minute, JobLifecycle.NextClockCheck(job));
        Assert.Equal(JobError.ExpiredType, AssertHappens<Failed>(job, new CheckClock(), T0 + Minute).Error.Type);
        AssertHappens<Cancelled>(job, new Cancel("ada", null), T0);
    }

    [Fact]
    public void A_parent_named_twice_is_refused() =>
        Assert.Throws<ArgumentException>(() => Spec with { DependsOn = [new JobDependency(Parent), new JobDependency(Parent, true)] });
}
