namespace FlowerPower.Jobs;

/// <summary>Something that a shard keeps, as folded from its events: a job, for example.</summary>
public abstract record EntityState
{
    /// <summary>How many events were folded: 0 before the first and after a deletion, then one more with each. Replay skips what a record has.</summary>
    public long Version { get; init; }

    /// <summary>Its id in the store; <see langword="null"/> if it does not exist.</summary>
    public abstract string? EntityId { get; }

    /// <summary>Its owner has something to do for it, and must know of it as soon as it has the shard.</summary>
    public abstract bool IsLive { get; }
}
