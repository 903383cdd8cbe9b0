using System.Buffers;

namespace FlowerPower.Node.Jobs;

/// <summary>Byte strings, one behind the other in large segments that are lent from the shared pool, and given back when all in them are removed.</summary>
internal sealed class PackedBytes
{
    private const int SegmentBytes = 64 << 10; // below what the collector keeps apart as large objects

    private Segment? last;

    /// <summary>Bytes in use.</summary>
    public long Length { get; private set; }

    /// <summary>Copies them behind all others.</summary>
    /// <returns>Where they are until they are removed.</returns>
    public Place Add(ReadOnlySpan<byte> bytes)
    {
        if (last is null || last.Bytes.Length - last.Used < bytes.Length)
        {
            Release(last);
            last = new Segment(ArrayPool<byte>.Shared.Rent(Math.Max(SegmentBytes, bytes.Length))) { Users = 1 };
        }

        bytes.CopyTo(last.Bytes.AsSpan(last.Used));
        var place = new Place(last, last.Used, bytes.Length);
        last.Used += bytes.Length;
        last.Users++;
        Length += bytes.Length;
        return place;
    }

    /// <summary>One is not needed any more: nobody may read it from here on.</summary>
    public void Remove(Place place)
    {
        Length -= place.Length;
        Release(place.Segment);
    }

    /// <summary>Each byte string in it uses a segment, and so does being the one that is filled.</summary>
    private static void Release(Segment? segment)
    {
        if (segment is not null && --segment.Users == 0)
        {
            ArrayPool<byte>.Shared.Return(segment.Bytes);
        }
    }

    /// <summary>A byte string.</summary>
    internal readonly record struct Place(Segment Segment, int Start, int Length)
    {
        public ReadOnlyMemory<byte> Bytes => Segment.Bytes.AsMemory(Start, Length);
    }

    internal sealed class Segment(byte[] bytes)
    {
        public byte[] Bytes => bytes;

        public int Used { get; set; }

        public int Users { get; set; }
    }
}
