namespace FlowerPower.Storage;

/// <summary>A record as a row, in the order of <see cref="Columns"/>.</summary>
internal static class RecordRow
{
    public const string Columns = "shard, id, version, live, status, grp, queue, sort_at, expires_at, sum";

    /// <summary>The columns and the body, which stands last so that reading without it does not touch its pages.</summary>
    public const string ColumnsAndBody = Columns + ", body";

    /// <summary>The record in the row.</summary>
    /// <param name="withBody">The row has its body; only then can its checksum be compared.</param>
    /// <exception cref="StoreCorruptException">It is not what was written.</exception>
    public static StoredRecord Read(Statement.Run row, bool withBody, string path)
    {
        var shard = (int)row.Number(0);
        var expiresAt = row.IsNull(8) ? (DateTimeOffset?)null : At(row.Number(8), path);
        var record = new StoredRecord(
            row.Text(1),
            row.Number(2),
            row.Number(3) != 0,
            new RecordIndex((int)row.Number(4), row.Text(5), row.Text(6), At(row.Number(7), path)),
            expiresAt,
            withBody ? row.Blob(10).ToArray() : default);
        if (withBody && row.Number(9) != Checksum.OfRecord(
            shard, record.EntityId, record.Version, record.IsLive, record.Index, expiresAt, record.Body.Span))
        {
            throw SqliteCorruption.Of(path, $"the record of '{record.EntityId}' in shard {shard} is not what was written");
        }

        return record;
    }

    private static DateTimeOffset At(long ticks, string path) =>
        ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw SqliteCorruption.Of(path, $"{ticks} is not an instant");
}
