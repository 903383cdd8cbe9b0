namespace FlowerPower.Storage.Contracts;

/// <summary>The contract on a real Redis Cluster of three masters, which have the shards among them.</summary>
public sealed class RedisClusterStoreTests(RedisClusterFixture fixture)
    : RedisStoreContract(fixture.NextName(), fixture.Options), IClassFixture<RedisClusterFixture>
{
    // A master that was killed serves nobody for two seconds after its start, and a walk crashes a dozen times.
    protected override int ServerCrashes => 2;

    protected override async Task RestartServersAsync()
    {
        await fixture.Cluster.KillAsync();
        await fixture.Cluster.StartAgainAsync();
    }

    protected override async Task CommandAtAsync(string key, params string[] command) =>
        await (await fixture.Cluster.MasterOfAsync(key)).CommandAsync(command);

    protected override async Task FillDiskAsync(IShardStore store) => await fixture.SetMemoryLimitAsync(roomBytes: 1 << 20);

    protected override async Task FreeDiskAsync(IShardStore store) => await fixture.Cluster.ToAllAsync("CONFIG", "SET", "maxmemory", "0");
}
