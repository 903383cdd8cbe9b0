namespace FlowerPower.Storage;

/// <summary>The writer thread's side of the file: what each kind of write does inside the open transaction.</summary>
/// <remarks>The claim and the chain are read from the file in the same transaction that writes, so nothing in memory can disagree with it.</remarks>
internal sealed class WriteSession(Database database, IStoreFaults? faults)
{
    private readonly RecordWriter records = new(database);
    private readonly Statement readHead = database.Prepare(HeadRow.Select);
    private readonly Statement setOwner = database.Prepare("UPDATE shard SET node = ?2, claim = ?3 WHERE shard = ?1");
    private readonly Statement clearOwner = database.Prepare("UPDATE shard SET node = NULL, claim = NULL WHERE shard = ?1");
    private readonly Statement setChain = database.Prepare("UPDATE shard SET seq = ?2, token = ?3, cut = ?4 WHERE shard = ?1");
    private readonly Statement addEntry = database.Prepare("INSERT INTO log VALUES (?1, ?2, ?3, ?4)");
    private readonly Statement cutLog = database.Prepare("DELETE FROM log WHERE place BETWEEN ?1 AND ?2");
    private readonly Statement begin = database.Prepare("BEGIN IMMEDIATE");
    private readonly Statement commit = database.Prepare("COMMIT");

    public void Begin()
    {
        // Only if a roll-back failed: SQLite has no transaction in a transaction.
        database.RollBack();
        using var run = begin.Begin();
        run.Execute();
    }

    public void Commit()
    {
        records.FlushTally();
        using var run = commit.Begin();
        run.Execute();
    }

    public void RollBack()
    {
        records.ForgetTally();
        database.RollBack();
    }

    public ClaimOutcome Claim(int shard, ShardOwner mine, ClaimId? previous)
    {
        var head = Head(shard);
        if (!ShardRules.MayClaim(head.Owner, mine, previous))
        {
            return new ClaimOutcome.Held(head.Owner);
        }

        using var run = setOwner.Begin();
        run.Bind(1, shard);
        run.Bind(2, mine.Node);
        run.Bind(3, mine.Claim.Value);
        run.Execute();
        faults?.Reached(StoreStep.DuringWrite, StoreOperation.Claim, shard);
        return new ClaimOutcome.Granted(head with { Owner = mine });
    }

    public bool Release(int shard, ClaimId claim)
    {
        if (!ShardRules.Holds(Head(shard).Owner, claim))
        {
            return false;
        }

        using var run = clearOwner.Begin();
        run.Bind(1, shard);
        run.Execute();
        faults?.Reached(StoreStep.DuringWrite, StoreOperation.Release, shard);
        return true;
    }

    public AppendOutcome Append(EncodedBatch encoded)
    {
        var batch = encoded.Batch;
        var head = Head(batch.Shard);
        if (ShardRules.Refusal(head, batch) is { } refusal)
        {
            return refusal;
        }

        var after = ShardRules.After(head, batch);
        using (var run = addEntry.Begin())
        {
            run.Bind(1, SqliteSchema.LogPlace(batch.Shard, after.Sequence));
            run.Bind(2, batch.Token.Value);
            run.Bind(3, Checksum.OfEntry(encoded.BegunSum, batch.Shard, after.Sequence, batch.Token));
            run.Bind(4, encoded.Events);
            run.Execute();
        }

        faults?.Reached(StoreStep.DuringWrite, StoreOperation.Append, batch.Shard);
        for (var i = 0; i < batch.Records.Count; i++)
        {
            records.Apply(batch.Shard, batch.Records[i], encoded.RecordSums[i]);
        }

        if (after.CutThrough > head.CutThrough)
        {
            using var run = cutLog.Begin();
            run.Bind(1, SqliteSchema.LogPlace(batch.Shard, head.CutThrough + 1));
            run.Bind(2, SqliteSchema.LogPlace(batch.Shard, after.CutThrough));
            run.Execute();
        }

        using (var run = setChain.Begin())
        {
            run.Bind(1, batch.Shard);
            run.Bind(2, after.Sequence);
            run.Bind(3, after.Token.Value);
            run.Bind(4, after.CutThrough);
            run.Execute();
        }

        return new AppendOutcome.Stored(after.Sequence);
    }

    public int? Prune(int shard, ClaimId claim, DateTimeOffset now, int maxRecords)
    {
        if (!ShardRules.Holds(Head(shard).Owner, claim))
        {
            return null;
        }

        var deleted = records.Prune(shard, now, maxRecords);
        faults?.Reached(StoreStep.DuringWrite, StoreOperation.Prune, shard);
        return deleted;
    }

    private ShardHead Head(int shard) => HeadRow.Read(readHead, shard, database.Path);
}
