namespace FlowerPower.Storage.Contracts;

/// <summary>The contract on real Redis servers, which every test has to itself by a name of its own.</summary>
/// <param name="options">Those of the test's store, for as many shards as are asked for.</param>
public abstract class RedisStoreContract(string name, Func<string, int, RedisStoreOptions> options) : ShardStoreContract
{
    private readonly List<IShardStore> crashed = [];

    /// <summary>How often a crash takes the servers with it; after that only the client dies.</summary>
    protected virtual int ServerCrashes => int.MaxValue;

    /// <summary>Kill -9 for every server, and a new start.</summary>
    protected abstract Task RestartServersAsync();

    /// <summary>A command to the server that has this key.</summary>
    protected abstract Task CommandAtAsync(string key, params string[] command);

    protected override Task<IShardStore> OpenAsync() => OpenNamedAsync();

    // Both ends die: the client without a word, and the servers.
    protected override async Task<IShardStore> CrashAndReopenAsync(IShardStore store)
    {
        crashed.Add(store);
        if (crashed.Count <= ServerCrashes)
        {
            await RestartServersAsync();
        }

        return await OpenNamedAsync();
    }

    protected override async Task<IShardStore> CloseAndReopenAsync(IShardStore store)
    {
        await store.DisposeAsync();
        return await OpenNamedAsync();
    }

    protected override Task GarbleLastEntryAsync(IShardStore store, int shard)
    {
        const string script = "local e = redis.call('LINDEX', KEYS[1], -1) redis.call('LSET', KEYS[1], -1, (string.gsub(e, 'second', 'sedond')))";
        return CommandAtAsync(LogOf(shard), "EVAL", script, "1", LogOf(shard));
    }

    protected override Task LoseOldestEntryAsync(IShardStore store, int shard) => CommandAtAsync(LogOf(shard), "LPOP", LogOf(shard));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var store in crashed)
        {
            await store.DisposeAsync();
        }
    }

    private string LogOf(int shard) => $"{{{name}:{shard}}}:log";

    private async Task<IShardStore> OpenNamedAsync() => await RedisShardStore.OpenAsync(options(name, ShardCount), Faults, default);
}
