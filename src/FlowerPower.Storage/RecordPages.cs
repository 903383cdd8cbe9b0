namespace FlowerPower.Storage;

/// <summary>How a page of a list is made from one record more than it may hold.</summary>
internal static class RecordPages
{
    /// <summary>The page, and a cursor if there was one record more.</summary>
    /// <param name="records">At most <paramref name="limit"/> + 1; shortened to the page.</param>
    public static RecordPage Of(List<StoredRecord> records, int limit)
    {
        if (records.Count <= limit)
        {
            return new RecordPage(records, null);
        }

        records.RemoveRange(limit, records.Count - limit);
        return new RecordPage(records, new RecordCursor(records[^1].Index.SortAt, records[^1].EntityId));
    }
}
