using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>A batch as bytes, for this process alone: nothing that is stored or sent has this form.</summary>
internal static class BatchPacking
{
    private const int MostKept = 1 << 20;

    [ThreadStatic]
    private static BinaryWriter? scratch; // one that grew for a large batch is not kept

    /// <summary>Packs a batch.</summary>
    /// <returns>Good until this thread packs the next one.</returns>
    public static ReadOnlySpan<byte> Pack(ShardBatch batch)
    {
        var to = scratch is { BaseStream: MemoryStream { Capacity: <= MostKept } } ? scratch : scratch = new BinaryWriter(new MemoryStream());
        to.Seek(0, SeekOrigin.Begin);
        to.Write7BitEncodedInt(batch.Shard);
        Write(to, batch.Claim.Value);
        Write(to, batch.Previous.Value);
        Write(to, batch.Token.Value);
        to.Write(batch.CutThrough ?? -1);
        to.Write7BitEncodedInt(batch.Events.Count);
        for (var i = 0; i < batch.Events.Count; i++)
        {
            var e = batch.Events[i];
            to.Write(e.EntityId);
            to.Write7BitEncodedInt64(e.Version);
            to.Write(e.Type);
            Write(to, e.Payload);
        }

        to.Write7BitEncodedInt(batch.Records.Count);
        for (var i = 0; i < batch.Records.Count; i++)
        {
            Write(to, batch.Records[i]);
        }

        return ((MemoryStream)to.BaseStream).GetBuffer().AsSpan(0, (int)to.BaseStream.Position);
    }

    /// <summary>The batch again.</summary>
    public static ShardBatch Unpack(ReadOnlyMemory<byte> bytes)
    {
        using var from = new BinaryReader(new MemoryStream(bytes.ToArray()));
        return new ShardBatch
        {
            Shard = from.Read7BitEncodedInt(),
            Claim = new ClaimId(ReadGuid(from)),
            Previous = new BatchToken(ReadGuid(from)),
            Token = new BatchToken(ReadGuid(from)),
            CutThrough = from.ReadInt64() is var cut and >= 0 ? cut : null,
            Events = Many(from, () => new EventFrame(from.ReadString(), from.Read7BitEncodedInt64(), from.ReadString(), ReadBytes(from))),
            Records = Many(from, () => ReadRecord(from)),
        };
    }

    private static void Write(BinaryWriter to, RecordChange record)
    {
        to.Write(record.EntityId);
        to.Write7BitEncodedInt64(record.Version);
        to.Write(record.IsLive);
        to.Write(record.Index is not null);
        if (record.Index is { } index)
        {
            to.Write7BitEncodedInt(index.Status);
            to.Write(index.Group);
            to.Write(index.Queue);
            Write(to, index.SortAt);
        }

        to.Write(record.ExpiresAt is not null);
        if (record.ExpiresAt is { } expires)
        {
            Write(to, expires);
        }

        Write(to, record.Body);
    }

    private static RecordChange ReadRecord(BinaryReader from) => new(
        from.ReadString(),
        from.Read7BitEncodedInt64(),
        from.ReadBoolean(),
        from.ReadBoolean() ? new RecordIndex(from.Read7BitEncodedInt(), from.ReadString(), from.ReadString(), ReadInstant(from)) : null,
        from.ReadBoolean() ? ReadInstant(from) : null,
        ReadBytes(from));

    private static void Write(BinaryWriter to, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes);
        to.Write(bytes);
    }

    private static Guid ReadGuid(BinaryReader from) => new(from.ReadBytes(16));

    private static void Write(BinaryWriter to, DateTimeOffset instant)
    {
        to.Write(instant.Ticks);
        to.Write(instant.Offset.Ticks);
    }

    private static DateTimeOffset ReadInstant(BinaryReader from) => new(from.ReadInt64(), new TimeSpan(from.ReadInt64()));

    private static void Write(BinaryWriter to, ReadOnlyMemory<byte> bytes)
    {
        to.Write7BitEncodedInt(bytes.Length);
        to.Write(bytes.Span);
    }

    private static ReadOnlyMemory<byte> ReadBytes(BinaryReader from) => from.ReadBytes(from.Read7BitEncodedInt());

    private static List<T> Many<T>(BinaryReader from, Func<T> read)
    {
        var count = from.Read7BitEncodedInt();
        var items = new List<T>(count);
        while (items.Count < count)
        {
            items.Add(read());
        }

        return items;
    }
}
