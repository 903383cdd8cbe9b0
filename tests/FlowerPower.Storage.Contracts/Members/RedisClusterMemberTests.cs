namespace FlowerPower.Storage.Contracts.Members;

public sealed class RedisClusterMemberTests(RedisClusterFixture fixture) : IClassFixture<RedisClusterFixture>
{
    [Fact]
    public async Task The_keys_of_a_member_table_share_one_slot_of_a_redis_cluster()
    {
        await using var store = await RedisShardStore.OpenAsync(fixture.Options(fixture.NextName(), 4));
        var table = store.OpenMembers();

        var joined = await table.JoinAsync(new MemberInfo("ada", "Ada", "ada:1", MemberRoles.Queue), TimeSpan.FromSeconds(9), MemberStatus.Joining, default);
        var renewed = await table.RenewAsync("ada", MemberStatus.Up, TimeSpan.FromSeconds(9), joined.Mark.Version, default);
        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => store.TakeLeaseAsync(new LeaseHolder("x1", "Cyd")));

        Assert.Equal(MemberStatus.Up, Assert.IsType<MemberRenewal.Renewed>(renewed).View!.Find("ada")!.Status);
        Assert.Contains("served by a cluster (Ada at ada:1)", error.Message, StringComparison.Ordinal);
    }
}
