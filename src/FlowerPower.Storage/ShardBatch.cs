namespace FlowerPower.Storage;

/// <summary>An owner's ownership of one shard: a 128-bit number that nobody can guess, compared for equality only.</summary>
public readonly record struct ClaimId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("N");
}

/// <summary>One link of a shard's chain: names one batch for ever. The chain begins with <see cref="Start"/>.</summary>
public readonly record struct BatchToken(Guid Value)
{
    /// <summary>The token before the first batch.</summary>
    public static BatchToken Start => default;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("N");
}

/// <summary>Who holds a shard.</summary>
/// <param name="Node">The owner's name, for people; never empty.</param>
public sealed record ShardOwner(string Node, ClaimId Claim);

/// <summary>Where a shard stands.</summary>
/// <param name="Owner"><see langword="null"/> if nobody holds it.</param>
/// <param name="Sequence">The sequence number of the last batch; 0 before the first.</param>
/// <param name="Token">The last batch's token.</param>
/// <param name="CutThrough">The sequence number through which the log has been cut; 0 if it never was.</param>
public sealed record ShardHead(ShardOwner? Owner, long Sequence, BatchToken Token, long CutThrough);

/// <summary>The answer to a claim.</summary>
public abstract record ClaimOutcome
{
    private ClaimOutcome() { }

    /// <summary>The shard is the claimer's; what it recovers begins at <paramref name="Head"/>.</summary>
    public sealed record Granted(ShardHead Head) : ClaimOutcome;

    /// <summary>Somebody else holds it, or nobody does where the caller thought so.</summary>
    public sealed record Held(ShardOwner? Owner) : ClaimOutcome;
}

/// <summary>One event of one entity, as bytes.</summary>
/// <param name="EntityId">1 to 128 characters; no braces, no control characters. An entity belongs to one shard.</param>
/// <param name="Version">The entity's version after it; 1 for its first event.</param>
/// <param name="Type">The event's stable type name (<c>job.enqueued.v1</c>): never a CLR name.</param>
/// <param name="Payload">The event, encoded once by the caller.</param>
public readonly record struct EventFrame(string EntityId, long Version, string Type, ReadOnlyMemory<byte> Payload);

/// <summary>What lists can filter and sort a record by.</summary>
/// <param name="Status">A positive number; its meaning is the caller's.</param>
/// <param name="Group">The pipeline's name; may be empty.</param>
/// <param name="Queue">May be empty.</param>
/// <param name="SortAt">The instant that lists sort by, newest first.</param>
public sealed record RecordIndex(int Status, string Group, string Queue, DateTimeOffset SortAt);

/// <summary>A write to one entity's record, or its deletion.</summary>
/// <param name="EntityId">The entity.</param>
/// <param name="Version">The entity's version that the record holds: replay skips events up to it.</param>
/// <param name="IsLive">A new owner must read it at recovery.</param>
/// <param name="Index"><see langword="null"/> deletes the record.</param>
/// <param name="ExpiresAt">When <see cref="IShardStore.PruneAsync"/> may delete it; <see langword="null"/>: never. Live records have none.</param>
/// <param name="Body">The record as bytes; its format is the caller's.</param>
public sealed record RecordChange(
    string EntityId, long Version, bool IsLive, RecordIndex? Index, DateTimeOffset? ExpiresAt, ReadOnlyMemory<byte> Body);

/// <summary>One group commit of one shard.</summary>
public sealed record ShardBatch
{
    /// <summary>The shard.</summary>
    public required int Shard { get; init; }

    /// <summary>The writer's claim.</summary>
    public required ClaimId Claim { get; init; }

    /// <summary>The token of the batch before.</summary>
    public required BatchToken Previous { get; init; }

    /// <summary>This batch's token: never used before, and kept for its repetitions.</summary>
    public required BatchToken Token { get; init; }

    /// <summary>Events, in order; may be empty (a checkpoint writes only records).</summary>
    public required IReadOnlyList<EventFrame> Events { get; init; }

    /// <summary>Record writes of the same step; may be empty.</summary>
    public IReadOnlyList<RecordChange> Records { get; init; } = [];

    /// <summary>
    /// Log entries up to this sequence number are not needed any more, up to this batch's own; <see langword="null"/> cuts nothing.
    /// </summary>
    /// <remarks>The caller has written the records of every live entity that has events there, in this batch or before it.</remarks>
    public long? CutThrough { get; init; }
}

/// <summary>The answer to an append.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome() { }

    /// <summary>Stored at the configured durability, as log entry <paramref name="Sequence"/>.</summary>
    public sealed record Stored(long Sequence) : AppendOutcome;

    /// <summary>It was stored before, by this very batch: the repetition of a lost reply.</summary>
    public sealed record Duplicate(long Sequence) : AppendOutcome;

    /// <summary>Another claim holds the shard: the writer is no longer its owner, and nothing was written.</summary>
    public sealed record Fenced(ShardOwner? Owner) : AppendOutcome;

    /// <summary>The chain does not end where the writer thought: it must recover, and nothing was written.</summary>
    public sealed record Conflict(long Sequence, BatchToken Token) : AppendOutcome;
}

/// <summary>One log entry: one group commit.</summary>
public sealed record LogEntry(long Sequence, BatchToken Token, IReadOnlyList<EventFrame> Events);

/// <summary>A page of the log.</summary>
/// <param name="Entries">Ascending and without a gap; empty at the end.</param>
public sealed record LogPage(IReadOnlyList<LogEntry> Entries);

/// <summary>An entity's record as stored.</summary>
public sealed record StoredRecord(
    string EntityId, long Version, bool IsLive, RecordIndex Index, DateTimeOffset? ExpiresAt, ReadOnlyMemory<byte> Body);

/// <summary>A question for records of all shards.</summary>
public sealed record RecordQuery
{
    /// <summary>Only this status; <see langword="null"/>: any.</summary>
    public int? Status { get; init; }

    /// <summary>Only this group; <see langword="null"/>: any.</summary>
    public string? Group { get; init; }

    /// <summary>Only this queue; <see langword="null"/>: any.</summary>
    public string? Queue { get; init; }

    /// <summary>Continue after a page; <see langword="null"/> begins.</summary>
    public RecordCursor? After { get; init; }

    /// <summary>1 to 10,000.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Whether <see cref="StoredRecord.Body"/> is filled.</summary>
    public bool WithBodies { get; init; } = true;
}

/// <summary>A place in a list: after this record.</summary>
public sealed record RecordCursor(DateTimeOffset SortAt, string EntityId);

/// <summary>A page of a list.</summary>
/// <param name="Records">By <see cref="RecordIndex.SortAt"/> descending, then by entity id descending.</param>
/// <param name="Next">Where the next page begins; <see langword="null"/> if this was the last.</param>
public sealed record RecordPage(IReadOnlyList<StoredRecord> Records, RecordCursor? Next);
