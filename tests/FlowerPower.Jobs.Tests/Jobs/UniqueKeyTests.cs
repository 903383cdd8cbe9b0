using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>How long a job holds its unique key, and where its id belongs.</summary>
public sealed class UniqueKeyTests
{
    private static readonly JobSpec Keyed = Spec with { UniqueKey = "night", Retry = new RetryPolicy { MaxRetries = 0 } };

    [Fact]
    public void A_job_holds_its_key_until_it_has_ended()
    {
        Assert.True(Waiting(Keyed).HoldsKey);
        Assert.True(Running(Keyed).HoldsKey);
        Assert.False(After(Running(Keyed), T0, new Succeed(First, Result)).HoldsKey);
        Assert.False(Waiting().HoldsKey);
    }

    [Fact]
    public void A_completed_job_holds_it_until_its_window_is_over()
    {
        var done = After(Running(Keyed with { UniqueFor = Minute }), T0 + Second, new Succeed(First, Result));

        Assert.True(done.HoldsKey && done.IsLive);
        Assert.Equal(T0 + Minute, JobLifecycle.NextClockCheck(done));
        AssertNothing(done, new CheckClock(), T0 + Second);
        var over = After(done, T0 + Minute, new CheckClock());
        Assert.False(over.HoldsKey || over.IsLive);
        Assert.Null(JobLifecycle.NextClockCheck(over));
    }

    [Fact]
    public void A_window_that_was_over_before_the_end_holds_nothing() =>
        Assert.False(After(Running(Keyed with { UniqueFor = Minute }), T0 + (2 * Minute), new Succeed(First, Result)).HoldsKey);

    [Fact]
    public void Failed_and_cancelled_jobs_free_their_key_at_once()
    {
        var spec = Keyed with { UniqueFor = Minute };

        Assert.False(After(Running(spec), T0, new Fail(First, Broken)).HoldsKey);
        Assert.False(After(Waiting(spec), T0, new Cancel("ada", null)).HoldsKey);
    }

    [Fact]
    public void All_ids_of_a_key_are_in_one_shard_and_belong_to_no_other_key()
    {
        var chance = new byte[10];
        for (var i = 0; i < 100; i++)
        {
            chance[0] = (byte)i;
            var id = JobId.ForKey("night", T0 + (i * Minute), chance);
            Assert.Equal(ShardKey.Of(JobId.ForKey("night", T0, new byte[10]).Value, 64), ShardKey.Of(id.Value, 64));
            Assert.True(id.IsFor("night") && !id.IsFor("day"));
        }
    }
}
