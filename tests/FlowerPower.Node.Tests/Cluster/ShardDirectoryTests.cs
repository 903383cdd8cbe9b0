using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class ShardDirectoryTests
{
    private readonly ShardDirectory directory = new(shardCount: 4);

    public ShardDirectoryTests() => directory.Apply([Row("a"), Row("b")]);

    [Fact]
    public void Who_says_that_it_serves_a_shard_has_it_until_it_says_otherwise()
    {
        directory.Serves("b", [0, 1, 2, 3]);
        Assert.Equal(["b", "b", "b", "b"], directory.Owners());

        directory.Serves("b", [1]);
        directory.Serves("a", [0]);

        Assert.Equal(["a", "b", directory.Placed[2], directory.Placed[3]], directory.Owners());
    }

    [Fact]
    public void The_dead_have_nothing_and_those_who_leave_get_nothing_more()
    {
        directory.Serves("b", [0, 1, 2, 3]);

        directory.Apply([Row("a"), Row("b", MemberStatus.Leaving)]);
        Assert.Equal(["b", "b", "b", "b"], directory.Owners());
        Assert.Equal(["a", "a", "a", "a"], directory.Placed);

        directory.Apply([Row("a"), Row("b", MemberStatus.Dead)]);
        Assert.Equal(["a", "a", "a", "a"], directory.Owners());
    }

    [Fact]
    public void Shards_belong_to_members_by_their_weight()
    {
        var many = new ShardDirectory(shardCount: 256);
        var heavy = Row("a") with { Info = Row("a").Info with { Weight = 7 } };

        many.Apply([heavy, Row("b")]);

        Assert.InRange(many.Placed.Count(owner => owner == "b"), 16, 48); // an eighth
    }

    [Fact]
    public void Nobody_has_a_shard_if_nobody_who_serves_is_up()
    {
        directory.Apply([Row("a", MemberStatus.Joining), Row("w", roles: MemberRoles.Worker)]);

        Assert.All(directory.Owners(), Assert.Null);
    }

    [Fact]
    public void Who_waits_for_a_shard_hears_of_its_release_also_after_the_word_that_it_is_served_no_more()
    {
        directory.Serves("a", [0]);
        directory.Serves("a", []);
        var change = directory.Changed;

        directory.Released(0, "a");

        Assert.True(change.IsCompleted);
    }

    [Fact]
    public void A_doubt_about_one_node_is_none_about_the_one_that_has_the_shard_since()
    {
        directory.Serves("a", [0]);
        directory.Serves("b", [0]);

        directory.Doubt(0, "a");
        directory.Released(0, "a");

        Assert.Equal("b", directory.OwnerOf(0));
    }

    private static ClusterMapMember Row(string name, MemberStatus status = MemberStatus.Up, MemberRoles roles = MemberRoles.Queue) =>
        new(new MemberInfo(name, name, "127.0.0.1:1", roles), status, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 9);
}
