namespace FlowerPower.Storage;

/// <summary>When SQLite waits for the disk; see the remarks of <see cref="SqliteShardStore"/>.</summary>
public enum SqliteSynchronous
{
    /// <summary>Never: a power cut may destroy the file. For trials and measurements.</summary>
    Off = 1,

    /// <summary>At checkpoints: survives a killed process; a power cut may take the last transactions, never the file.</summary>
    Normal = 2,

    /// <summary>At every group commit: survives a power cut.</summary>
    Full = 3,
}

/// <summary>Where a <see cref="SqliteShardStore"/> lives and how it is kept.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The greatest number of shards.</summary>
    public const int MaxShardCount = 65_536;

    /// <summary>The file; it and its folder are made if they do not exist.</summary>
    public required string Path { get; init; }

    /// <summary>1 to <see cref="MaxShardCount"/>, used when the file is made and compared when it is there; 0 accepts what is there.</summary>
    public int ShardCount { get; init; } = 8;

    /// <summary>When SQLite waits for the disk.</summary>
    public SqliteSynchronous Synchronous { get; init; } = SqliteSynchronous.Normal;

    /// <summary>What others are told who find the file in use: the command or service that holds it; never empty.</summary>
    public string HolderName { get; init; } = "a FlowerPower process";

    /// <summary>The clock for <see cref="StoreHolder.Since"/>; <see langword="null"/>: the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>The length at which the write-ahead log is emptied, about; tests make it small.</summary>
    internal long MaxLogBytes { get; init; } = 256L << 20;
}
