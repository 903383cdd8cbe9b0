namespace FlowerPower.Storage.Contracts;

/// <summary>What every shard store promises. A store's tests are a subclass that says how to open it and how to hurt it.</summary>
public abstract partial class ShardStoreContract : IAsyncLifetime
{
    protected const int ShardCount = 4;

    private IShardStore? opened;

    /// <summary>The store under test; a crash replaces it.</summary>
    protected IShardStore Store => opened ?? throw new InvalidOperationException("The store is not open yet.");

    protected StoreFaultScript Faults { get; } = new();

    /// <summary>Open an empty store with <see cref="ShardCount"/> shards.</summary>
    protected abstract Task<IShardStore> OpenAsync();

    /// <summary>Kill the process that has the store, as far as the store can tell, and open what is left.</summary>
    protected abstract Task<IShardStore> CrashAndReopenAsync(IShardStore store);

    /// <summary>Close the store in order and open it again.</summary>
    protected abstract Task<IShardStore> CloseAndReopenAsync(IShardStore store);

    /// <summary>From here on large writes find no space, until <see cref="FreeDiskAsync"/>.</summary>
    protected abstract Task FillDiskAsync(IShardStore store);

    protected abstract Task FreeDiskAsync(IShardStore store);

    /// <summary>Change a byte of the last log entry behind the store's back.</summary>
    protected abstract Task GarbleLastEntryAsync(IShardStore store, int shard);

    /// <summary>Remove the oldest log entry behind the store's back.</summary>
    protected abstract Task LoseOldestEntryAsync(IShardStore store, int shard);

    public virtual async Task InitializeAsync() => opened = await OpenAsync();

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    protected async Task CrashAsync() => opened = await CrashAndReopenAsync(Store);

    protected async Task CloseAndReopenAsync() => opened = await CloseAndReopenAsync(Store);

    /// <summary>A batch too large for the room that <see cref="FillDiskAsync"/> leaves.</summary>
    internal static EventFrame[] LargeEvents(string entityId) => [new(entityId, 1, "test.grew.v1", new byte[2 << 20])];
}
