using System.Globalization;
using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>One Redis Cluster for the tests of a class, with a name for the store of each.</summary>
public sealed class RedisClusterFixture : IAsyncLifetime
{
    private int names;

    public RedisCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await RedisCluster.StartAsync("appendfsync always");

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    /// <summary>A store's name that no other test has.</summary>
    public string NextName() => $"c{Interlocked.Increment(ref names)}";

    public RedisStoreOptions Options(string name, int shardCount) => new()
    {
        Address = RedisAddress.Parse($"{Cluster.Url}?name={name}"),
        ShardCount = shardCount,
    };

    /// <summary>Let each master take so many bytes more and then refuse writes.</summary>
    public async Task SetMemoryLimitAsync(long roomBytes)
    {
        foreach (var server in Cluster.Servers)
        {
            var info = await server.CommandAsync("EVAL", "return string.match(redis.call('INFO','memory'),'used_memory:(%d+)')", "0");
            var used = long.Parse(info.Split("\r\n")[1], CultureInfo.InvariantCulture);
            await server.CommandAsync("CONFIG", "SET", "maxmemory", $"{used + roomBytes}");
        }
    }
}
