namespace FlowerPower.Jobs.Tests;

public sealed class RetryPolicyTests
{
    private const double AlmostOne = 0.999_999_999;

    [Theory]
    [InlineData(1, 0.0, 1.0)]
    [InlineData(2, 0.0, 2.0)]
    [InlineData(3, 0.0, 4.0)]
    [InlineData(1, 0.5, 1.05)]
    [InlineData(3, 0.5, 4.2)]
    [InlineData(11, 0.0, 1024.0)]
    [InlineData(13, 0.0, 3600.0)]
    [InlineData(5_000, 0.5, 3600.0)]
    public void The_default_waits_double_from_one_second_up_to_an_hour(int attempt, double jitter, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Default.DelayAfter(attempt, jitter));

    [Fact]
    public void Chance_adds_at_most_its_factor_and_never_shortens_a_wait()
    {
        var policy = new RetryPolicy { Delay = TimeSpan.FromSeconds(10), JitterFactor = 0.25 };

        Assert.Equal(TimeSpan.FromSeconds(10), policy.DelayAfter(1, 0));
        Assert.InRange(policy.DelayAfter(1, AlmostOne), TimeSpan.FromSeconds(12.49), TimeSpan.FromSeconds(12.5));
    }

    [Fact]
    public void The_cap_holds_with_chance_included()
    {
        var policy = new RetryPolicy { Delay = TimeSpan.FromSeconds(10), JitterFactor = 1, MaxDelay = TimeSpan.FromSeconds(15) };

        Assert.Equal(TimeSpan.FromSeconds(15), policy.DelayAfter(1, AlmostOne));
        Assert.Equal(TimeSpan.FromSeconds(15), policy.DelayAfter(2, 0));
    }

    [Fact]
    public void No_wait_stays_no_wait_after_however_many_attempts() =>
        Assert.Equal(TimeSpan.Zero, new RetryPolicy { Delay = TimeSpan.Zero }.DelayAfter(2_000, 0.5));

    [Fact]
    public void The_longest_wait_of_all_does_not_overflow()
    {
        var policy = new RetryPolicy { Delay = TimeSpan.MaxValue, MaxDelay = TimeSpan.MaxValue };

        Assert.Equal(TimeSpan.MaxValue, policy.DelayAfter(1, 0));
        Assert.Equal(TimeSpan.MaxValue, policy.DelayAfter(3_000, AlmostOne));
    }

    [Fact]
    public void Attempts_count_from_1_and_chance_lies_in_0_to_1()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RetryPolicy.Default.DelayAfter(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RetryPolicy.Default.DelayAfter(1, -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RetryPolicy.Default.DelayAfter(1, 1));
    }

    [Theory]
    [InlineData("Exception", true)]
    [InlineData("System.Exception", true)]
    [InlineData("HttpRequestException", true)]
    [InlineData("System.Net.Http.HttpRequestException", true)]
    [InlineData("IOException", true)]
    [InlineData("Plugins+IOException", true)]
    [InlineData("TimeoutException", false)]
    [InlineData("Http", false)]
    public void A_name_covers_the_type_and_what_derives_from_it(string name, bool covered)
    {
        var error = new JobError(["HttpRequestException", "IOException"], "The host did not answer.");

        Assert.Equal(covered, new RetryPolicy { Exceptions = [name] }.Covers(error));
    }

    [Fact]
    public void One_name_of_several_is_enough_and_none_covers_nothing()
    {
        var error = JobError.Named("IOException", "The disk is full.");

        Assert.True(new RetryPolicy { Exceptions = ["TimeoutException", "IOException"] }.Covers(error));
        Assert.False(new RetryPolicy { Exceptions = [] }.Covers(error));
    }

    [Fact]
    public void A_policy_outside_its_range_cannot_be_made()
    {
        AssertNames("max_retries", () => new RetryPolicy { MaxRetries = -1 });
        AssertNames("max_retries", () => new RetryPolicy { MaxRetries = int.MaxValue });
        AssertNames("retry_delay", () => new RetryPolicy { Delay = TimeSpan.FromTicks(-1) });
        AssertNames("max_delay", () => new RetryPolicy { MaxDelay = TimeSpan.FromTicks(-1) });
        AssertNames("jitter_factor", () => new RetryPolicy { JitterFactor = -0.1 });
        AssertNames("jitter_factor", () => new RetryPolicy { JitterFactor = double.NaN });
        AssertNames("jitter_factor", () => new RetryPolicy { JitterFactor = double.PositiveInfinity });
    }

    [Fact]
    public void Two_policies_with_the_same_content_are_equal()
    {
        Assert.Equal(new RetryPolicy { Exceptions = ["A", "B"] }, new RetryPolicy { Exceptions = ["A", "B"] });
        Assert.NotEqual(new RetryPolicy { Exceptions = ["A", "B"] }, new RetryPolicy { Exceptions = ["A"] });
        Assert.Equal(4, RetryPolicy.Default.MaxAttempts);
    }

    private static void AssertNames(string what, Func<RetryPolicy> make) =>
        Assert.Contains(what, Assert.ThrowsAny<ArgumentException>(make).Message, StringComparison.Ordinal);
}
