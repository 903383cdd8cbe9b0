using System.Buffers.Binary;
using System.Text;

namespace FlowerPower.Storage.Wire;

/// <summary>Reads what <see cref="ByteWriter"/> wrote; anything else is a <see cref="FormatException"/>.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public byte Byte() => Take(1)[0];

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

        throw new FormatException("it has a number of more than 10 bytes.");
    }

    public int SmallNumber() => Number() is <= int.MaxValue and var number ? (int)number : throw new FormatException("it has a number that is too large.");

    public long Signed()
    {
        var number = Number();
        return (long)(number >> 1) ^ -(long)(number & 1);
    }

    public long Whole() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public ReadOnlySpan<byte> Bytes() => Take(Number());

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public string HexText()
    {
        var head = Number();
        var text = Take(head >> 1);
        return head % 2 == 1 ? Convert.ToHexStringLower(text) : Encoding.UTF8.GetString(text);
    }

    /// <summary>Checks that nothing follows.</summary>
    public readonly void End()
    {
        if (!rest.IsEmpty)
        {
            throw new FormatException("it has bytes after its end.");
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length)
        {
            throw new FormatException("it is cut short.");
        }

        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}
