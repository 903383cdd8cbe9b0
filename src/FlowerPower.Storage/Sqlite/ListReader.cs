namespace FlowerPower.Storage;

/// <summary>Pages of lists: for each combination of filters a statement that walks an index in the list's order and stops at the limit.</summary>
/// <remarks>
/// The indexes of groups and queues contain the status. A list of a group in all statuses is one such walk per status, merged by
/// SQLite as it goes, so it too reads no more than it returns.
/// </remarks>
internal sealed class ListReader(Database database)
{
    private readonly Dictionary<Shape, Statement> statements = [];

    /// <summary>A page of a list.</summary>
    /// <param name="statuses">Every status that a record has.</param>
    public RecordPage Page(RecordQuery query, IEnumerable<int> statuses)
    {
        int[] arms = query.Status is { } one ? [one] : IsMerged(query) ? [.. statuses.Order()] : [];
        if (IsMerged(query) && arms.Length == 0)
        {
            return new RecordPage([], null);
        }

        using var rows = StatementFor(Shape.Of(query, arms.Length)).Begin();
        Bind(rows, query, arms);
        var records = new List<StoredRecord>();
        while (rows.Step())
        {
            records.Add(RecordRow.Read(rows, query.WithBodies, database.Path));
        }

        return RecordPages.Of(records, query.Limit);
    }

    /// <summary>The statement that answers a query, for tests of its plan.</summary>
    /// <param name="statuses">How many statuses there are.</param>
    public static string Sql(RecordQuery query, int statuses) =>
        Sql(Shape.Of(query, query.Status is not null ? 1 : IsMerged(query) ? statuses : 0));

    private static bool IsMerged(RecordQuery query) => query.Status is null && (query.Group ?? query.Queue) is not null;

    private static void Bind(Statement.Run rows, RecordQuery query, int[] arms)
    {
        // One record more than the page: whether there is a next one.
        rows.Bind(1, query.Limit + 1);
        if (query.Group is { } group)
        {
            rows.Bind(2, group);
        }

        if (query.Queue is { } queue)
        {
            rows.Bind(3, queue);
        }

        if (query.After is { } after)
        {
            rows.Bind(4, after.SortAt.UtcTicks);
            rows.Bind(5, after.EntityId);
        }

        for (var i = 0; i < arms.Length; i++)
        {
            rows.Bind(6 + i, arms[i]);
        }
    }

    private Statement StatementFor(Shape shape)
    {
        if (!statements.TryGetValue(shape, out var statement))
        {
            statement = database.Prepare(Sql(shape));
            statements.Add(shape, statement);
        }

        return statement;
    }

    private static string Sql(Shape shape)
    {
        var columns = shape.WithBodies ? RecordRow.ColumnsAndBody : RecordRow.Columns;
        var index = shape switch
        {
            { HasGroup: true } => "record_group",
            { HasQueue: true } => "record_queue",
            { Arms: > 0 } => "record_status",
            _ => "record_newest",
        };
        var common = (shape.HasGroup ? " AND grp = ?2" : "")
            + (shape.HasQueue ? " AND queue = ?3" : "")
            + (shape.IsContinued ? " AND (sort_at, id) < (?4, ?5)" : "");
        var arms = Enumerable.Range(0, Math.Max(shape.Arms, 1)).Select(i =>
            $"SELECT {columns} FROM record INDEXED BY {index} WHERE {(shape.Arms > 0 ? $"status = ?{6 + i}" : "1")}{common}");
        return string.Join(" UNION ALL ", arms) + " ORDER BY sort_at DESC, id DESC LIMIT ?1";
    }

    private readonly record struct Shape(int Arms, bool HasGroup, bool HasQueue, bool IsContinued, bool WithBodies)
    {
        public static Shape Of(RecordQuery query, int arms) =>
            new(arms, query.Group is not null, query.Queue is not null, query.After is not null, query.WithBodies);
    }
}
