namespace FlowerPower.Storage.Contracts;

/// <summary>What only a Redis Cluster does: slots that move, one master of several away, no databases.</summary>
public sealed class RedisClusterTests(RedisClusterFixture fixture) : IClassFixture<RedisClusterFixture>
{
    private readonly string name = fixture.NextName();

    [Fact]
    public async Task A_slot_that_moves_under_an_owners_appends_loses_nothing_and_doubles_nothing()
    {
        await using var store = await RedisShardStore.OpenAsync(fixture.Options(name, 4));
        var head = $"{{{name}:0}}:head";
        var source = await fixture.Cluster.MasterOfAsync(head);
        var target = fixture.Cluster.Servers.First(s => s != source);
        var owner = new BusyOwner(await ShardWriter.TakeAsync(store, 0));
        await owner.AfterAsync(attempts: 3);

        await fixture.Cluster.MoveSlotAsync(head, target, () => owner.AfterAsync(attempts: 2));
        var whileMoving = owner.Stored;
        await owner.UntilStoredAsync(whileMoving + 3);
        var stored = await owner.StopAsync();

        var log = await Stored.LogAsync(store, 0);
        Assert.Equal(Enumerable.Range(1, stored).Select(i => $"{i}: {i}"), log.Select(e => $"{e.Sequence}: {e.Events.Single().Version}"));
        Assert.Equal(stored, (await store.ReadRecordAsync(0, "a", default))!.Version);
        Assert.Equal(target, await fixture.Cluster.MasterOfAsync(head));
    }

    [Fact]
    public async Task A_master_that_is_away_takes_only_its_own_shards_with_it_and_brings_them_back()
    {
        await using var store = await RedisShardStore.OpenAsync(fixture.Options(name, 16) with { CommandTimeout = TimeSpan.FromSeconds(1) });
        var victim = await fixture.Cluster.MasterOfAsync($"{{{name}:0}}:head");
        var elsewhere = 1;
        while (await fixture.Cluster.MasterOfAsync($"{{{name}:{elsewhere}}}:head") == victim)
        {
            elsewhere++;
        }

        // Its shards fail, and the others are served until the cluster notices, which it must not do in this test.
        await fixture.Cluster.ToAllAsync("CONFIG", "SET", "cluster-node-timeout", "60000");
        var (ada, bob) = (await ShardWriter.TakeAsync(store, 0), await ShardWriter.TakeAsync(store, elsewhere, "Bob"));
        await ada.StoreAsync([ShardWriter.Event("a")]);
        await victim.KillAsync();
        var batch = ada.Batch([ShardWriter.Event("a", 2)]);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        var others = await bob.StoreAsync([ShardWriter.Event("b")]);
        await victim.StartAgainAsync();

        var outcome = await Repeat.UntilAnsweredAsync(() => ada.SendAsync(batch));

        Assert.Equal(1, others);
        Assert.Equal(new AppendOutcome.Stored(2), outcome);
    }

    [Fact]
    public async Task One_of_the_masters_is_address_enough()
    {
        var alone = RedisAddress.Parse($"{fixture.Cluster.Servers[2].Url}?name={name}");
        await using var store = await RedisShardStore.OpenAsync(fixture.Options(name, 16) with { Address = alone });

        for (var shard = 0; shard < 16; shard++)
        {
            Assert.Equal(1, await (await ShardWriter.TakeAsync(store, shard)).StoreAsync([ShardWriter.Event("a")]));
        }

        Assert.Equal(3, (await Task.WhenAll(Enumerable.Range(0, 16).Select(s => fixture.Cluster.MasterOfAsync($"{{{name}:{s}}}:log")))).Distinct().Count());
    }

    [Fact]
    public async Task Another_database_than_0_is_refused_with_the_reason()
    {
        var address = RedisAddress.Parse($"{fixture.Cluster.Servers[0].Url}/3?name={name}");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(
            () => RedisShardStore.OpenAsync(fixture.Options(name, 4) with { Address = address }));

        Assert.Contains("is a Redis Cluster, which has only database 0, and not 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_servers_that_are_no_cluster_are_refused_before_anything_is_written()
    {
        await using var one = await TestServers.RedisServer.StartAsync();
        await using var other = await TestServers.RedisServer.StartAsync();
        var address = RedisAddress.Parse($"{one.Url},{other.Host}:{other.Port}");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(
            () => RedisShardStore.OpenAsync(new RedisStoreOptions { Address = address }));

        Assert.Contains("are separate servers", error.Message, StringComparison.Ordinal);
        Assert.Equal((":0\r\n", ":0\r\n"), (await one.CommandAsync("DBSIZE"), await other.CommandAsync("DBSIZE")));
    }
}
