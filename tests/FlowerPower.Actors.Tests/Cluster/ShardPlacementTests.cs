namespace FlowerPower.Actors.Tests.Cluster;

public sealed class ShardPlacementTests
{
    private const int Shards = 4_096;

    [Fact]
    public void The_hash_agrees_with_its_published_vectors()
    {
        // draft-eastlake-fnv, appendix C; the first outputs of SplitMix64 from seed 1234567.
        Assert.Equal(0xCBF29CE484222325UL, StableHash.Fnv1a(""));
        Assert.Equal(0xAF63DC4C8601EC8CUL, StableHash.Fnv1a("a"));
        Assert.Equal(0x85944171F73967E8UL, StableHash.Fnv1a("foobar"));
        ulong[] outputs = [.. Enumerable.Range(1, 3).Select(i => StableHash.Mix(1234567UL + (0x9E3779B97F4A7C15UL * (ulong)i)))];
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], outputs);
    }

    [Fact]
    public void The_placement_is_the_same_for_ever()
    {
        var owners = ShardPlacement.OwnersOf(24, [("ada", 1), ("bob", 1), ("cyd", 2)]);

        Assert.Equal("aabcccaccbcccbcccacaabba", string.Concat(owners.Select(o => o[0])));
    }

    [Fact]
    public void Members_of_one_weight_have_shares_that_differ_by_chance_only()
    {
        var shares = Shares(ShardPlacement.OwnersOf(Shards, Members(8)));

        // 512 each; five standard deviations of a binomial share are 106.
        Assert.Equal(8, shares.Count);
        Assert.All(shares.Values, share => Assert.InRange(share, 406, 618));
    }

    [Fact]
    public void A_members_share_is_its_part_of_all_weights()
    {
        var shares = Shares(ShardPlacement.OwnersOf(Shards, [("light", 1), ("middle", 3), ("heavy", 12)]));

        Assert.InRange(shares["light"], 178, 334); // 256 expected, and five standard deviations
        Assert.InRange(shares["middle"], 643, 893); // 768
        Assert.InRange(shares["heavy"], 2933, 3211); // 3072
    }

    [Fact]
    public void A_member_that_joins_takes_shards_for_itself_and_moves_no_other()
    {
        var before = ShardPlacement.OwnersOf(Shards, Members(5));
        var after = ShardPlacement.OwnersOf(Shards, [.. Members(5), ("new", 1)]);

        var moved = before.Zip(after).Where(p => p.First != p.Second).ToList();
        Assert.All(moved, p => Assert.Equal("new", p.Second));
        Assert.InRange(moved.Count, 563, 803); // a sixth, and five standard deviations
    }

    [Fact]
    public void A_member_that_leaves_gives_up_its_own_shards_and_moves_no_other()
    {
        var members = Members(6);
        var before = ShardPlacement.OwnersOf(Shards, members);
        var after = ShardPlacement.OwnersOf(Shards, [.. members.Where(m => m.Id != "n3")]);

        Assert.All(before.Zip(after), p => Assert.True(p.First == p.Second || p.First == "n3", $"a shard moved from {p.First} to {p.Second}"));
        Assert.DoesNotContain("n3", after);
    }

    [Fact]
    public void A_member_that_becomes_heavier_only_gains()
    {
        var before = ShardPlacement.OwnersOf(Shards, [("ada", 2), ("bob", 2), ("cyd", 2)]);
        var after = ShardPlacement.OwnersOf(Shards, [("ada", 2), ("bob", 3), ("cyd", 2)]);

        var moved = before.Zip(after).Where(p => p.First != p.Second).ToList();
        Assert.NotEmpty(moved);
        Assert.All(moved, p => Assert.Equal("bob", p.Second));
    }

    [Fact]
    public void The_order_of_the_members_does_not_matter()
    {
        var members = Members(7).Select((m, i) => (m.Id, i + 1)).ToList();
        var random = new Random(17);
        var owners = ShardPlacement.OwnersOf(512, members);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(owners, ShardPlacement.OwnersOf(512, [.. members.OrderBy(_ => random.Next())]));
        }
    }

    [Fact]
    public void One_shard_and_all_shards_agree()
    {
        var members = Members(4);

        Assert.Equal(ShardPlacement.OwnersOf(100, members), Enumerable.Range(0, 100).Select(shard => ShardPlacement.OwnerOf(shard, members)));
    }

    [Fact]
    public void Nobody_owns_a_shard_where_there_is_nobody()
    {
        Assert.Null(ShardPlacement.OwnerOf(3, []));
        Assert.Throws<ArgumentException>(() => ShardPlacement.OwnersOf(3, []));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public void A_weight_outside_its_range_is_refused_with_the_members_name(int weight)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ShardPlacement.OwnerOf(0, [("ada", weight)]));

        Assert.Contains("'ada' is not 1 to 100", error.Message, StringComparison.Ordinal);
    }

    private static List<(string Id, int Weight)> Members(int count) => [.. Enumerable.Range(1, count).Select(i => ($"n{i}", 1))];

    private static Dictionary<string, int> Shares(string[] owners) => owners.GroupBy(o => o).ToDictionary(g => g.Key, g => g.Count());
}
