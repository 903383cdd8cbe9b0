using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class HistoryTests
{
    [Fact]
    public void The_history_says_who_did_what_when_and_why()
    {
        var job = After(Running(), T0 + Second, new Fail(First, Broken));

        Assert.Equal(
            new JobTransition[]
            {
                new(T0, JobStatus.Pending, 0, null, null),
                new(T0, JobStatus.Running, 1, "ada", null, First),
                new(T0 + Second, JobStatus.Retrying, 1, "ada", Broken.Message),
            },
            job.History!.Transitions);
    }

    [Fact]
    public void A_long_history_keeps_its_first_step_and_the_newest_and_counts_the_rest()
    {
        const int rounds = 100;
        JobState job = Waiting();
        for (var i = 0; i < rounds; i++)
        {
            job = After(job, T0 + (i * Second), new Start(new GrantId($"g{i}"), Ada));
            job = After(job, T0 + (i * Second), new LoseWorker(Ada, HandedBack: true));
        }

        var trail = job.History!;
        Assert.Equal(JobTrail.MaxTransitions, trail.Transitions.Length);
        Assert.Equal((2 * rounds) + 1 - JobTrail.MaxTransitions, trail.DroppedTransitions);
        Assert.Equal(new JobTransition(T0, JobStatus.Pending, 0, null, null), trail.Transitions[0]);
        Assert.Equal(rounds, trail.Transitions[^1].Attempt);
        Assert.Equal(trail.Transitions.Skip(1).OrderBy(step => step.At).ThenBy(step => step.Attempt), trail.Transitions.Skip(1));
    }

    [Fact]
    public void A_long_note_is_cut_and_a_character_is_never_cut_in_two()
    {
        var endless = string.Concat(Enumerable.Repeat("🌻", 10_000));

        var job = After(Running(), T0, new Fail(First, JobError.Named("IOException", endless)));

        var note = job.History!.Transitions[^1].Note!;
        Assert.InRange(note.Length, 1, JobTrail.MaxTextLength);
        Assert.EndsWith("🌻…", note, StringComparison.Ordinal);
        Assert.InRange(((JobState.Waiting)job).LastError!.Message.Length, 1, JobError.MaxMessageLength);
    }

    [Fact]
    public void The_version_counts_the_events()
    {
        Assert.Equal(0, JobState.None.Version);
        Assert.Equal(1, Waiting().Version);
        Assert.Equal(2, Running().Version);
        Assert.Equal(3, After(Running(), T0, new Succeed(First, Result)).Version);
    }

    [Fact]
    public void An_event_that_cannot_follow_stops_the_job()
    {
        AssertCorrupt(JobState.None, new Retried("ada") { At = T0 });
        AssertCorrupt(Waiting(), new Enqueued(Spec, T0) { At = T0 });
        AssertCorrupt(Waiting(), new Completed(1, Result) { At = T0 });
        AssertCorrupt(Running(), new AttemptStarted(2, Other, Bob, null) { At = T0 });
        AssertCorrupt(After(Running(), T0, new Succeed(First, Result)), new Retried("ada") { At = T0 });
    }

    [Fact]
    public void An_event_of_another_attempt_stops_the_job()
    {
        AssertCorrupt(Waiting(), new AttemptStarted(2, First, Ada, null) { At = T0 });
        AssertCorrupt(Waiting(), new Failed(1, Broken) { At = T0 });
        AssertCorrupt(Running(), new Completed(2, Result) { At = T0 });
        AssertCorrupt(Running(), new Failed(0, Broken) { At = T0 });
        AssertCorrupt(Running(), new AttemptFailed(2, Broken, T0) { At = T0 });
        AssertCorrupt(Running(), new AttemptLost(2, Ada, Crashed: true) { At = T0 });
    }

    private static void AssertCorrupt(JobState job, JobEvent e)
    {
        var error = Assert.Throws<InvalidOperationException>(() => JobLifecycle.Evolve(job, e));
        Assert.Contains(e.GetType().Name, error.Message, StringComparison.Ordinal);
    }
}
