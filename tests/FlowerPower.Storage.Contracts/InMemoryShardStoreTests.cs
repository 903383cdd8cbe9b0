namespace FlowerPower.Storage.Contracts;

public sealed class InMemoryShardStoreTests : ShardStoreContract
{
    protected override Task<IShardStore> OpenAsync() => Task.FromResult<IShardStore>(new InMemoryShardStore(ShardCount, Faults));

    // Memory survives in an image what a file survives on a disk.
    protected override Task<IShardStore> CrashAndReopenAsync(IShardStore store)
    {
        var reopened = new InMemoryShardStore(ShardCount, Faults);
        reopened.RestoreImage(((InMemoryShardStore)store).TakeImage());
        return Task.FromResult<IShardStore>(reopened);
    }

    protected override async Task<IShardStore> CloseAndReopenAsync(IShardStore store)
    {
        var reopened = await CrashAndReopenAsync(store);
        await store.DisposeAsync();
        return reopened;
    }

    protected override Task FillDiskAsync(IShardStore store)
    {
        Faults.FailNext(StoreStep.DuringWrite, StoreOperation.Append, times: 1000);
        return Task.CompletedTask;
    }

    protected override Task FreeDiskAsync(IShardStore store)
    {
        Faults.Clear();
        return Task.CompletedTask;
    }

    protected override Task GarbleLastEntryAsync(IShardStore store, int shard)
    {
        ((InMemoryShardStore)store).GarbleLastEntry(shard);
        return Task.CompletedTask;
    }

    protected override Task LoseOldestEntryAsync(IShardStore store, int shard)
    {
        ((InMemoryShardStore)store).LoseOldestEntry(shard);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task An_image_brings_back_what_was_there_and_forgets_the_rest()
    {
        var store = (InMemoryShardStore)Store;
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a", isLive: false, expiresAt: ShardWriter.T0)]);
        var before = await Stored.DumpAsync(store);
        var image = store.TakeImage();
        await ada.StoreAsync([ShardWriter.Event("b")], [ShardWriter.Record("b"), ShardWriter.Deletion("a")], cutThrough: 1);

        store.RestoreImage(image);

        Assert.Equal(before, await Stored.DumpAsync(store));
        Assert.Equal(1, await store.PruneAsync(0, ada.Claim, ShardWriter.T0, 10, default));
        store.RestoreImage(image); // the image itself did not change
        Assert.Equal(before, await Stored.DumpAsync(store));
        Assert.Throws<ArgumentException>(() => new InMemoryShardStore(1).RestoreImage(image));
    }
}
