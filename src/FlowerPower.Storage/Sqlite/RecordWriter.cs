using System.Text;

namespace FlowerPower.Storage;

/// <summary>The record table's writes, and the tally of statuses that goes with them, inside the caller's transaction.</summary>
internal sealed class RecordWriter(Database database)
{
    /// <summary>The columns that indexes contain. A write that leaves one alone leaves its indexes alone.</summary>
    [Flags]
    private enum Columns
    {
        None = 0,
        Live = 1,
        Status = 2,
        Group = 4,
        Queue = 8,
        SortAt = 16,
        ExpiresAt = 32,
    }

    private readonly Statement find = database.Prepare(
        "SELECT place, live, status, grp, queue, sort_at, expires_at FROM record WHERE shard = ?1 AND id = ?2");

    private readonly Statement insert = database.Prepare(
        "INSERT INTO record (version, sum, body, live, status, grp, queue, sort_at, expires_at, shard, id) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

    private readonly Statement delete = database.Prepare("DELETE FROM record WHERE place = ?1");

    private readonly Statement findExpired = database.Prepare(
        "SELECT place, status FROM record INDEXED BY record_expiry WHERE shard = ?1 AND expires_at <= ?2 ORDER BY expires_at LIMIT ?3");

    private readonly Statement addTally = database.Prepare(
        "INSERT INTO tally VALUES (?1, ?2) ON CONFLICT (status) DO UPDATE SET records = records + ?2");

    private readonly Statement?[] updates = new Statement?[64];
    private readonly Dictionary<int, long> tally = [];

    /// <summary>Write or delete a record.</summary>
    /// <param name="sum">Its checksum; of no use for a deletion.</param>
    public void Apply(int shard, RecordChange change, uint sum)
    {
        var (place, formerStatus, changed) = Find(shard, change);
        if (place is { } former)
        {
            Count(formerStatus, -1);
        }

        if (change.Index is not { } index)
        {
            if (place is { } gone)
            {
                Delete(gone);
            }

            return;
        }

        Count(index.Status, 1);
        using var run = (place is null ? insert : Update(changed)).Begin();
        run.Bind(1, change.Version);
        run.Bind(2, sum);
        run.Bind(3, change.Body.Span);
        BindIndexed(run, change, index, place is null ? ~Columns.None : changed);
        if (place is { } known)
        {
            run.Bind(10, known);
        }
        else
        {
            run.Bind(10, shard);
            run.Bind(11, change.EntityId);
        }

        run.Execute();
    }

    /// <summary>Delete expired records, the longest expired first.</summary>
    /// <returns>The number deleted.</returns>
    public int Prune(int shard, DateTimeOffset now, int maxRecords)
    {
        List<(long Place, int Status)> expired = [];
        using (var run = findExpired.Begin())
        {
            run.Bind(1, shard);
            run.Bind(2, now.UtcTicks);
            run.Bind(3, maxRecords);
            while (run.Step())
            {
                expired.Add((run.Number(0), (int)run.Number(1)));
            }
        }

        foreach (var (place, status) in expired)
        {
            Delete(place);
            Count(status, -1);
        }

        return expired.Count;
    }

    /// <summary>Write the tally of this transaction; call it before the commit.</summary>
    public void FlushTally()
    {
        foreach (var (status, difference) in tally)
        {
            if (difference != 0)
            {
                using var run = addTally.Begin();
                run.Bind(1, status);
                run.Bind(2, difference);
                run.Execute();
            }
        }

        tally.Clear();
    }

    /// <summary>Forget the tally of a transaction that was rolled back.</summary>
    public void ForgetTally() => tally.Clear();

    private void Count(int status, int difference) => tally[status] = tally.GetValueOrDefault(status) + difference;

    private void Delete(long place)
    {
        using var run = delete.Begin();
        run.Bind(1, place);
        run.Execute();
    }

    private (long? Place, int Status, Columns Changed) Find(int shard, RecordChange change)
    {
        using var row = find.Begin();
        row.Bind(1, shard);
        row.Bind(2, change.EntityId);
        if (!row.Step())
        {
            return (null, 0, Columns.None);
        }

        var changed = Columns.None;
        if (change.Index is { } index)
        {
            var expiresAt = row.IsNull(6) ? (long?)null : row.Number(6);
            changed = (row.Number(1) != 0 == change.IsLive ? 0 : Columns.Live)
                | (row.Number(2) == index.Status ? 0 : Columns.Status)
                | (IsText(row.Blob(3), index.Group) ? 0 : Columns.Group)
                | (IsText(row.Blob(4), index.Queue) ? 0 : Columns.Queue)
                | (row.Number(5) == index.SortAt.UtcTicks ? 0 : Columns.SortAt)
                | (expiresAt == change.ExpiresAt?.UtcTicks ? 0 : Columns.ExpiresAt);
        }

        return (row.Number(0), (int)row.Number(2), changed);
    }

    private Statement Update(Columns changed) => updates[(int)changed] ??= database.Prepare(
        "UPDATE record SET version = ?1, sum = ?2, body = ?3"
        + (changed.HasFlag(Columns.Live) ? ", live = ?4" : "")
        + (changed.HasFlag(Columns.Status) ? ", status = ?5" : "")
        + (changed.HasFlag(Columns.Group) ? ", grp = ?6" : "")
        + (changed.HasFlag(Columns.Queue) ? ", queue = ?7" : "")
        + (changed.HasFlag(Columns.SortAt) ? ", sort_at = ?8" : "")
        + (changed.HasFlag(Columns.ExpiresAt) ? ", expires_at = ?9" : "")
        + " WHERE place = ?10");

    private static void BindIndexed(Statement.Run run, RecordChange change, RecordIndex index, Columns columns)
    {
        if (columns.HasFlag(Columns.Live))
        {
            run.Bind(4, change.IsLive ? 1 : 0);
        }

        if (columns.HasFlag(Columns.Status))
        {
            run.Bind(5, index.Status);
        }

        if (columns.HasFlag(Columns.Group))
        {
            run.Bind(6, index.Group);
        }

        if (columns.HasFlag(Columns.Queue))
        {
            run.Bind(7, index.Queue);
        }

        if (columns.HasFlag(Columns.SortAt))
        {
            run.Bind(8, index.SortAt.UtcTicks);
        }

        if (columns.HasFlag(Columns.ExpiresAt))
        {
            run.Bind(9, change.ExpiresAt?.UtcTicks);
        }
    }

    private static bool IsText(ReadOnlySpan<byte> stored, string text) =>
        Ascii.Equals(stored, text) || (stored.Length >= text.Length && Encoding.UTF8.GetString(stored) == text);
}
