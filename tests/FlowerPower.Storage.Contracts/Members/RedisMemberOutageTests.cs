using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts.Members;

/// <summary>The table of a Redis that goes away, forgets, or is full.</summary>
public sealed class RedisMemberOutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private RedisServer server = null!;
    private RedisShardStore store = null!;
    private IMemberTable table = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync("appendfsync always");
        store = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = 4 });
        table = store.OpenMembers();
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_redis_that_was_killed_brings_its_members_back_and_their_histories_are_doubtful()
    {
        await JoinAsync("ada");
        var before = await JoinAsync("bob");

        await server.KillAsync();
        await server.StartAgainAsync();
        var after = Assert.IsType<MemberRenewal.Renewed>(await RenewAsync("ada"));

        Assert.Equal(before.Mark.Version, after.Mark.Version);
        Assert.Equal(["ada", "bob"], after.View!.Living.Select(m => m.Info.Incarnation));
        Assert.Equal(before.Mark.BornAt, after.Mark.BornAt);
        Assert.True(before.Mark.History.IsDoubtedBy(after.Mark.History));
    }

    [Fact]
    public async Task A_redis_that_forgot_everything_knows_nobody_and_makes_a_new_table()
    {
        var before = await JoinAsync("ada");

        await server.CommandAsync("FLUSHALL");
        var unknown = Assert.IsType<MemberRenewal.Unknown>(await RenewAsync("ada"));
        var after = await JoinAsync("ada");

        Assert.NotEqual(before.Mark.BornAt, unknown.Mark.BornAt);
        Assert.True(after.Mark.BornAt > before.Mark.BornAt);
        Assert.True(after.Mark.Version > before.Mark.Version);
        Assert.True(before.Mark.History.IsDoubtedBy(after.Mark.History));
    }

    [Fact]
    public async Task A_redis_that_froze_for_longer_than_a_lease_costs_nobodys_life()
    {
        await JoinAsync("ada");
        await JoinAsync("bob");

        server.Freeze();
        for (var i = 0; i < 3; i++) // each waits its second: longer than the lease
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await table.RenewAsync("ada", MemberStatus.Up, Lease, 0, default));
        }

        server.Thaw();
        var ada = Assert.IsType<MemberRenewal.Renewed>(await RenewAsync("ada"));
        var bob = Assert.IsType<MemberRenewal.Renewed>(await RenewAsync("bob"));

        Assert.Equal(2, ada.View!.Living.Count());
        Assert.Equal(2, bob.View!.Living.Count());
    }

    [Fact]
    public async Task A_redis_without_memory_for_jobs_keeps_leases()
    {
        await JoinAsync("ada");
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");

        var renewed = await RenewAsync("ada");

        Assert.IsType<MemberRenewal.Renewed>(renewed);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ClaimAsync(0, new ShardOwner("ada", new ClaimId(new Guid(1, 2, 3, new byte[8]))), null, default));
    }

    private async Task<MemberRenewal.Renewed> JoinAsync(string incarnation) => await Repeat.UntilAnsweredAsync(async () =>
        await table.JoinAsync(new MemberInfo(incarnation, incarnation, $"{incarnation}:1", MemberRoles.Queue), Lease, MemberStatus.Joining, default));

    private Task<MemberRenewal> RenewAsync(string incarnation) =>
        Repeat.UntilAnsweredAsync(async () => await table.RenewAsync(incarnation, MemberStatus.Joining, Lease, 0, default));
}
