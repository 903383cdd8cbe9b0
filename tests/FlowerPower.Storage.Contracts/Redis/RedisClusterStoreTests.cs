namespace FlowerPower.Storage.Contracts;

/// <summary>The contract on a real Redis Cluster of three masters, which have the shards among them.</summary>
public sealed class RedisClusterStoreTests(RedisClusterFixture fixture) : ShardStoreContract, IClassFixture<RedisClusterFixture>
{
    // A master that was killed serves nobody for two seconds after its start, and a walk crashes a dozen times: then only its client dies.
    private const int ServerCrashes = 2;

    private readonly string name = fixture.NextName();
    private readonly List<IShardStore> crashed = [];

    protected override Task<IShardStore> OpenAsync() => OpenNamedAsync();

    // Both ends die: the client without a word, and all masters with kill -9.
    protected override async Task<IShardStore> CrashAndReopenAsync(IShardStore store)
    {
        crashed.Add(store);
        if (crashed.Count <= ServerCrashes)
        {
            await fixture.Cluster.KillAsync();
            await fixture.Cluster.StartAgainAsync();
        }

        return await OpenNamedAsync();
    }

    protected override async Task<IShardStore> CloseAndReopenAsync(IShardStore store)
    {
        await store.DisposeAsync();
        return await OpenNamedAsync();
    }

    protected override async Task FillDiskAsync(IShardStore store) => await fixture.SetMemoryLimitAsync(roomBytes: 1 << 20);

    protected override async Task FreeDiskAsync(IShardStore store) => await fixture.Cluster.ToAllAsync("CONFIG", "SET", "maxmemory", "0");

    protected override async Task GarbleLastEntryAsync(IShardStore store, int shard)
    {
        const string script = "local e = redis.call('LINDEX', KEYS[1], -1) redis.call('LSET', KEYS[1], -1, (string.gsub(e, 'second', 'sedond')))";
        var log = $"{{{name}:{shard}}}:log";
        await (await fixture.Cluster.MasterOfAsync(log)).CommandAsync("EVAL", script, "1", log);
    }

    protected override async Task LoseOldestEntryAsync(IShardStore store, int shard)
    {
        var log = $"{{{name}:{shard}}}:log";
        await (await fixture.Cluster.MasterOfAsync(log)).CommandAsync("LPOP", log);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var store in crashed)
        {
            await store.DisposeAsync();
        }
    }

    private async Task<IShardStore> OpenNamedAsync() => await RedisShardStore.OpenAsync(fixture.Options(name, ShardCount), Faults, default);
}
