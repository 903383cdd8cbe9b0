namespace FlowerPower.Storage;

/// <summary>One shard of an <see cref="InMemoryShardStore"/>: its head, its log as bytes, and which of its records are live or expire.</summary>
internal sealed class InMemoryShard
{
    /// <summary>A log entry as it would stand on a disk.</summary>
    public sealed record Entry(long Sequence, BatchToken Token, uint Sum, byte[] Events);

    public ShardHead Head { get; set; } = new(null, 0, BatchToken.Start, 0);

    /// <summary>The log without what was cut, oldest first.</summary>
    public List<Entry> Log { get; private init; } = [];

    public Dictionary<string, StoredRecord> Records { get; private init; } = new(StringComparer.Ordinal);

    public SortedSet<string> Live { get; private init; } = new(EntityOrder.Instance);

    public SortedSet<(DateTimeOffset At, string EntityId)> Expiry { get; private init; } = new(ByInstantThenId);

    private static readonly Comparer<(DateTimeOffset At, string EntityId)> ByInstantThenId = Comparer<(DateTimeOffset At, string EntityId)>.Create(
        (x, y) => x.At.CompareTo(y.At) is var order and not 0 ? order : EntityOrder.Instance.Compare(x.EntityId, y.EntityId));

    /// <summary>A copy that shares only what never changes.</summary>
    public InMemoryShard Copy() => new()
    {
        Head = Head,
        Log = [.. Log],
        Records = new Dictionary<string, StoredRecord>(Records, StringComparer.Ordinal),
        Live = new SortedSet<string>(Live, EntityOrder.Instance),
        Expiry = new SortedSet<(DateTimeOffset At, string EntityId)>(Expiry, ByInstantThenId),
    };

    /// <summary>Puts a record in the place of the entity's former one.</summary>
    /// <returns>The former record.</returns>
    public StoredRecord? Put(StoredRecord record)
    {
        var former = Remove(record.EntityId);
        Records.Add(record.EntityId, record);
        if (record.IsLive)
        {
            Live.Add(record.EntityId);
        }

        if (record.ExpiresAt is { } at)
        {
            Expiry.Add((at, record.EntityId));
        }

        return former;
    }

    /// <summary>Takes an entity's record away.</summary>
    /// <returns>The record; <see langword="null"/> if there was none.</returns>
    public StoredRecord? Remove(string entityId)
    {
        if (!Records.Remove(entityId, out var former))
        {
            return null;
        }

        Live.Remove(entityId);
        if (former.ExpiresAt is { } at)
        {
            Expiry.Remove((at, entityId));
        }

        return former;
    }

    /// <summary>The log after a sequence number, without a walk through what is before it.</summary>
    public IEnumerable<Entry> LogAfter(long sequence) =>
        Log.Count == 0 ? [] : Log.Skip((int)Math.Clamp(sequence - Log[0].Sequence + 1, 0, Log.Count));

    /// <summary>Drops log entries from the old end.</summary>
    public void CutLog() => Log.RemoveRange(0, Log.Count - LogAfter(Head.CutThrough).Count());
}
