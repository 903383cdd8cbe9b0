namespace FlowerPower.Storage.Contracts;

/// <summary>The contract on a real redis-server.</summary>
public sealed class RedisShardStoreTests(RedisServerFixture fixture)
    : RedisStoreContract(fixture.NextName(), fixture.Options), IClassFixture<RedisServerFixture>
{
    protected override async Task RestartServersAsync()
    {
        await fixture.Server.KillAsync();
        await fixture.Server.StartAgainAsync();
    }

    protected override async Task CommandAtAsync(string key, params string[] command) => await fixture.Server.CommandAsync(command);

    protected override async Task FillDiskAsync(IShardStore store) => await fixture.SetMemoryLimitAsync(roomBytes: 1 << 20);

    protected override async Task FreeDiskAsync(IShardStore store) => await fixture.Server.CommandAsync("CONFIG", "SET", "maxmemory", "0");
}
