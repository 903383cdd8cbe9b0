using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace FlowerPower.Storage.Wire;

/// <summary>Writes numbers, texts and bytes one after another; one thread's, used again for each encoding.</summary>
internal sealed class ByteWriter
{
    private const int InitialBytes = 512;
    private const int LargestKept = 256 * 1024;

    [ThreadStatic]
    private static ByteWriter? cached;

    private readonly ArrayBufferWriter<byte> bytes = new(InitialBytes);

    private ByteWriter() { }

    /// <summary>The thread's writer, empty. One that is not given back by <see cref="Finish"/> is not used again.</summary>
    public static ByteWriter Rent()
    {
        var writer = cached ?? new ByteWriter();
        cached = null;
        return writer;
    }

    /// <summary>The bytes written, as an array of their own.</summary>
    public byte[] Finish()
    {
        var result = bytes.WrittenSpan.ToArray();
        if (bytes.Capacity <= LargestKept)
        {
            bytes.ResetWrittenCount();
            cached = this;
        }

        return result;
    }

    public void Byte(byte value)
    {
        bytes.GetSpan(1)[0] = value;
        bytes.Advance(1);
    }

    /// <summary>1 to 10 bytes, 7 bits each, lowest first; the top bit says that more follow.</summary>
    public void Number(ulong value)
    {
        var span = bytes.GetSpan(10);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[at++] = (byte)(value | 0x80);
        }

        span[at++] = (byte)value;
        bytes.Advance(at);
    }

    /// <summary>A number that may be negative: near 0 it is short.</summary>
    public void Signed(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>8 bytes: for numbers that use them.</summary>
    public void Whole(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(8), value);
        bytes.Advance(8);
    }

    /// <summary>Their number, then the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number((ulong)value.Length);
        bytes.Write(value);
    }

    /// <summary>UTF-8; half a character becomes the replacement character.</summary>
    /// <param name="name">What it is, for the message.</param>
    /// <exception cref="ArgumentException">It is <see langword="null"/>, which could not be read again.</exception>
    public void Text(string? value, string name)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        var length = Encoding.UTF8.GetByteCount(value);
        Number((ulong)length);
        bytes.Advance(Encoding.UTF8.GetBytes(value, bytes.GetSpan(length)));
    }

    /// <summary>A text that is usually made of lower-case hexadecimal digits, which take half a byte each.</summary>
    /// <inheritdoc cref="Text"/>
    public void HexText(string? value, string name)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        if (value.Length % 2 == 0 && !value.AsSpan().ContainsAnyExcept("0123456789abcdef"))
        {
            Number(((ulong)value.Length / 2 << 1) | 1);
            Convert.FromHexString(value, bytes.GetSpan(value.Length / 2), out _, out var written);
            bytes.Advance(written);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        Number((ulong)length << 1);
        bytes.Advance(Encoding.UTF8.GetBytes(value, bytes.GetSpan(length)));
    }
}
