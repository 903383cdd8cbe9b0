namespace FlowerPower.Storage;

/// <summary>The durable truth of one machine: all shards in one SQLite file, held by one process at a time.</summary>
/// <remarks>
/// Durability, by <see cref="SqliteStoreOptions.Synchronous"/>: <see cref="SqliteSynchronous.Normal"/> survives the kill of the process and
/// may lose the last transactions at a power cut, though never damage the file; <see cref="SqliteSynchronous.Full"/> survives a power
/// cut, at the price of a wait for the disk per group commit; <see cref="SqliteSynchronous.Off"/> leaves all of it to luck.
/// Writes of all shards are gathered by one thread into one transaction; reads have connections of their own and see everything
/// that was acknowledged before they began. A cancelled write is one that the writer has not taken yet.
/// </remarks>
public sealed class SqliteShardStore : IShardStore
{
    private readonly StoreLock hold;
    private readonly GroupWriter writer;
    private readonly ReaderPool readers;
    private readonly IStoreFaults? faults;
    private int isDisposed;

    private SqliteShardStore(StoreLock hold, GroupWriter writer, ReaderPool readers, int shardCount, IStoreFaults? faults)
    {
        this.hold = hold;
        this.writer = writer;
        this.readers = readers;
        this.faults = faults;
        ShardCount = shardCount;
    }

    /// <inheritdoc/>
    public int ShardCount { get; }

    /// <summary>Open a store's file, and make it if it does not exist.</summary>
    /// <exception cref="ArgumentException">An option is empty or outside its range.</exception>
    /// <exception cref="StoreRefusedException">Another process holds it, its folder cannot be written, or it has other shards or a newer format.</exception>
    /// <exception cref="StoreCorruptException">It is damaged, or another program's.</exception>
    /// <exception cref="StoreUnavailableException">The disk is full or does not answer.</exception>
    public static Task<SqliteShardStore> OpenAsync(SqliteStoreOptions options, CancellationToken cancellationToken = default) =>
        OpenAsync(options, null, cancellationToken);

    /// <summary>Open a store that a test can make fail.</summary>
    internal static async Task<SqliteShardStore> OpenAsync(SqliteStoreOptions options, IStoreFaults? faults, CancellationToken cancellationToken)
    {
        Check(options);
        var path = StoreLock.RealPath(options.Path);
        if (options.ShardCount == 0 && !File.Exists(path))
        {
            throw SqliteSchema.Missing(path);
        }

        MakeFolder(path);
        var since = (options.TimeProvider ?? TimeProvider.System).GetUtcNow();
        var holder = new StoreHolder(options.HolderName, Environment.ProcessId, since);
        var hold = await StoreLock.TakeAsync(path, holder, cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Open(options with { Path = path }, hold, faults), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken)
    {
        StoreArguments.CheckOwner(mine);
        return WriteAsync(StoreOperation.Claim, shard, 0, s => s.Claim(shard, mine, previous), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken) =>
        ReadAsync(shard, s => s.Head(shard), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken) =>
        await WriteAsync(StoreOperation.Release, shard, 0, s => s.Release(shard, claim), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken)
    {
        StoreArguments.CheckBatch(batch, ShardCount);
        var encoded = new EncodedBatch(batch);
        return WriteAsync(StoreOperation.Append, batch.Shard, encoded.Bytes, s => s.Append(encoded), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        return ReadAsync(shard, s => s.Log(shard, after, maxEntries), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(int shard, string? after, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return ReadAsync(shard, s => s.Live(shard, after, maxRecords), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken)
    {
        StoreArguments.CheckEntityId(entityId);
        return ReadAsync(shard, s => s.Record(shard, entityId), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken)
    {
        StoreArguments.CheckQuery(query);
        return ReadAsync(null, s => s.List(query), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken) =>
        ReadAsync(null, s => s.Tally(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return WriteAsync(StoreOperation.Prune, shard, 0, s => s.Prune(shard, claim, now, maxRecords), cancellationToken);
    }

    /// <summary>Write what waits, empty the write-ahead log into the file, and let the file go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
        {
            // Readers first: the writer can empty its log only when nobody reads in it.
            await readers.CloseAsync().ConfigureAwait(false);
            await writer.DisposeAsync().ConfigureAwait(false);
            hold.Dispose();
        }
    }

    /// <summary>For tests: read or set a number of SQLite's on the writer's connection.</summary>
    internal Task<long?> PragmaAsync(string pragma) => writer.PragmaAsync(pragma);

    private static SqliteShardStore Open(SqliteStoreOptions options, StoreLock hold, IStoreFaults? faults)
    {
        var database = Database.Open(options.Path);
        ReaderPool? readers = null;
        try
        {
            var shardCount = SqliteSchema.Ensure(database, options.ShardCount);
            Tune(database, options.Synchronous, cacheKiB: 65_536);
            readers = new ReaderPool(() => OpenReader(options));
            return new SqliteShardStore(hold, new GroupWriter(database, options.MaxLogBytes, faults), readers, shardCount, faults);
        }
        catch
        {
            readers?.Dispose();
            database.Dispose();
            throw;
        }
    }

    private static Database OpenReader(SqliteStoreOptions options)
    {
        var reader = Database.Open(options.Path);
        Tune(reader, options.Synchronous, cacheKiB: 16_384);
        reader.Execute("PRAGMA query_only = 1");
        return reader;
    }

    // The checkpoint's length in pages is a compromise: a longer one writes hot index pages to the file less often, and a shorter
    // one keeps the write-ahead log, and the stop for the disk at its end, small.
    private static void Tune(Database database, SqliteSynchronous synchronous, int cacheKiB) => database.Execute(
        $"""
        PRAGMA synchronous = {synchronous switch { SqliteSynchronous.Off => "OFF", SqliteSynchronous.Full => "FULL", _ => "NORMAL" }};
        PRAGMA cache_size = -{cacheKiB};
        PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864;
        """);

    private static void Check(SqliteStoreOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Path, nameof(options));
        ArgumentException.ThrowIfNullOrEmpty(options.HolderName, nameof(options));
        if (options.ShardCount is < 0 or > SqliteStoreOptions.MaxShardCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.ShardCount, $"A store has 1 to {SqliteStoreOptions.MaxShardCount} shards, or 0 to accept what is there.");
        }

        if (!Enum.IsDefined(options.Synchronous))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Synchronous, "Synchronous is Off, Normal or Full.");
        }
    }

    private static void MakeFolder(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (File.Exists(folder))
        {
            throw new StoreRefusedException($"'{folder}' is a file and should be the folder of the store '{path}': move it away.");
        }

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"The folder of the store '{path}' cannot be made, because {FileFault.Explain(e, folder)}.", e);
        }
    }

    private async ValueTask<T> WriteAsync<T>(
        StoreOperation operation, int shard, long bytes, Func<WriteSession, T> write, CancellationToken cancellationToken)
    {
        StoreArguments.CheckShard(shard, ShardCount);
        faults?.Reached(StoreStep.BeforeWrite, operation, shard);
        var outcome = await writer.WriteAsync(bytes, write, cancellationToken).ConfigureAwait(false);
        faults?.Reached(StoreStep.AfterWrite, operation, shard);
        return outcome;
    }

    private async ValueTask<T> ReadAsync<T>(int? shard, Func<ReadSession, T> read, CancellationToken cancellationToken)
    {
        if (shard is { } one)
        {
            StoreArguments.CheckShard(one, ShardCount);
        }

        faults?.Reached(StoreStep.BeforeRead, StoreOperation.Read, shard ?? -1);
        return await readers.ReadAsync(read, cancellationToken).ConfigureAwait(false);
    }
}
