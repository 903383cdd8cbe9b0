namespace FlowerPower.Storage.Contracts.Members;

/// <summary>Shards whose owners end one after the other.</summary>
public abstract partial class MemberTableContract
{
    private const int Most = 3;

    [Fact]
    public async Task A_shard_whose_owners_end_more_often_than_allowed_is_parked_and_all_members_see_it()
    {
        var known = (await JoinAsync("ada")).Mark.Version;

        for (var i = 1; i <= Most; i++)
        {
            Assert.Equal(i, await FallAsync(5, $"o{i}", i));
        }

        Assert.Null((await RenewAsync("ada", known)).View); // a count is nobody's news
        Assert.Equal(4, await FallAsync(5, "o4", 4));
        var view = (await RenewAsync("ada", known)).View!;

        var parked = Assert.Single(view.Parked);
        Assert.Equal((5, 4, "o4", known + 1), (parked.Shard, parked.Falls, parked.LastOwner, view.Version));
        Assert.InRange(view.ReadAt - parked.At, TimeSpan.Zero, Ninth);
        Assert.Equal(view.Parked, (await Table.ReadAsync(default)).Parked);
    }

    [Fact]
    public async Task An_end_is_counted_once_whoever_tells_of_it()
    {
        await JoinAsync("ada");

        var counts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => FallAsync(5, "o1", 1)));

        Assert.All(counts, count => Assert.Equal(1, count));
        Assert.Equal(1, await FallAsync(6, "o1", 1)); // another shard
        Assert.Equal(1, await FallAsync(7, $"{new string('h', 80)}.example.org-17-1", 1)); // it served the store alone, and was no member
    }

    [Fact]
    public async Task A_shard_that_is_acquitted_begins_anew_and_is_not_parked_any_more()
    {
        await JoinAsync("ada");
        await FallAsync(5, "o1", 1);
        Assert.False(await Table.AcquitAsync(5, null, default)); // it was not parked
        for (var i = 2; i <= 5; i++)
        {
            await FallAsync(5, $"o{i}", i);
        }

        var before = await Table.ReadAsync(default);
        Assert.True(await Table.AcquitAsync(5, null, default));
        var after = await Table.ReadAsync(default);

        Assert.Equal((1, 0, before.Version + 1), (before.Parked.Count, after.Parked.Count, after.Version));
        Assert.False(await Table.AcquitAsync(5, null, default));
        Assert.Equal(1, await FallAsync(5, "o6", 6));
    }

    [Fact]
    public async Task An_acquittal_that_comes_after_another_end_changes_nothing()
    {
        await JoinAsync("ada");
        await FallAsync(5, "o1", 1);
        await FallAsync(5, "o2", 2);

        Assert.False(await Table.AcquitAsync(5, Claim(1), default)); // who took the shard after the first end is past as well
        Assert.Equal(3, await FallAsync(5, "o3", 3));
        Assert.False(await Table.AcquitAsync(5, Claim(3), default)); // it was not parked, and begins anew
        Assert.Equal(1, await FallAsync(5, "o4", 4));
        Assert.False(await Table.AcquitAsync(6, Claim(1), default)); // nothing was counted
    }

    [Fact]
    public async Task Ends_that_lie_far_apart_do_not_add_up_and_a_parked_shard_stays_parked()
    {
        await JoinAsync("ada", lease: 1_000 * Ninth);
        for (var i = 1; i <= Most; i++)
        {
            await FallAsync(5, $"o{i}", i);
        }

        await PassAsync(IMemberTable.FallsKept + Ninth);
        Assert.Equal(1, await FallAsync(5, "o4", 4));
        for (var i = 5; i <= 7; i++)
        {
            await FallAsync(5, $"o{i}", i);
        }

        await PassAsync(IMemberTable.FallsKept + Ninth);

        Assert.Equal(4, Assert.Single((await Table.ReadAsync(default)).Parked).Falls);
        Assert.Equal(5, await FallAsync(5, "o8", 8));
        Assert.Single((await Table.ReadAsync(default)).Parked);
    }

    [Fact]
    public async Task Where_many_shards_are_as_suspect_none_is_parked_and_where_few_are_they_are()
    {
        await JoinAsync("ada");
        for (var i = 1; i <= 5; i++)
        {
            await AllFallAsync(Enumerable.Range(0, 9), i); // nodes die, and take all that they have with them
        }

        Assert.Empty((await Table.ReadAsync(default)).Parked);
        for (var shard = 0; shard < 6; shard++)
        {
            await Table.AcquitAsync(shard, null, default); // six of them were served for long enough
        }

        await AllFallAsync(Enumerable.Range(6, 3), 6);

        Assert.Equal([6, 7, 8], (await Table.ReadAsync(default)).Parked.Select(parked => parked.Shard));

        Task AllFallAsync(IEnumerable<int> shards, int i) =>
            Task.WhenAll(shards.Select(shard => Table.CountFallAsync(shard, $"o{i}", Claim(i), Most, 8, default).AsTask()));
    }

    [Fact]
    public async Task A_store_of_1024_shards_parks_as_many_as_an_eighth()
    {
        await JoinAsync("ada");
        for (var i = 1; i <= Most + 1; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 128).Select(shard => Table.CountFallAsync(shard * 8, $"o{i}", Claim(i), Most, 128, default).AsTask()));
        }

        Assert.Equal(Enumerable.Range(0, 128).Select(i => i * 8), (await Table.ReadAsync(default)).Parked.Select(parked => parked.Shard));
    }

    private async Task<int> FallAsync(int shard, string owner, int claim) => (await Table.CountFallAsync(shard, owner, Claim(claim), Most, 1, default)).Count;

    private static ClaimId Claim(int number) => new(new Guid(number, 0, 0, new byte[8]));
}
