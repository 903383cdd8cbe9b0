using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;

namespace FlowerPower.Node.Tests.Jobs;

public sealed class ClockCheckTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly JobId Id = JobId.Parse("job");

    [Fact]
    public void A_check_that_was_lost_on_its_way_is_made_again()
    {
        var checks = new ClockChecks();
        checks.Set(Id, T0);
        Assert.Equal([Id], checks.TakeDue(T0));

        Assert.Empty(checks.TakeDue(T0 + ClockChecks.RepeatAfter - Second));
        Assert.Equal([Id], checks.TakeDue(T0 + ClockChecks.RepeatAfter));
    }

    [Fact]
    public void A_check_whose_job_has_moved_on_is_not_made_again()
    {
        var checks = new ClockChecks();
        checks.Set(Id, T0);
        checks.TakeDue(T0);
        checks.Set(Id, null);

        Assert.Empty(checks.TakeDue(T0.AddDays(1)));
    }

    [Fact]
    public void A_job_that_was_looked_at_too_early_is_looked_at_again_when_its_instant_comes()
    {
        var rig = new ShardRig();
        var expiry = rig.Time.GetUtcNow() + TimeSpan.FromHours(1);
        rig.Enqueue("job", spec => spec with { ExpiresAt = expiry });

        // A tick by a clock that is set back before the job looks at it.
        Assert.Equal([Id], rig.Parts.Journals[0]!.Clock.TakeDue(expiry.AddDays(1)));
        rig.Ask("job", new JobCommand.CheckClock());
        rig.Advance(TimeSpan.FromHours(1) + Second);

        var state = Assert.IsType<JobReply>(Assert.Single(rig.Ask("job", QueryJob.Instance))).State;
        Assert.Equal(JobError.ExpiredType, Assert.IsType<JobState.Finished>(state).Error!.Type);
    }
}
