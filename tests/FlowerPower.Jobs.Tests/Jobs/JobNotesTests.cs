namespace FlowerPower.Jobs.Tests;

public sealed class JobNotesTests
{
    [Fact]
    public void A_note_changes_the_newest_step_and_the_version_and_nothing_else()
    {
        var job = Example.Running();

        var noted = (JobState.Running)job.Noted("the store lost something");

        Assert.Equal("the store lost something", noted.Trail.Transitions[^1].Note);
        Assert.Equal(job.Version + 1, noted.Version);
        Assert.Equal(job, noted with { Trail = job.Trail, Version = job.Version });
        Assert.Equal(job.Trail.Transitions.SkipLast(1), noted.Trail.Transitions.SkipLast(1));
    }

    [Fact]
    public void A_note_stands_before_what_the_step_says_and_is_cut_with_it()
    {
        var job = Example.Waiting().Noted(new string('a', 150)).Noted("first");

        Assert.StartsWith("first; aaa", job.History!.Transitions[^1].Note, StringComparison.Ordinal);
        Assert.Equal(JobTrail.MaxTextLength, job.Noted(new string('b', 150)).History!.Transitions[^1].Note!.Length);
    }

    [Fact]
    public void A_job_that_does_not_exist_takes_no_note() =>
        Assert.Throws<InvalidOperationException>(() => JobState.None.Noted("nothing"));
}
