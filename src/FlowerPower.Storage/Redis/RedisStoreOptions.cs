namespace FlowerPower.Storage;

/// <summary>Where a <see cref="RedisShardStore"/> lives and how long it waits.</summary>
public sealed record RedisStoreOptions
{
    /// <summary>The greatest number of shards.</summary>
    public const int MaxShardCount = 4_096;

    /// <summary>The Redis, and the store's name in it.</summary>
    public required RedisAddress Address { get; init; }

    /// <summary>1 to <see cref="MaxShardCount"/>, used when the store is made and compared when it is there; 0 accepts what is there.</summary>
    public int ShardCount { get; init; } = 64;

    /// <summary>Whether <see cref="ShardCount"/> is only for a store that does not exist yet.</summary>
    public bool AcceptsOtherShardCount { get; init; }

    /// <summary>
    /// A file beside which a lock keeps this machine's other processes from serving the store too, and which names this one to them, as with
    /// SQLite; <see langword="null"/>: none, this process only reads, or its right to serve is settled otherwise.
    /// </summary>
    public string? HoldFile { get; init; }

    /// <summary>What others are told who find the store held: the command or service that holds it; never empty.</summary>
    public string HolderName { get; init; } = "a FlowerPower process";

    /// <summary>How long a command may take before its outcome counts as unknown; more than 0.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The same for what keeps a lease, which has only some seconds to find that its connection is dead, replace it and be renewed; more than 0.</summary>
    /// <remarks>Never more than <see cref="CommandTimeout"/>.</remarks>
    public TimeSpan LeaseTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same as <see cref="CommandTimeout"/> for a page of a recovery or a list, which may be large.</summary>
    public TimeSpan BulkTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long opening may wait for a server that does not answer or is still loading its data.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of all time-outs; <see langword="null"/>: the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }
}
