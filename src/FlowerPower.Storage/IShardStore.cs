namespace FlowerPower.Storage;

/// <summary>
/// The durable truth of a set of shards. Each shard has one gap-free log, one owner's claim, one chain of tokens, and the records
/// of its entities. Everything that could go wrong between two owners is an outcome, not an exception.
/// </summary>
/// <remarks>
/// An exception from any method means that the outcome is <em>unknown</em> (<see cref="StoreUnavailableException"/>) or that the store
/// is unusable (<see cref="StoreCorruptException"/>). After an unknown outcome of <see cref="AppendAsync"/> the caller repeats the very
/// same batch, with the same token, until it hears an outcome, and computes nothing new in between. Two exceptions are the caller's
/// own mistakes and write nothing: <see cref="ArgumentException"/> and <see cref="ObjectDisposedException"/>. A cancelled write is one
/// that had not begun.
/// All methods may be called from several threads; calls for one shard are the caller's to order.
/// </remarks>
public interface IShardStore : IAsyncDisposable
{
    /// <summary>The number of shards, fixed when the store was made; 1 or more.</summary>
    int ShardCount { get; }

    /// <summary>Take a shard: compare the previous claim, write mine.</summary>
    /// <param name="shard">0 to <see cref="ShardCount"/> − 1.</param>
    /// <param name="mine">The new owner; its claim id is unguessable and never used before.</param>
    /// <param name="previous">The claim that the caller saw; <see langword="null"/> if the shard had no owner.</param>
    /// <returns><see cref="ClaimOutcome.Granted"/> (also when <paramref name="mine"/> holds it already: a lost reply), or <see cref="ClaimOutcome.Held"/>.</returns>
    ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken);

    /// <summary>Who holds the shard, and where its chain of tokens stands.</summary>
    ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken);

    /// <summary>Give a shard back; nothing happens if the claim does not hold it (any more).</summary>
    ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken);

    /// <summary>Store a batch: all of it or nothing, and only for the claim's holder, and only after <see cref="ShardBatch.Previous"/>.</summary>
    /// <returns>
    /// In this order of precedence: <see cref="AppendOutcome.Fenced"/> if another claim holds the shard; <see cref="AppendOutcome.Duplicate"/> if the
    /// chain already ends with this batch's token; <see cref="AppendOutcome.Conflict"/> if it does not end with the batch's previous
    /// token; else <see cref="AppendOutcome.Stored"/>, at the configured durability.
    /// </returns>
    ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken);

    /// <summary>Read the log, oldest first.</summary>
    /// <param name="after">The sequence number to read after; 0, or any number that has been cut, for the beginning.</param>
    /// <param name="maxEntries">The greatest number of entries (group commits) in the page; 1 or more.</param>
    /// <returns>A page; it is the last one if <see cref="LogPage.Entries"/> is empty.</returns>
    /// <exception cref="StoreCorruptException">A gap, or bytes that are not a log entry.</exception>
    ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken);

    /// <summary>Read the records of live entities (<see cref="RecordChange.IsLive"/>), by entity id in the order of its UTF-8 bytes.</summary>
    /// <param name="after">The id to read after; <see langword="null"/> for the beginning.</param>
    /// <param name="maxRecords">1 or more.</param>
    /// <returns>A page; the last one if it is empty.</returns>
    ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(int shard, string? after, int maxRecords, CancellationToken cancellationToken);

    /// <summary>One entity's record; <see langword="null"/> if it has none (it may still have events in the log).</summary>
    ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken);

    /// <summary>Records of any shard that match, by <see cref="RecordIndex.SortAt"/>, newest first.</summary>
    /// <returns>At most <see cref="RecordQuery.Limit"/> records, without their bodies where the query does not ask for them.</returns>
    ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken);

    /// <summary>How many records there are of each status, in all shards, by index and without a scan of bodies.</summary>
    ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken);

    /// <summary>Delete records whose <see cref="RecordChange.ExpiresAt"/> has passed, without a scan.</summary>
    /// <param name="maxRecords">The greatest number to delete in this call.</param>
    /// <returns>The number deleted, or <see langword="null"/> if the claim does not hold the shard.</returns>
    ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken);
}
