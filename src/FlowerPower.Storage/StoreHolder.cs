namespace FlowerPower.Storage;

/// <summary>The process of this machine that serves a store.</summary>
/// <param name="Name">What it is, for people: a command or an application.</param>
/// <param name="ProcessId">Its process id on this machine.</param>
/// <param name="Since">When it took the store, UTC.</param>
public sealed record StoreHolder(string Name, int ProcessId, DateTimeOffset Since)
{
    /// <summary>Who holds a store now.</summary>
    /// <param name="path">The SQLite database's path or a <see cref="RedisStoreOptions.HoldFile"/>; it need not exist.</param>
    /// <returns><see langword="null"/> if nobody does.</returns>
    /// <exception cref="StoreRefusedException">This user may not read what stands beside the file.</exception>
    public static StoreHolder? Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return StoreLock.ReadHolder(StoreLock.RealPath(path));
    }
}
