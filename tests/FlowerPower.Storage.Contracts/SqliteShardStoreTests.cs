using FlowerPower.Storage.Contracts.Sqlite;

namespace FlowerPower.Storage.Contracts;

public sealed class SqliteShardStoreTests : ShardStoreContract
{
    private readonly TestFolder folder = new();
    private readonly Dictionary<IShardStore, string> paths = [];
    private readonly List<IShardStore> crashed = [];
    private int copies;

    protected override Task<IShardStore> OpenAsync() => OpenAsync(folder.File("store.db"));

    protected override async Task<IShardStore> CrashAndReopenAsync(IShardStore store)
    {
        var copy = folder.File($"crashed{++copies}.db");
        SqliteFile.CopyAsAKillWouldLeaveIt(paths[store], copy);
        crashed.Add(store);
        return await OpenAsync(copy);
    }

    protected override async Task<IShardStore> CloseAndReopenAsync(IShardStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync(paths[store]);
    }

    protected override async Task FillDiskAsync(IShardStore store)
    {
        var sqlite = (SqliteShardStore)store;
        await sqlite.PragmaAsync($"max_page_count = {await sqlite.PragmaAsync("page_count") + 8}");
    }

    protected override Task FreeDiskAsync(IShardStore store) => ((SqliteShardStore)store).PragmaAsync($"max_page_count = {int.MaxValue}");

    protected override Task GarbleLastEntryAsync(IShardStore store, int shard)
    {
        SqliteFile.Execute(
            paths[store],
            $"UPDATE log SET events = CAST(replace(CAST(events AS TEXT), 'second', 'sedond') AS BLOB) WHERE place = (SELECT max(place) FROM log WHERE place >> 40 = {shard})");
        return Task.CompletedTask;
    }

    protected override Task LoseOldestEntryAsync(IShardStore store, int shard)
    {
        SqliteFile.Execute(paths[store], $"DELETE FROM log WHERE place = (SELECT min(place) FROM log WHERE place >> 40 = {shard})");
        return Task.CompletedTask;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var store in crashed)
        {
            await store.DisposeAsync();
        }

        folder.Dispose();
    }

    private async Task<IShardStore> OpenAsync(string path)
    {
        var store = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path, ShardCount = ShardCount }, Faults, default);
        paths[store] = path;
        return store;
    }
}
