using FlowerPower.Actors.TestKit;
using FlowerPower.Node.Hosting;

namespace FlowerPower.Node.Tests.Hosting;

public sealed class ReadinessTests
{
    private readonly ManualTime time = new();
    private readonly Readiness readiness;

    public ReadinessTests() => readiness = new Readiness(time);

    [Fact]
    public void A_node_is_not_ready_before_it_has_joined()
    {
        readiness.Saw(mayServe: true);

        Assert.Equal("the node has not joined the cluster yet", readiness.WhyNot);
    }

    [Fact]
    public void Trouble_counts_only_after_five_seconds_and_is_over_at_once()
    {
        readiness.Joined();

        time.Advance(TimeSpan.FromSeconds(4.9));
        readiness.Saw(mayServe: false);
        Assert.Null(readiness.WhyNot);

        time.Advance(TimeSpan.FromSeconds(0.2));
        readiness.Saw(mayServe: false);
        Assert.Contains("could not renew its lease", readiness.WhyNot, StringComparison.Ordinal);

        readiness.Saw(mayServe: true);
        Assert.Null(readiness.WhyNot);
    }

    [Fact]
    public void A_node_that_stops_is_unready_at_once_though_it_still_serves()
    {
        readiness.Joined();

        readiness.Down("the node stops");
        readiness.Saw(mayServe: true);

        Assert.Equal("the node stops", readiness.WhyNot);
    }
}
