using FlowerPower.Node.Cluster;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class ShardPlanTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly IReadOnlySet<int> None = new HashSet<int>();
    private static readonly ShardPlan Plan = new(MaxMoving: 2, MinResidence: TimeSpan.FromSeconds(30));

    [Fact]
    public void What_belongs_here_and_is_not_here_is_started()
    {
        var steps = Plan.Next("me", ["me", "other", null, "me"], [new HeldShard(0, true, Long, false)], isLeaving: false, None);

        Assert.Equal([3], steps.Start);
        Assert.Empty(steps.Give);
    }

    [Fact]
    public void What_belongs_elsewhere_goes_a_few_at_a_time_the_longest_here_first()
    {
        HeldShard[] held = [new(0, true, Long, false), new(1, true, Long * 3, false), new(2, true, Long * 2, false), new(3, true, Long, IsLeaving: false)];

        Assert.Equal([1, 2], Plan.Next("me", ["b", "b", "b", "b"], held, isLeaving: false, None).Give);
    }

    [Fact]
    public void A_move_that_is_under_way_counts()
    {
        HeldShard[] held = [new(0, true, Long, IsLeaving: true), new(1, true, Long, false), new(2, true, Long, false)];

        Assert.Single(Plan.Next("me", ["b", "b", "b"], held, isLeaving: false, None).Give);
    }

    [Fact]
    public void A_shard_that_has_just_come_stays_and_is_looked_at_again_when_it_may_go()
    {
        var steps = Plan.Next("me", ["b"], [new HeldShard(0, true, TimeSpan.FromSeconds(10), false)], isLeaving: false, None);

        Assert.Empty(steps.Give);
        Assert.Equal(TimeSpan.FromSeconds(20), steps.Again);
    }

    [Fact]
    public void A_shard_that_does_not_serve_yet_is_given_up_at_once() =>
        Assert.Equal([0], Plan.Next("me", ["b"], [new HeldShard(0, IsServing: false, TimeSpan.Zero, false)], isLeaving: false, None).Give);

    [Fact]
    public void A_shard_whose_loss_only_this_node_can_mend_stays_until_that_is_done_unless_the_node_leaves()
    {
        HeldShard[] held = [new(0, IsServing: false, Long, false) { IsMending = true }];

        Assert.Empty(Plan.Next("me", ["b"], held, isLeaving: false, None).Give);
        Assert.Empty(Plan.Next("me", ["b"], held, isLeaving: false, new HashSet<int> { 0 }).Give);
        Assert.Equal([0], Plan.Next("me", ["b"], held, isLeaving: true, None).Give);
    }

    [Fact]
    public void A_shard_stays_while_nobody_is_there_to_take_it() =>
        Assert.Empty(Plan.Next("me", [null], [new HeldShard(0, true, Long, false)], isLeaving: false, None).Give);

    [Fact]
    public void A_node_that_leaves_gives_everything_some_at_a_time_and_starts_nothing()
    {
        HeldShard[] held = [new(0, true, TimeSpan.Zero, false), new(1, true, Long, false), new(2, false, Long, false), new(3, true, Long, true)];
        string?[] placed = ["me", "me", "b", null, "me"];

        var steps = (Plan with { MaxLeaving = 3 }).Next("me", placed, held, isLeaving: true, None);
        var fewer = (Plan with { MaxLeaving = 2 }).Next("me", placed, held, isLeaving: true, None);

        Assert.Empty(steps.Start);
        Assert.Equal([0, 1, 2], steps.Give.Order());
        Assert.Equal([1, 2], fewer.Give.Order()); // the one on its way counts, and the one that serves nobody does not
    }

    [Fact]
    public void A_parked_shard_is_not_started_and_one_that_is_on_its_way_is_given_up()
    {
        var steps = Plan.Next(
            "me", ["me", "me", "me"], [new(1, IsServing: false, TimeSpan.Zero, false), new(2, IsServing: true, TimeSpan.Zero, false)], isLeaving: false, new HashSet<int> { 0, 1, 2 });

        Assert.Empty(steps.Start);
        Assert.Equal([1], steps.Give);
    }
}
