namespace FlowerPower.Storage;

/// <summary>Where in a call a store can be made to fail. Tests use it; a store without faults never asks.</summary>
public enum StoreStep
{
    /// <summary>Before anything is written: a failure here means that nothing happened.</summary>
    BeforeWrite = 1,

    /// <summary>In the middle of the write: a failure here must leave nothing behind.</summary>
    DuringWrite = 2,

    /// <summary>After the write and before the reply: a failure here means that it happened and the caller does not know.</summary>
    AfterWrite = 3,

    /// <summary>Before a read.</summary>
    BeforeRead = 4,
}

/// <summary>Which call of a store a fault point belongs to.</summary>
public enum StoreOperation
{
    /// <summary><see cref="IShardStore.ClaimAsync"/>.</summary>
    Claim = 1,

    /// <summary><see cref="IShardStore.ReleaseAsync"/>.</summary>
    Release = 2,

    /// <summary><see cref="IShardStore.AppendAsync"/>.</summary>
    Append = 3,

    /// <summary><see cref="IShardStore.PruneAsync"/>.</summary>
    Prune = 4,

    /// <summary>Any read.</summary>
    Read = 5,
}

/// <summary>What a test makes go wrong inside a store.</summary>
public interface IStoreFaults
{
    /// <summary>Called when a store reaches a step; throw to make the call fail there. Called from several threads.</summary>
    /// <param name="shard">The shard, or −1 for calls that concern all of them.</param>
    /// <exception cref="StoreUnavailableException">Thrown by the implementation: what a caller of a real store would see.</exception>
    void Reached(StoreStep step, StoreOperation operation, int shard);
}
