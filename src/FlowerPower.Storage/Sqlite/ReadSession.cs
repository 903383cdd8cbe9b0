namespace FlowerPower.Storage;

/// <summary>A connection that only reads: one call at a time, each in one snapshot of the file.</summary>
internal sealed class ReadSession : IDisposable
{
    private readonly Database database;
    private readonly ListReader list;
    private readonly Statement readHead;
    private readonly Statement readLog;
    private readonly Statement readLive;
    private readonly Statement readRecord;
    private readonly Statement readTally;

    /// <param name="database">The session's own connection, closed with it.</param>
    public ReadSession(Database database)
    {
        this.database = database;
        list = new ListReader(database);
        readHead = database.Prepare(HeadRow.Select);
        readLog = database.Prepare("SELECT place, token, sum, events FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT ?3");
        readLive = database.Prepare(
            $"SELECT {RecordRow.ColumnsAndBody} FROM record INDEXED BY record_live "
            + "WHERE live = 1 AND shard = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        readRecord = database.Prepare($"SELECT {RecordRow.ColumnsAndBody} FROM record WHERE shard = ?1 AND id = ?2");
        readTally = database.Prepare("SELECT status, records FROM tally WHERE records > 0");
    }

    public ShardHead Head(int shard) => HeadRow.Read(readHead, shard, database.Path);

    public LogPage Log(int shard, long after, int maxEntries) => InSnapshot(() => LogNow(shard, after, maxEntries));

    public IReadOnlyList<StoredRecord> Live(int shard, string? after, int maxRecords)
    {
        var records = new List<StoredRecord>();
        using var rows = readLive.Begin();
        rows.Bind(1, shard);
        rows.Bind(2, after ?? "");
        rows.Bind(3, maxRecords);
        while (rows.Step())
        {
            records.Add(RecordRow.Read(rows, withBody: true, database.Path));
        }

        return records;
    }

    public StoredRecord? Record(int shard, string entityId)
    {
        using var row = readRecord.Begin();
        row.Bind(1, shard);
        row.Bind(2, entityId);
        return row.Step() ? RecordRow.Read(row, withBody: true, database.Path) : null;
    }

    public IReadOnlyDictionary<int, long> Tally()
    {
        var tally = new Dictionary<int, long>();
        using var rows = readTally.Begin();
        while (rows.Step())
        {
            tally.Add((int)rows.Number(0), rows.Number(1));
        }

        return tally;
    }

    public RecordPage List(RecordQuery query) => InSnapshot(() => list.Page(query, Tally().Keys));

    public void Dispose() => database.Dispose();

    /// <summary>Run several statements in one snapshot; one alone has its own.</summary>
    private T InSnapshot<T>(Func<T> read)
    {
        database.Execute("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            database.RollBack();
        }
    }

    private LogPage LogNow(int shard, long after, int maxEntries)
    {
        var head = Head(shard);
        var entries = new List<LogEntry>();
        using (var rows = readLog.Begin())
        {
            rows.Bind(1, SqliteSchema.LogPlace(shard, Math.Max(after, head.CutThrough) + 1));
            rows.Bind(2, SqliteSchema.LogPlace(shard, head.Sequence));
            rows.Bind(3, maxEntries);
            while (rows.Step())
            {
                entries.Add(Entry(rows, shard));
            }
        }

        return ShardRules.Gap(head, after, entries, entries.Count == maxEntries) is { } gap
            ? throw SqliteCorruption.Of(database.Path, $"the log of shard {shard} is broken: {gap}")
            : new LogPage(entries);
    }

    private LogEntry Entry(Statement.Run row, int shard)
    {
        var sequence = row.Number(0) & ((1L << SqliteSchema.SequenceBits) - 1);
        try
        {
            var token = new BatchToken(row.Id(1));
            var events = row.Blob(3).ToArray();
            return row.Number(2) == Checksum.OfEntry(Checksum.BeginEntry(events), shard, sequence, token)
                ? new LogEntry(sequence, token, LogEntryFormat.Decode(events))
                : throw new FormatException("the bytes are not those that were written");
        }
        catch (FormatException e)
        {
            throw SqliteCorruption.Of(database.Path, $"entry {sequence} in the log of shard {shard}: {e.Message}", e);
        }
    }
}
