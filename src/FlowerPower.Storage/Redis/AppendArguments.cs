using System.Buffers.Binary;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>A batch as the arguments of the append script, and a log entry as the script left it.</summary>
/// <remarks>
/// <code>
/// entry := sequence token sum events     sequence: 8 bytes, big-endian, put there by the script; token: 16 bytes; sum: CRC-32C of
///                                        events, shard and token, 4 bytes, little-endian; events: see LogEntryFormat
/// </code>
/// The sum does not cover the sequence number, which only the script knows; that an entry stands where its number says is checked when it is read.
/// </remarks>
internal static class AppendArguments
{
    private const int EntryHead = 8 + 16 + 4;

    public static RedisValue[] Of(ShardBatch batch)
    {
        var names = new Dictionary<RecordBucket, int>();
        foreach (var change in batch.Records)
        {
            if (change.Index is { } index)
            {
                names.TryAdd(RecordBucket.Of(index), names.Count + 1);
            }
        }

        var changes = InOrder(batch.Records, names);
        var arguments = new RedisValue[6 + names.Count + (3 * changes.Count)];
        arguments[0] = batch.Claim.ToString();
        arguments[1] = batch.Previous.ToString();
        arguments[2] = batch.Token.ToString();
        arguments[3] = batch.CutThrough is { } cut ? cut : "";
        arguments[4] = EntryOf(batch);
        arguments[5] = names.Count;
        foreach (var (bucket, number) in names)
        {
            arguments[5 + number] = bucket.Name;
        }

        var at = 6 + names.Count;
        foreach (var change in changes)
        {
            arguments[at++] = change.EntityId;
            arguments[at++] = change.Index is { } index ? names[RecordBucket.Of(index)] : 0;
            arguments[at++] = change.Index is { } of ? RecordFormat.Encode(batch.Shard, change, of) : "";
        }

        return arguments;
    }

    /// <summary>Each entity's last change, in the order of the index: neighbours there are written together.</summary>
    private static IReadOnlyList<RecordChange> InOrder(IReadOnlyList<RecordChange> records, Dictionary<RecordBucket, int> names)
    {
        if (records.Count < 2)
        {
            return records;
        }

        var last = new Dictionary<string, RecordChange>(records.Count);
        foreach (var change in records)
        {
            last[change.EntityId] = change;
        }

        var changes = new (int Bucket, RecordChange Change)[last.Count];
        var at = 0;
        foreach (var change in last.Values)
        {
            changes[at++] = (change.Index is { } index ? names[RecordBucket.Of(index)] : 0, change);
        }

        Array.Sort(changes, static (a, b) =>
            a.Bucket != b.Bucket ? a.Bucket - b.Bucket
            : (a.Change.Index?.SortAt ?? default).CompareTo(b.Change.Index?.SortAt ?? default) is var order and not 0 ? order
            : EntityOrder.Instance.Compare(a.Change.EntityId, b.Change.EntityId));
        return Array.ConvertAll(changes, c => c.Change);
    }

    /// <summary>A log entry again.</summary>
    /// <exception cref="FormatException">The bytes are not the ones that were written.</exception>
    public static LogEntry Entry(int shard, byte[] bytes)
    {
        if (bytes.Length < EntryHead)
        {
            throw new FormatException("an entry is cut short");
        }

        var sequence = BinaryPrimitives.ReadInt64BigEndian(bytes);
        var token = new BatchToken(new Guid(bytes.AsSpan(8, 16)));
        var events = bytes.AsMemory(EntryHead);
        var sum = Checksum.OfEntry(Checksum.BeginEntry(events.Span), shard, 0, token);
        return sum == BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(24))
            ? new LogEntry(sequence, token, LogEntryFormat.Decode(events))
            : throw new FormatException($"the bytes of entry {sequence} are not those that were written");
    }

    private static byte[] EntryOf(ShardBatch batch)
    {
        var events = LogEntryFormat.Encode(batch.Events);
        var entry = new byte[EntryHead - 8 + events.Length];
        batch.Token.Value.TryWriteBytes(entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), Checksum.OfEntry(Checksum.BeginEntry(events), batch.Shard, 0, batch.Token));
        events.CopyTo(entry, 20);
        return entry;
    }
}
