using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>A store whose master is found by its sentinels, and found again after a failover.</summary>
public sealed class RedisSentinelTests : IAsyncLifetime
{
    private SentinelSet set = null!;

    public async Task InitializeAsync() => set = await SentinelSet.StartAsync();

    public async Task DisposeAsync() => await set.DisposeAsync();

    [Fact]
    public async Task After_a_failover_under_appends_the_owners_batches_stand_on_the_promoted_replica_once_and_without_a_gap()
    {
        await using var store = await OpenAsync(set.Url);
        var owner = new BusyOwner(await ShardWriter.TakeAsync(store, 0));
        await owner.UntilStoredAsync(20);

        await set.Master.KillAsync();
        await set.UntilPromotedAsync();
        // The owner finds it by itself: its next batches are stored there, or it is told that the replica lacked some.
        var beforeFailover = owner.Stored;
        while (owner.Refusal is null && owner.Stored < beforeFailover + 5)
        {
            await owner.AfterAsync(1);
        }

        var stored = await owner.StopAsync();
        var log = await Stored.LogAsync(store, 0);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(i => $"{i}: {i}"), log.Select(e => $"{e.Sequence}: {e.Events.Single().Version}"));
        if (owner.Refusal is null)
        {
            Assert.Equal(stored, log.Count);
        }
        else
        {
            // The replica lacked what the master had acknowledged: nothing was put on top of the hole.
            Assert.Equal(new AppendOutcome.Conflict(log.Count, log[^1].Token), owner.Refusal);
            Assert.InRange(log.Count, 0, stored - 1);
        }

        Assert.Contains("role:master", await set.Replica.CommandAsync("INFO", "replication"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_whose_master_died_is_stored_once_on_the_promoted_replica()
    {
        await using var store = await OpenAsync(set.Url);
        var ada = await ShardWriter.TakeAsync(store, 0);
        var first = ada.Batch([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        await ada.SendAsync(first);
        await UntilReplicatedAsync();
        await set.Master.KillAsync();

        var repeated = await Repeat.UntilAnsweredAsync(() => ada.SendAsync(first));
        var second = await ada.StoreAsync([ShardWriter.Event("a", 2)]);

        Assert.Equal(new AppendOutcome.Duplicate(1), repeated);
        Assert.Equal(2, second);
        Assert.Equal([1L, 2L], (await Stored.LogAsync(store, 0)).Select(e => e.Sequence)); // the bulk lane has moved too
        await using var later = await OpenAsync(set.Url);
        Assert.Equal(await Stored.DumpAsync(store), await Stored.DumpAsync(later));
    }

    [Fact]
    public async Task One_sentinel_of_three_is_enough_to_find_the_master()
    {
        await set.Sentinels[0].KillAsync();
        await set.Sentinels[2].KillAsync();

        await using var store = await OpenAsync(set.Url);

        Assert.Equal(1, await (await ShardWriter.TakeAsync(store, 0)).StoreAsync([ShardWriter.Event("a")]));
        Assert.StartsWith("*2", await set.Master.CommandAsync("HMGET", "{flowerpower:0}:head", "seq", "tok"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sentinels_that_are_away_or_know_no_such_master_are_named()
    {
        var unknown = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(set.Url.Replace("mymaster", "yours", StringComparison.Ordinal)));
        var port = RedisServer.FreePort();
        var away = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync($"redis://127.0.0.1:{port}?sentinel=mymaster"));
        var noSentinel = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync($"{set.Master.Url}?sentinel=mymaster"));

        Assert.Contains("know no master named 'yours': correct ?sentinel=NAME", unknown.Message, StringComparison.Ordinal);
        Assert.Contains($"No sentinel answers at 127.0.0.1:{port}", away.Message, StringComparison.Ordinal);
        Assert.Contains("are no sentinels: name the sentinels' ports", noSentinel.Message, StringComparison.Ordinal);
    }

    private async Task UntilReplicatedAsync()
    {
        var head = await set.Master.CommandAsync("HGET", "{flowerpower:0}:head", "tok");
        for (var i = 0; await set.Replica.CommandAsync("HGET", "{flowerpower:0}:head", "tok") != head; i++)
        {
            Assert.True(i < 1_000, "The replica does not follow.");
            await Task.Delay(10);
        }
    }

    private static Task<RedisShardStore> OpenAsync(string url) => RedisShardStore.OpenAsync(new RedisStoreOptions
    {
        Address = RedisAddress.Parse(url),
        ShardCount = 4,
        CommandTimeout = TimeSpan.FromSeconds(1),
        ConnectTimeout = TimeSpan.FromSeconds(2),
    });
}
