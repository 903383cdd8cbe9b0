using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>The durable truth of a cluster: all shards in one Redis, each in one slot, every write through a script that checks claim and chain.</summary>
/// <remarks>
/// <para>
/// Durability is the server's: with <c>appendonly yes</c> and <c>appendfsync everysec</c> an acknowledged batch survives the kill of Redis and of
/// every client, and a power cut of its machine may take the last second or two; with <c>always</c> it survives that too. A
/// replica that is promoted may lack the last batches, because replication is asynchronous.
/// </para>
/// <para>
/// A list (<see cref="ListAsync"/>) is not a snapshot of all shards: a record that moves while a page is read is left out of it.
/// </para>
/// </remarks>
public sealed class RedisShardStore : IShardStore
{
    private const int Format = 2;

    // The length of a lease less the guard, and a hundredth for clocks that differ: others may claim soon after.
    private static readonly TimeSpan FreezeAfter = (RedisLease.DefaultLength * 0.99) - TimeSpan.FromSeconds(2);

    private readonly RedisGate gate;
    private readonly StoreLock? hold;
    private readonly string name;
    private readonly TimeProvider time;
    private readonly ShardKeys[] keys;
    private readonly ShardBuckets[] buckets;
    private readonly ShardList list;
    private readonly IStoreFaults? faults;
    private RedisLease? lease;

    private RedisShardStore(RedisGate gate, StoreLock? hold, string name, int shardCount, string id, TimeProvider time, IStoreFaults? faults)
    {
        this.gate = gate;
        this.hold = hold;
        this.name = name;
        this.time = time;
        this.faults = faults;
        ShardCount = shardCount;
        StoreId = id;
        keys = [.. Enumerable.Range(0, shardCount).Select(shard => new ShardKeys(name, shard))];
        buckets = [.. keys.Select(k => new ShardBuckets(gate, k))];
        list = new ShardList(gate, keys, buckets);
    }

    /// <inheritdoc/>
    public int ShardCount { get; }

    /// <summary>This store's id, made with it: two stores never share one.</summary>
    public string StoreId { get; }

    /// <summary>Host and port of each server.</summary>
    public string Where => gate.Where;

    /// <summary>How Redis is, from its last answers.</summary>
    public RedisState State => gate.State;

    /// <summary>Open a store, and make it if it does not exist.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="StoreUnavailableException">Redis does not answer, is full, or is a replica.</exception>
    /// <exception cref="StoreRefusedException">Another process of this machine holds it, the password is wrong, the store has other shards or a newer format, or Redis is older than 7.</exception>
    /// <exception cref="StoreCorruptException">The keys hold another program's data.</exception>
    public static Task<RedisShardStore> OpenAsync(RedisStoreOptions options, CancellationToken cancellationToken = default) =>
        OpenAsync(options, null, cancellationToken);

    /// <summary>Open a store that a test can make fail.</summary>
    internal static async Task<RedisShardStore> OpenAsync(RedisStoreOptions options, IStoreFaults? faults, CancellationToken cancellationToken)
    {
        if (options.ShardCount is < 0 or > RedisStoreOptions.MaxShardCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.ShardCount, $"A store has 1 to {RedisStoreOptions.MaxShardCount} shards, or 0 to accept what is there.");
        }

        var name = RedisAddress.NameOf(options.Address.Name);
        var time = options.TimeProvider ?? TimeProvider.System;
        var hold = options.HoldFile is { } file
            ? await StoreLock.TakeAsync(file, new StoreHolder(options.HolderName, Environment.ProcessId, time.GetUtcNow()), cancellationToken).ConfigureAwait(false)
            : null;
        RedisGate? gate = null;
        try
        {
            gate = await RedisGate.ConnectAsync(options, FreezeAfter, cancellationToken).ConfigureAwait(false);
            var (shards, id) = await RedisStoreMaker.EnsureAsync(gate, name, Format, options, cancellationToken).ConfigureAwait(false);
            return new RedisShardStore(gate, hold, name, shards, id, time, faults);
        }
        catch
        {
            if (gate is not null)
            {
                await gate.DisposeAsync().ConfigureAwait(false);
            }

            hold?.Dispose();
            throw;
        }
    }

    /// <summary>Take the right to claim this store's shards; closing the store gives it back.</summary>
    /// <param name="length">How long it lasts when nobody renews it; <see langword="null"/>: <see cref="RedisLease.DefaultLength"/>.</param>
    /// <exception cref="StoreRefusedException">Somebody else holds it; the message says who, and when it ends.</exception>
    /// <exception cref="InvalidOperationException">It was taken before.</exception>
    public async Task<RedisLease> TakeLeaseAsync(LeaseHolder holder, TimeSpan? length = null, CancellationToken cancellationToken = default)
    {
        if (lease is not null)
        {
            throw new InvalidOperationException("This store has taken its lease already.");
        }

        var masters = gate.HasManyMasters ? new RedisMasters(gate, keys) : null;
        return lease = await RedisLease.TakeAsync(gate, name, masters, holder, length ?? RedisLease.DefaultLength, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The table of the cluster's members that share this store; it uses the store's connections and ends with it.</summary>
    public IMemberTable OpenMembers() => new RedisMemberTable(gate, name, gate.HasManyMasters ? new RedisMasters(gate, keys) : null);

    /// <inheritdoc/>
    public async ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken)
    {
        StoreArguments.CheckOwner(mine);
        RedisValue[] arguments = [mine.Claim.ToString(), mine.Node, previous?.ToString() ?? ""];
        var answer = await WriteAsync(StoreOperation.Claim, shard, RedisScript.Claim, All(shard), arguments, cancellationToken).ConfigureAwait(false);
        switch ((string?)answer[0])
        {
            case "OK":
                return new ClaimOutcome.Granted(new ShardHead(mine, Number(answer[1]), Token(answer[2]), Number(answer[3])));
            case "HELD":
                return new ClaimOutcome.Held(Owner((string?)answer[1], (string?)answer[2]));
            default:
                throw new StoreCorruptException(
                    $"Redis at {gate.Where} holds another program's data: {answer[1]} is a {answer[2]}; choose another name (redis://…?name=NAME).");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken)
    {
        BeforeRead(shard);
        var fields = await gate.SendAsync(
            RedisLane.Commands,
            d => d.HashGetAsync(keys[shard].Head, ["node", "claim", "seq", "tok", "cut"], RedisGate.MasterOnly),
            cancellationToken).ConfigureAwait(false);
        return new ShardHead(
            Owner(fields[0], fields[1]),
            fields[2].IsNull ? 0 : (long)fields[2],
            fields[3].IsNull ? BatchToken.Start : new BatchToken(Guid.ParseExact(fields[3]!, "N")),
            fields[4].IsNull ? 0 : (long)fields[4]);
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken)
    {
        StoreArguments.CheckShard(shard, ShardCount);
        await WriteAsync(StoreOperation.Release, shard, RedisScript.Release, [keys[shard].Head], [claim.ToString()], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken)
    {
        StoreArguments.CheckBatch(batch, ShardCount);
        var answer = await WriteAsync(
            StoreOperation.Append, batch.Shard, RedisScript.Append, keys[batch.Shard].All, AppendArguments.Of(batch), cancellationToken).ConfigureAwait(false);
        return (string?)answer[0] switch
        {
            "OK" => new AppendOutcome.Stored(Number(answer[1])),
            "DUP" => new AppendOutcome.Duplicate(Number(answer[1])),
            "FENCED" => new AppendOutcome.Fenced(Owner((string?)answer[1], (string?)answer[2])),
            "CONFLICT" => new AppendOutcome.Conflict(Number(answer[1]), Token(answer[2])),
            _ => throw new ArgumentOutOfRangeException(
                nameof(batch), $"The batch cuts the log of shard {batch.Shard} through {batch.CutThrough}, but it ends with this batch at {answer[1]}."),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        BeforeRead(shard);
        var answer = (RedisResult[])(await gate.RunAsync(
            RedisScript.Log, [keys[shard].Head, keys[shard].Log], [after, maxEntries], RedisLane.Bulk, cancellationToken).ConfigureAwait(false))!;
        var head = new ShardHead(null, Number(answer[0]), Token(answer[1]), Number(answer[2]));
        var entries = ((byte[][])answer[3]!).Select(bytes => Entry(shard, bytes)).ToList();
        return ShardRules.Gap(head, after, entries, entries.Count == maxEntries) is { } gap ? throw Damaged(shard, gap) : new LogPage(entries);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(int shard, string? after, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        BeforeRead(shard);
        var answer = (RedisResult[])(await gate.RunAsync(
            RedisScript.Live, [keys[shard].Live, keys[shard].Records], [after ?? "", maxRecords], RedisLane.Bulk, cancellationToken).ConfigureAwait(false))!;
        var (ids, values) = ((string[])answer[0]!, (byte[][])answer[1]!);
        var records = new List<StoredRecord>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            records.Add(await RecordAsync(shard, ids[i], values[i] ?? [], cancellationToken).ConfigureAwait(false));
        }

        return records;
    }

    /// <inheritdoc/>
    public async ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken)
    {
        StoreArguments.CheckEntityId(entityId);
        BeforeRead(shard);
        byte[]? value = await gate.SendAsync(RedisLane.Commands, d => d.HashGetAsync(keys[shard].Records, entityId, RedisGate.MasterOnly), cancellationToken).ConfigureAwait(false);
        return value is null ? null : await RecordAsync(shard, entityId, value, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken)
    {
        StoreArguments.CheckQuery(query);
        faults?.Reached(StoreStep.BeforeRead, StoreOperation.Read, -1);
        return await list.PageAsync(query, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken)
    {
        faults?.Reached(StoreStep.BeforeRead, StoreOperation.Read, -1);
        var counts = await Task.WhenAll(buckets.Select(b => b.CountsAsync(cancellationToken).AsTask())).ConfigureAwait(false);
        return counts.SelectMany(c => c).GroupBy(c => c.Bucket.Status).ToDictionary(g => g.Key, g => g.Sum(c => c.Count));
    }

    /// <inheritdoc/>
    public async ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        var ticks = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(ticks, now.UtcTicks);
        var answer = await WriteAsync(
            StoreOperation.Prune, shard, RedisScript.Prune, All(shard), [claim.ToString(), ticks, maxRecords], cancellationToken).ConfigureAwait(false);
        return (string?)answer[0] == "OK" ? (int)answer[1] : null;
    }

    /// <summary>Give the lease back and close the connections; what was acknowledged is in Redis.</summary>
    public async ValueTask DisposeAsync()
    {
        if (lease is not null)
        {
            await lease.DisposeAsync().ConfigureAwait(false);
        }

        await gate.DisposeAsync().ConfigureAwait(false);
        hold?.Dispose();
    }

    /// <summary>A record from its value.</summary>
    /// <exception cref="StoreCorruptException">It is not what was written.</exception>
    internal static StoredRecord Decode(int shard, string entityId, byte[] value, RecordBucket bucket, bool withBody, string where)
    {
        try
        {
            return RecordFormat.Decode(shard, entityId, value, bucket, withBody);
        }
        catch (FormatException e)
        {
            throw new StoreCorruptException(
                $"The record of '{entityId}' in shard {shard} in Redis at {where} is damaged: {e.Message}; restore Redis from a backup.", e);
        }
    }

    private async ValueTask<StoredRecord> RecordAsync(int shard, string entityId, byte[] value, CancellationToken cancellationToken)
    {
        int number;
        try
        {
            number = RecordFormat.BucketOf(value);
        }
        catch (FormatException e)
        {
            throw Damaged(shard, $"the record of '{entityId}': {e.Message}");
        }

        var bucket = await buckets[shard].OfAsync(number, cancellationToken).ConfigureAwait(false);
        try
        {
            return Decode(shard, entityId, value, bucket, withBody: true, gate.Where);
        }
        catch (StoreCorruptException)
        {
            // Before a record is called damaged: Redis may have forgotten the bucket's number and given it to another since it was read.
            await buckets[shard].ReadAsync(cancellationToken).ConfigureAwait(false);
            bucket = await buckets[shard].OfAsync(number, cancellationToken).ConfigureAwait(false);
            return Decode(shard, entityId, value, bucket, withBody: true, gate.Where);
        }
    }

    private LogEntry Entry(int shard, byte[] bytes)
    {
        try
        {
            return AppendArguments.Entry(shard, bytes);
        }
        catch (FormatException e)
        {
            throw Damaged(shard, e.Message);
        }
    }

    private StoreCorruptException Damaged(int shard, string what) =>
        new($"The log of shard {shard} in Redis at {gate.Where} is damaged: {what}; restore Redis from a backup.");

    private RedisKey[] All(int shard)
    {
        StoreArguments.CheckShard(shard, ShardCount);
        return keys[shard].All;
    }

    private async ValueTask<RedisResult[]> WriteAsync(
        StoreOperation operation, int shard, RedisScript script, RedisKey[] scriptKeys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        faults?.Reached(StoreStep.BeforeWrite, operation, shard);
        // A script runs whole or not at all, so what fails in the middle fails before it is sent.
        faults?.Reached(StoreStep.DuringWrite, operation, shard);
        var answer = (RedisResult[])(await gate.RunAsync(script, scriptKeys, arguments, RedisLane.Commands, cancellationToken).ConfigureAwait(false))!;
        faults?.Reached(StoreStep.AfterWrite, operation, shard);
        return answer;
    }

    private void BeforeRead(int shard)
    {
        StoreArguments.CheckShard(shard, ShardCount);
        faults?.Reached(StoreStep.BeforeRead, StoreOperation.Read, shard);
    }

    private static ShardOwner? Owner(string? node, string? claim) =>
        string.IsNullOrEmpty(claim) ? null : new ShardOwner(node!, new ClaimId(Guid.ParseExact(claim, "N")));

    private static long Number(RedisResult result) => long.Parse((string)result!, NumberStyles.None, CultureInfo.InvariantCulture);

    private static BatchToken Token(RedisResult result) => new(Guid.ParseExact((string)result!, "N"));
}
