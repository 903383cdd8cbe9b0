namespace FlowerPower.Storage;

/// <summary>A store that lives and ends with its process, for tests and trials: the rules and the bytes of the durable ones.</summary>
/// <remarks>
/// Calls finish before they return. What a caller hands in is copied, and log entries are kept as bytes, so that a caller that
/// changes a buffer afterwards shows up here as it would on a disk.
/// </remarks>
public sealed class InMemoryShardStore : IShardStore
{
    private readonly Lock gate = new();
    private readonly IStoreFaults? faults;
    private InMemoryShard[] shards;
    private InMemoryList list = new();
    private bool isDisposed;

    /// <summary>An empty store.</summary>
    /// <param name="shardCount">1 or more.</param>
    /// <param name="faults">What a test makes go wrong; <see langword="null"/>: nothing.</param>
    public InMemoryShardStore(int shardCount, IStoreFaults? faults = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        this.faults = faults;
        shards = [.. Enumerable.Range(0, shardCount).Select(_ => new InMemoryShard())];
        ShardCount = shardCount;
    }

    /// <inheritdoc/>
    public int ShardCount { get; }

    /// <summary>The store as it stands: what a test can bring back later, as a power cut or a failover does.</summary>
    public InMemoryImage TakeImage()
    {
        lock (gate)
        {
            return new InMemoryImage([.. shards.Select(s => s.Copy())]);
        }
    }

    /// <summary>Forget everything after an image was taken, acknowledged or not.</summary>
    /// <exception cref="ArgumentException">The image is of a store with another number of shards.</exception>
    public void RestoreImage(InMemoryImage image)
    {
        if (image.Shards.Length != ShardCount)
        {
            throw new ArgumentException($"The image has {image.Shards.Length} shards and the store {ShardCount}: restore an image of this store.", nameof(image));
        }

        lock (gate)
        {
            shards = [.. image.Shards.Select(s => s.Copy())];
            list = new InMemoryList();
            for (var i = 0; i < shards.Length; i++)
            {
                foreach (var record in shards[i].Records.Values)
                {
                    list.Replace(i, null, record);
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken)
    {
        StoreArguments.CheckOwner(mine);
        return Write<ClaimOutcome>(StoreOperation.Claim, shard, cancellationToken, s =>
        {
            if (!ShardRules.MayClaim(s.Head.Owner, mine, previous))
            {
                return new ClaimOutcome.Held(s.Head.Owner);
            }

            s.Head = s.Head with { Owner = mine };
            return new ClaimOutcome.Granted(s.Head);
        });
    }

    /// <inheritdoc/>
    public ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken) =>
        Read(shard, cancellationToken, () => shards[shard].Head);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken) =>
        await Write(StoreOperation.Release, shard, cancellationToken, s =>
        {
            s.Head = ShardRules.Holds(s.Head.Owner, claim) ? s.Head with { Owner = null } : s.Head;
            return s.Head;
        }).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken)
    {
        StoreArguments.CheckBatch(batch, ShardCount);
        var events = LogEntryFormat.Encode(batch.Events);
        var begun = Checksum.BeginEntry(events);
        return Write(StoreOperation.Append, batch.Shard, cancellationToken, s =>
        {
            if (ShardRules.Refusal(s.Head, batch) is { } refusal)
            {
                return refusal;
            }

            s.Head = ShardRules.After(s.Head, batch);
            var sum = Checksum.OfEntry(begun, batch.Shard, s.Head.Sequence, batch.Token);
            s.Log.Add(new InMemoryShard.Entry(s.Head.Sequence, batch.Token, sum, events));
            foreach (var change in batch.Records)
            {
                Apply(batch.Shard, s, change);
            }

            s.CutLog();
            return new AppendOutcome.Stored(s.Head.Sequence);
        });
    }

    /// <inheritdoc/>
    public ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        return Read(shard, cancellationToken, () =>
        {
            var entries = shards[shard].LogAfter(after).Take(maxEntries).Select(e => Decode(shard, e)).ToList();
            return ShardRules.Gap(shards[shard].Head, after, entries, entries.Count == maxEntries) is { } gap
                ? throw Corrupt(shard, gap)
                : new LogPage(entries);
        });
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(int shard, string? after, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return Read<IReadOnlyList<StoredRecord>>(shard, cancellationToken, () =>
        {
            var s = shards[shard];
            IEnumerable<string> ids = s.Live;
            if (after is not null)
            {
                ids = s.Live.Count == 0 || EntityOrder.Instance.Compare(after, s.Live.Max) >= 0
                    ? []
                    : s.Live.GetViewBetween(after, s.Live.Max).Where(id => id != after);
            }

            return ids.Take(maxRecords).Select(id => s.Records[id]).ToList();
        });
    }

    /// <inheritdoc/>
    public ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken)
    {
        StoreArguments.CheckEntityId(entityId);
        return Read(shard, cancellationToken, () => shards[shard].Records.GetValueOrDefault(entityId));
    }

    /// <inheritdoc/>
    public ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken)
    {
        StoreArguments.CheckQuery(query);
        return Read(null, cancellationToken, () => list.Page(query));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken) =>
        Read(null, cancellationToken, () => list.Counts());

    /// <inheritdoc/>
    public ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return Write<int?>(StoreOperation.Prune, shard, cancellationToken, s =>
        {
            if (!ShardRules.Holds(s.Head.Owner, claim))
            {
                return null;
            }

            var expired = s.Expiry.TakeWhile(e => e.At <= now).Take(maxRecords).ToList();
            foreach (var (_, entityId) in expired)
            {
                list.Replace(shard, s.Remove(entityId), null);
            }

            return expired.Count;
        });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isDisposed = true;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>For tests: change one byte of the newest log entry, as a failing disk does.</summary>
    internal void GarbleLastEntry(int shard)
    {
        lock (gate)
        {
            shards[shard].Log[^1].Events[^1] ^= 0x40;
        }
    }

    /// <summary>For tests: lose the oldest log entry that was not cut.</summary>
    internal void LoseOldestEntry(int shard)
    {
        lock (gate)
        {
            shards[shard].Log.RemoveAt(0);
        }
    }

    private void Apply(int shard, InMemoryShard s, RecordChange change)
    {
        if (change.Index is not { } index)
        {
            list.Replace(shard, s.Remove(change.EntityId), null);
            return;
        }

        var record = new StoredRecord(
            change.EntityId,
            change.Version,
            change.IsLive,
            index with { SortAt = index.SortAt.ToUniversalTime() },
            change.ExpiresAt?.ToUniversalTime(),
            change.Body.ToArray());
        list.Replace(shard, s.Put(record), record);
    }

    private static LogEntry Decode(int shard, InMemoryShard.Entry entry)
    {
        var sum = Checksum.OfEntry(Checksum.BeginEntry(entry.Events), shard, entry.Sequence, entry.Token);
        return sum == entry.Sum
            ? new LogEntry(entry.Sequence, entry.Token, LogEntryFormat.Decode(entry.Events))
            : throw Corrupt(shard, $"the bytes of entry {entry.Sequence} are not those that were written");
    }

    private static StoreCorruptException Corrupt(int shard, string what) =>
        new($"The log of shard {shard} in the in-memory store is damaged: {what}; start the process again, nothing of it can be kept.");

    private async ValueTask<T> Write<T>(StoreOperation operation, int shard, CancellationToken cancellationToken, Func<InMemoryShard, T> write)
    {
        StoreArguments.CheckShard(shard, ShardCount);
        cancellationToken.ThrowIfCancellationRequested();
        faults?.Reached(StoreStep.BeforeWrite, operation, shard);
        T result;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            // Memory has no half-written state to roll back: what fails during the write fails before its first change.
            faults?.Reached(StoreStep.DuringWrite, operation, shard);
            result = write(shards[shard]);
        }

        faults?.Reached(StoreStep.AfterWrite, operation, shard);
        return result;
    }

    private async ValueTask<T> Read<T>(int? shard, CancellationToken cancellationToken, Func<T> read)
    {
        if (shard is { } one)
        {
            StoreArguments.CheckShard(one, ShardCount);
        }

        cancellationToken.ThrowIfCancellationRequested();
        faults?.Reached(StoreStep.BeforeRead, StoreOperation.Read, shard ?? -1);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return read();
        }
    }
}
