namespace FlowerPower.Storage;

/// <summary>The records of all shards in the order of lists, and how many there are of each status.</summary>
internal sealed class InMemoryList
{
    private readonly SortedSet<Place> newestFirst = new(Comparer<Place>.Create(Compare));
    private readonly Dictionary<int, long> counts = [];

    /// <summary>Take note of a change of one record.</summary>
    public void Replace(int shard, StoredRecord? former, StoredRecord? record)
    {
        if (former is not null)
        {
            newestFirst.Remove(new Place(former.Index.SortAt, former.EntityId, shard, former));
            counts[former.Index.Status]--;
        }

        if (record is not null)
        {
            newestFirst.Add(new Place(record.Index.SortAt, record.EntityId, shard, record));
            counts[record.Index.Status] = counts.GetValueOrDefault(record.Index.Status) + 1;
        }
    }

    /// <summary>How many records there are of each status that any record has.</summary>
    public IReadOnlyDictionary<int, long> Counts() => counts.Where(c => c.Value > 0).ToDictionary();

    /// <summary>A page of the list.</summary>
    public RecordPage Page(RecordQuery query)
    {
        IEnumerable<Place> places = newestFirst;
        if (query.After is { } after)
        {
            if (newestFirst.Count == 0)
            {
                return new RecordPage([], null);
            }

            var from = new Place(after.SortAt, after.EntityId, int.MaxValue, null);
            if (Compare(from, newestFirst.Max) > 0)
            {
                return new RecordPage([], null);
            }

            places = newestFirst.GetViewBetween(from, newestFirst.Max);
        }

        var records = places
            .Select(p => p.Record!)
            .Where(r => (query.Status ?? r.Index.Status) == r.Index.Status
                && (query.Group ?? r.Index.Group) == r.Index.Group
                && (query.Queue ?? r.Index.Queue) == r.Index.Queue)
            .Take(query.Limit + 1)
            .Select(r => query.WithBodies ? r : r with { Body = default })
            .ToList();
        return RecordPages.Of(records, query.Limit);
    }

    private static int Compare(Place x, Place y)
    {
        var order = y.SortAt.CompareTo(x.SortAt);
        order = order != 0 ? order : EntityOrder.Instance.Compare(y.EntityId, x.EntityId);
        return order != 0 ? order : x.Shard.CompareTo(y.Shard);
    }

    private readonly record struct Place(DateTimeOffset SortAt, string EntityId, int Shard, StoredRecord? Record);
}
