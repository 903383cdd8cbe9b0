namespace FlowerPower.Node.Tests.Cluster;

public sealed class LeaseTimesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void The_defaults_fit_and_a_node_stops_two_seconds_before_others_may_claim()
    {
        var times = new LeaseTimes();

        times.Validate();

        Assert.Equal(TimeSpan.FromSeconds(6.91), times.SelfStopAfter);
        Assert.True(times.SelfStopAfter < times.Lease);
        Assert.True(times.RenewEvery + times.CallTimeout + times.RetryAfter < times.SelfStopAfter); // one renewal may fail
    }

    [Theory]
    [InlineData(0.05, 1, 0.02, 0.01, "Lease is 0.05 s: choose 0.1 s to 600 s")]
    [InlineData(601, 3, 100, 0.01, "Lease is 601 s: choose 0.1 s to 600 s")]
    [InlineData(-9, 3, 2, 0.01, "Lease is -9 s: choose 0.1 s to 600 s")]
    [InlineData(9, 3, 2, 0.2, "Drift is 0.2: choose 0 to 0.1")]
    [InlineData(9, 3, 2, -0.01, "Drift is -0.01: choose 0 to 0.1")]
    [InlineData(9, 3, 2, double.NaN, "Drift is NaN: choose 0 to 0.1")]
    [InlineData(9, 0, 2, 0.01, "RenewEvery is 0 s: choose more than 0, for example 3 s")]
    [InlineData(9, 3, 0.5, 0.01, "Guard is 0.5 s, too short")]
    [InlineData(9, 3, 5, 0.01, "Guard is 5 s, more than half of the Lease, 9 s: choose 4.5 s or less")]
    [InlineData(9, 4, 2, 0.01, "RenewEvery is 4 s, and two of them do not fit into the 6.91 s")]
    [InlineData(30, 60, 5, 0.01, "RenewEvery is 60 s, and two of them do not fit into the 24.7 s")]
    public void Times_that_do_not_fit_are_refused_with_the_figure_and_the_remedy(double lease, double renew, double guard, double drift, string expected)
    {
        var times = new LeaseTimes { Lease = lease * Second, RenewEvery = renew * Second, Guard = guard * Second, Drift = drift };

        var error = Assert.Throws<ArgumentException>(times.Validate);

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("choose", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_valid_leaves_time_for_one_failed_renewal_and_stops_the_node_before_its_lease_ends()
    {
        var random = new Random(5);
        var valid = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var times = new LeaseTimes
            {
                Lease = random.NextDouble() * 20 * Second,
                RenewEvery = random.NextDouble() * 8 * Second,
                Guard = random.NextDouble() * 8 * Second,
                Drift = random.NextDouble() * 0.12,
            };
            try
            {
                times.Validate();
            }
            catch (ArgumentException)
            {
                continue;
            }

            valid++;
            Assert.True(times.SelfStopAfter <= (times.Lease * (1 - times.Drift)) - (times.Lease / 10), $"{times}");
            Assert.True(times.RenewEvery + times.CallTimeout + times.RetryAfter < times.SelfStopAfter, $"{times}");
            Assert.True(times.RenewEvery < times.Lease / 2, $"{times}"); // what the table takes for an outage is longer
        }

        Assert.True(valid > 500, $"only {valid} were valid");
    }
}
