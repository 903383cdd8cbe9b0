using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace FlowerPower.Storage;

/// <summary>CRC-32C over what is stored, so that bytes which the disk or another program changed are found when they are read.</summary>
/// <remarks>The Castagnoli polynomial, because processors compute it; initial value and final xor as in iSCSI (RFC 3720, appendix B.4).</remarks>
internal static class Checksum
{
    private const uint Seed = uint.MaxValue;

    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Add(Seed, bytes);

    /// <summary>The running sum of an entry's bytes; <see cref="OfEntry"/> finishes it once the entry's place is known.</summary>
    public static uint BeginEntry(ReadOnlySpan<byte> events) => Add(Seed, events);

    /// <summary>A log entry's checksum: its bytes and its place, so that an entry in a wrong place is found too.</summary>
    public static uint OfEntry(uint begun, int shard, long sequence, BatchToken token)
    {
        Span<byte> place = stackalloc byte[28];
        BinaryPrimitives.WriteInt32LittleEndian(place, shard);
        BinaryPrimitives.WriteInt64LittleEndian(place[4..], sequence);
        token.Value.TryWriteBytes(place[12..]);
        return ~Add(begun, place);
    }

    /// <summary>A record's checksum: its body and all that is stored beside it.</summary>
    public static uint OfRecord(
        int shard, string entityId, long version, bool isLive, RecordIndex index, DateTimeOffset? expiresAt, ReadOnlySpan<byte> body)
    {
        Span<byte> numbers = stackalloc byte[37];
        BinaryPrimitives.WriteInt32LittleEndian(numbers, shard);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[4..], version);
        numbers[12] = isLive ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(numbers[13..], index.Status);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[21..], index.SortAt.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[29..], expiresAt?.UtcTicks ?? -1);
        var sum = Add(Add(Seed, body), numbers);
        sum = AddText(sum, entityId);
        sum = AddText(sum, index.Group);
        return ~AddText(sum, index.Queue);
    }

    private static uint AddText(uint sum, string text)
    {
        Span<byte> buffer = stackalloc byte[512];
        ReadOnlySpan<byte> bytes = text.Length <= buffer.Length / 3
            ? buffer[..Encoding.UTF8.GetBytes(text, buffer)]
            : Encoding.UTF8.GetBytes(text);
        // The length keeps "ab" + "c" apart from "a" + "bc".
        return BitOperations.Crc32C(Add(sum, bytes), (uint)bytes.Length);
    }

    private static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            sum = BitOperations.Crc32C(sum, b);
        }

        return sum;
    }
}
