using System.Buffers.Binary;

namespace FlowerPower.Storage;

/// <summary>A record as Redis keeps it.</summary>
/// <remarks>
/// <code>
/// value   := bucket flags sortAt [expiresAt] version sum body
/// bucket  := two bytes, big-endian; or four whose first four bits are ones. The script puts it before the rest.
/// flags   := one byte: 1 live, 2 expires, 16 this format
/// sortAt, expiresAt := UTC ticks (100 ns since year 1), 8 bytes, big-endian, so that they sort as bytes
/// version := 1 to 10 bytes, 7 bits each, lowest first; the top bit says that more follow
/// sum     := CRC-32C, 4 bytes, little-endian, of the body and all that stands beside it
/// </code>
/// </remarks>
internal static class RecordFormat
{
    private const byte IsLive = 1;
    private const byte Expires = 2;
    private const byte Format = 16;

    /// <summary>The value without its bucket.</summary>
    public static byte[] Encode(int shard, RecordChange change, RecordIndex index)
    {
        Span<byte> head = stackalloc byte[1 + 8 + 8 + 10 + 4];
        head[0] = (byte)(Format | (change.IsLive ? IsLive : 0) | (change.ExpiresAt is null ? 0 : Expires));
        BinaryPrimitives.WriteInt64BigEndian(head[1..], index.SortAt.UtcTicks);
        var at = 9;
        if (change.ExpiresAt is { } expires)
        {
            BinaryPrimitives.WriteInt64BigEndian(head[at..], expires.UtcTicks);
            at += 8;
        }

        var version = (ulong)change.Version;
        for (; version >= 0x80; version >>= 7)
        {
            head[at++] = (byte)(version | 0x80);
        }

        head[at++] = (byte)version;
        var sum = Checksum.OfRecord(shard, change.EntityId, change.Version, change.IsLive, index, change.ExpiresAt, change.Body.Span);
        BinaryPrimitives.WriteUInt32LittleEndian(head[at..], sum);
        at += 4;
        var value = new byte[at + change.Body.Length];
        head[..at].CopyTo(value);
        change.Body.Span.CopyTo(value.AsSpan(at));
        return value;
    }

    /// <summary>The number of a value's bucket.</summary>
    /// <exception cref="FormatException">The value is too short.</exception>
    public static int BucketOf(ReadOnlySpan<byte> value) =>
        value.Length < 4 ? throw new FormatException("it is cut short")
        : value[0] < 0xF0 ? BinaryPrimitives.ReadUInt16BigEndian(value)
        : (int)(BinaryPrimitives.ReadUInt32BigEndian(value) - 0xF000_0000);

    /// <summary>A bucket's number as bytes.</summary>
    public static byte[] Code(int bucket)
    {
        var code = new byte[bucket < 0xF000 ? 2 : 4];
        if (code.Length == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(code, (ushort)bucket);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(code, 0xF000_0000 + (uint)bucket);
        }

        return code;
    }

    /// <summary>The record again; its body is a slice of the value.</summary>
    /// <exception cref="FormatException">The value is not a record, or not the one that was written.</exception>
    public static StoredRecord Decode(int shard, string entityId, ReadOnlyMemory<byte> value, RecordBucket bucket, bool withBody)
    {
        var span = value.Span;
        var at = span[0] < 0xF0 ? 2 : 4;
        Need(span, at + 1 + 8);
        var flags = span[at++];
        if ((flags & 0xF0) != Format)
        {
            throw new FormatException($"it has format {flags >> 4}, and this version reads format {Format >> 4}");
        }

        var sortAt = Instant(span[at..]);
        at += 8;
        DateTimeOffset? expiresAt = null;
        if ((flags & Expires) != 0)
        {
            Need(span, at + 8);
            expiresAt = Instant(span[at..]);
            at += 8;
        }

        ulong version = 0;
        for (var shift = 0; ; shift += 7)
        {
            Need(span, at + 1);
            version |= (ulong)(span[at] & 0x7F) << shift;
            if (span[at++] < 0x80)
            {
                break;
            }
        }

        Need(span, at + 4);
        var sum = BinaryPrimitives.ReadUInt32LittleEndian(span[at..]);
        var body = value[(at + 4)..];
        var index = new RecordIndex(bucket.Status, bucket.Group, bucket.Queue, sortAt);
        var isLive = (flags & IsLive) != 0;
        return Checksum.OfRecord(shard, entityId, (long)version, isLive, index, expiresAt, body.Span) == sum
            ? new StoredRecord(entityId, (long)version, isLive, index, expiresAt, withBody ? body : default)
            : throw new FormatException("its bytes are not those that were written");
    }

    private static void Need(ReadOnlySpan<byte> value, int length)
    {
        if (value.Length < length)
        {
            throw new FormatException("it is cut short");
        }
    }

    private static DateTimeOffset Instant(ReadOnlySpan<byte> bytes)
    {
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new FormatException("it has an instant outside the calendar");
    }
}
