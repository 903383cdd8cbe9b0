using System.Globalization;
using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>One redis-server for the tests of a class, with a name for the store of each.</summary>
public sealed class RedisServerFixture : IAsyncLifetime
{
    private int names;

    public RedisServer Server { get; private set; } = null!;

    // With everysec a kill of the server may lose what was acknowledged while a background fsync ran: Redis then keeps it in its own
    // memory for up to two seconds. What happens then is for the tests of amnesia.
    public async Task InitializeAsync() => Server = await RedisServer.StartAsync("appendfsync always");

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>A store's name that no other test has.</summary>
    public string NextName() => $"t{Interlocked.Increment(ref names)}";

    public RedisStoreOptions Options(string name, int shardCount) => new()
    {
        Address = RedisAddress.Parse($"{Server.Url}?name={name}"),
        ShardCount = shardCount,
    };

    /// <summary>Let the server take so many bytes more and then refuse writes.</summary>
    public async Task SetMemoryLimitAsync(long roomBytes)
    {
        var used = long.Parse((await Server.CommandAsync("EVAL", "return string.match(redis.call('INFO','memory'),'used_memory:(%d+)')", "0")).Split("\r\n")[1], CultureInfo.InvariantCulture);
        await Server.CommandAsync("CONFIG", "SET", "maxmemory", $"{used + roomBytes}");
    }
}
