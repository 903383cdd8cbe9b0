namespace FlowerPower.Storage;

/// <summary>Checks what callers hand to a store, the same for every store, before anything is written.</summary>
internal static class StoreArguments
{
    /// <summary>The greatest number of characters in an entity id.</summary>
    public const int MaxEntityIdLength = 128;

    /// <summary>The greatest number of bytes in one batch: its payloads and bodies together.</summary>
    public const long MaxBatchBytes = 256L << 20;

    /// <summary>The greatest number of records in a page of a list.</summary>
    public const int MaxListLimit = 10_000;

    public static void CheckShard(int shard, int shardCount)
    {
        if ((uint)shard >= (uint)shardCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(shard), shard, $"The store has {shardCount} shards, numbered from 0 to {shardCount - 1}.");
        }
    }

    public static void CheckOwner(ShardOwner mine)
    {
        ArgumentException.ThrowIfNullOrEmpty(mine.Node, nameof(mine));
        if (mine.Claim == default)
        {
            throw new ArgumentException("The claim is empty: a claim is an unguessable number that was never used before.", nameof(mine));
        }
    }

    public static void CheckEntityId(string entityId)
    {
        ArgumentNullException.ThrowIfNull(entityId);
        if (entityId.Length is 0 or > MaxEntityIdLength || HasForbiddenCharacter(entityId))
        {
            throw new ArgumentException(
                $"'{entityId}' is not an entity id: it has 1 to {MaxEntityIdLength} characters, none of them a brace or a control character.",
                nameof(entityId));
        }
    }

    /// <summary>Checks a batch's form; whether it fits the shard is for <see cref="ShardRules"/>.</summary>
    public static void CheckBatch(ShardBatch batch, int shardCount)
    {
        CheckShard(batch.Shard, shardCount);
        if (batch.Token == BatchToken.Start || batch.Token == batch.Previous)
        {
            throw new ArgumentException("The batch's token was used before: each batch needs one of its own.", nameof(batch));
        }

        if (batch.CutThrough < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(batch), batch.CutThrough, "The log is cut through a sequence number of 0 or more.");
        }

        long bytes = 0;
        foreach (var frame in batch.Events)
        {
            CheckEntityId(frame.EntityId);
            ArgumentOutOfRangeException.ThrowIfLessThan(frame.Version, 1, nameof(batch));
            ArgumentException.ThrowIfNullOrEmpty(frame.Type, nameof(batch));
            bytes += frame.Payload.Length;
        }

        foreach (var change in batch.Records)
        {
            CheckChange(change);
            bytes += change.Body.Length;
        }

        if (bytes > MaxBatchBytes)
        {
            throw new ArgumentException(
                $"The batch has {bytes} bytes, and the greatest that a store takes is {MaxBatchBytes}: split it, or keep large data elsewhere.",
                nameof(batch));
        }
    }

    public static void CheckQuery(RecordQuery query)
    {
        if (query.Limit is < 1 or > MaxListLimit)
        {
            throw new ArgumentOutOfRangeException(nameof(query), query.Limit, $"A list's limit is 1 to {MaxListLimit}.");
        }
    }

    private static void CheckChange(RecordChange change)
    {
        CheckEntityId(change.EntityId);
        if (change.Index is { Status: < 1 })
        {
            throw new ArgumentOutOfRangeException(nameof(change), change.Index.Status, "A record's status is a positive number.");
        }

        if (change is { IsLive: true, ExpiresAt: not null })
        {
            throw new ArgumentException($"The record of '{change.EntityId}' is live and expires: a live record is kept.", nameof(change));
        }
    }

    private static bool HasForbiddenCharacter(string entityId)
    {
        for (var i = 0; i < entityId.Length; i++)
        {
            var c = entityId[i];
            if (c is '{' or '}' || char.IsControl(c))
            {
                return true;
            }

            if (char.IsSurrogate(c))
            {
                // Half a pair has no UTF-8 form: two such ids could become one.
                if (i + 1 == entityId.Length || !char.IsSurrogatePair(c, entityId[i + 1]))
                {
                    return true;
                }

                i++;
            }
        }

        return false;
    }
}
