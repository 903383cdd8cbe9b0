namespace FlowerPower.Storage.Contracts;

/// <summary>The contract on a real redis-server, which every test has to itself by a name of its own.</summary>
public sealed class RedisShardStoreTests(RedisServerFixture fixture) : ShardStoreContract, IClassFixture<RedisServerFixture>
{
    private readonly string name = fixture.NextName();
    private readonly List<IShardStore> crashed = [];

    protected override Task<IShardStore> OpenAsync() => OpenNamedAsync();

    // Both ends die: the client without a word, and the server with kill -9.
    protected override async Task<IShardStore> CrashAndReopenAsync(IShardStore store)
    {
        crashed.Add(store);
        await fixture.Server.KillAsync();
        await fixture.Server.StartAgainAsync();
        return await OpenNamedAsync();
    }

    protected override async Task<IShardStore> CloseAndReopenAsync(IShardStore store)
    {
        await store.DisposeAsync();
        return await OpenNamedAsync();
    }

    protected override async Task FillDiskAsync(IShardStore store) => await fixture.SetMemoryLimitAsync(roomBytes: 1 << 20);

    protected override async Task FreeDiskAsync(IShardStore store) => await fixture.Server.CommandAsync("CONFIG", "SET", "maxmemory", "0");

    protected override async Task GarbleLastEntryAsync(IShardStore store, int shard)
    {
        const string script = "local e = redis.call('LINDEX', KEYS[1], -1) redis.call('LSET', KEYS[1], -1, (string.gsub(e, 'second', 'sedond')))";
        await fixture.Server.CommandAsync("EVAL", script, "1", $"{{{name}:{shard}}}:log");
    }

    protected override async Task LoseOldestEntryAsync(IShardStore store, int shard) =>
        await fixture.Server.CommandAsync("LPOP", $"{{{name}:{shard}}}:log");

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
