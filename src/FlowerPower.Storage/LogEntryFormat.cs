using System.Text;

namespace FlowerPower.Storage;

/// <summary>The events of one log entry as bytes.</summary>
/// <remarks>
/// <code>
/// entry   := format count frame*          format: one byte, 1
/// frame   := id version type payload      in the order of the batch
/// id      := text      version := number      type := text      payload := number byte*
/// text    := number byte*                 the number of bytes, then UTF-8
/// count   := number
/// number  := 1 to 10 bytes, 7 bits each, lowest first; the top bit says that more follow
/// </code>
/// A later format gets another first byte; this one is read for ever. The checksum stands beside the entry, not in it.
/// </remarks>
internal static class LogEntryFormat
{
    private const byte Format = 1;

    /// <summary>The events as bytes; they are copied, so the caller may reuse its buffers.</summary>
    public static byte[] Encode(IReadOnlyList<EventFrame> events)
    {
        var size = 1 + SizeOf((ulong)events.Count);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            size += SizeOfText(e.EntityId) + SizeOf((ulong)e.Version) + SizeOfText(e.Type);
            size += SizeOf((ulong)e.Payload.Length) + e.Payload.Length;
        }

        var bytes = new byte[size];
        bytes[0] = Format;
        var at = Write(bytes, 1, (ulong)events.Count);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            at = WriteText(bytes, at, e.EntityId);
            at = Write(bytes, at, (ulong)e.Version);
            at = WriteText(bytes, at, e.Type);
            at = Write(bytes, at, (ulong)e.Payload.Length);
            e.Payload.Span.CopyTo(bytes.AsSpan(at));
            at += e.Payload.Length;
        }

        return bytes;
    }

    /// <summary>The events again; their payloads are slices of <paramref name="bytes"/>.</summary>
    /// <exception cref="FormatException">The bytes are not an entry.</exception>
    public static IReadOnlyList<EventFrame> Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new Reader(bytes);
        var format = reader.Byte();
        if (format != Format)
        {
            throw new FormatException($"the entry has format {format}, and this version reads format {Format}");
        }

        // A frame has four bytes at least, so a garbled count cannot ask for more memory than the entry itself has.
        var count = reader.Length(unit: 4);
        var events = new EventFrame[count];
        var type = "";
        for (var i = 0; i < count; i++)
        {
            var id = reader.Text("");
            var version = (long)reader.Number();
            type = reader.Text(type);
            events[i] = new EventFrame(id, version, type, reader.Bytes());
        }

        return reader.IsAtEnd ? events : throw new FormatException("the entry has bytes after its last event");
    }

    private static int SizeOf(ulong number)
    {
        var size = 1;
        while ((number >>= 7) != 0)
        {
            size++;
        }

        return size;
    }

    private static int SizeOfText(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        return SizeOf((ulong)bytes) + bytes;
    }

    private static int Write(byte[] bytes, int at, ulong number)
    {
        while (number >= 0x80)
        {
            bytes[at++] = (byte)(number | 0x80);
            number >>= 7;
        }

        bytes[at++] = (byte)number;
        return at;
    }

    private static int WriteText(byte[] bytes, int at, string text)
    {
        at = Write(bytes, at, (ulong)Encoding.UTF8.GetByteCount(text));
        return at + Encoding.UTF8.GetBytes(text, bytes.AsSpan(at));
    }

    private ref struct Reader(ReadOnlyMemory<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> span = bytes.Span;
        private int at;

        public readonly bool IsAtEnd => at == span.Length;

        public byte Byte() => at < span.Length ? span[at++] : throw new FormatException("the entry ends in the middle");

        public ulong Number()
        {
            ulong number = 0;
            for (var shift = 0; shift < 70; shift += 7)
            {
                var b = Byte();
                number |= (ulong)(b & 0x7F) << shift;
                if (b < 0x80)
                {
                    return number;
                }
            }

            throw new FormatException("the entry has a number of more than 10 bytes");
        }

        /// <summary>A number of things that follow, of so many bytes each at least.</summary>
        public int Length(int unit = 1)
        {
            var number = Number();
            return number <= (ulong)((span.Length - at) / unit) ? (int)number : throw new FormatException("the entry ends in the middle");
        }

        public ReadOnlyMemory<byte> Bytes()
        {
            var length = Length();
            at += length;
            return bytes.Slice(at - length, length);
        }

        /// <summary>A text; <paramref name="previous"/> itself if it is the same, because types repeat.</summary>
        public string Text(string previous)
        {
            var length = Length();
            var text = span.Slice(at, length);
            at += length;
            return previous.Length == length && System.Text.Ascii.Equals(text, previous) ? previous : Encoding.UTF8.GetString(text);
        }
    }
}
