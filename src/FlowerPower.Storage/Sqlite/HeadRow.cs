namespace FlowerPower.Storage;

/// <summary>A shard's head as a row of its table, for the writer and for readers.</summary>
internal static class HeadRow
{
    public const string Select = "SELECT node, claim, seq, token, cut FROM shard WHERE shard = ?1";

    /// <exception cref="StoreCorruptException">The row is not there, or is not a head.</exception>
    public static ShardHead Read(Statement select, int shard, string path)
    {
        using var row = select.Begin();
        row.Bind(1, shard);
        if (!row.Step())
        {
            throw SqliteCorruption.Of(path, $"the head of shard {shard} is missing");
        }

        try
        {
            var owner = row.IsNull(1) ? null : new ShardOwner(row.Text(0), new ClaimId(row.Id(1)));
            return new ShardHead(owner, row.Number(2), new BatchToken(row.Id(3)), row.Number(4));
        }
        catch (FormatException e)
        {
            throw SqliteCorruption.Of(path, $"in the head of shard {shard} {e.Message}", e);
        }
    }
}
