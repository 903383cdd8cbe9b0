using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace FlowerPower.Actors.Transport;

/// <summary>What a frame is.</summary>
internal enum FrameKind : byte
{
    /// <summary>A step of the handshake; never after it.</summary>
    Handshake = 1,

    /// <summary>A message that wants no reply.</summary>
    Tell = 2,

    /// <summary>A message that wants one.</summary>
    Ask = 3,

    /// <summary>The reply to an Ask.</summary>
    Reply = 4,

    /// <summary>Control: I live, and this much has reached me.</summary>
    Heartbeat = 5,

    /// <summary>A message that its sender gave up in the middle of writing it; counts as a message, carries none.</summary>
    Abandoned = 6,

    /// <summary>Control: nothing follows.</summary>
    Goodbye = 7,
}

/// <summary>
/// A frame: length (unsigned 32-bit, little-endian, of what follows), kind (one byte), body. What a body holds is in <see cref="MessageFrame"/>.
/// </summary>
internal static class Frame
{
    public const int LengthBytes = 4;
    public const int HeaderBytes = LengthBytes + 1;

    /// <summary>A heartbeat's body: messages handled, then bytes received, both since the handshake, unsigned 64-bit.</summary>
    public const int HeartbeatBytes = 16;

    /// <summary>Cuts the first frame off, if it is there as a whole.</summary>
    /// <param name="maxFrame">The greatest length, in bytes.</param>
    /// <exception cref="ProtocolException">The length is impossible.</exception>
    public static bool TryCut(ref ReadOnlySequence<byte> buffer, int maxFrame, out FrameKind kind, out ReadOnlySequence<byte> body)
    {
        kind = default;
        body = default;
        if (buffer.Length < LengthBytes)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (buffer.FirstSpan.Length >= LengthBytes)
        {
            buffer.FirstSpan[..LengthBytes].CopyTo(prefix);
        }
        else
        {
            buffer.Slice(0, LengthBytes).CopyTo(prefix);
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (length == 0 || length > maxFrame)
        {
            throw new ProtocolException(string.Create(
                CultureInfo.InvariantCulture, $"a frame of {length:N0} bytes, where 1 to {maxFrame:N0} are allowed"));
        }

        if (buffer.Length < LengthBytes + length)
        {
            return false;
        }

        var frame = buffer.Slice(LengthBytes, length);
        kind = (FrameKind)(frame.FirstSpan.IsEmpty ? frame.Slice(0, 1).ToArray()[0] : frame.FirstSpan[0]);
        body = frame.Slice(1);
        buffer = buffer.Slice(body.End);
        return true;
    }
}
