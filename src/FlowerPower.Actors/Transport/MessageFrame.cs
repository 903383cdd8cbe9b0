using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;

namespace FlowerPower.Actors.Transport;

/// <summary>
/// The body of a Tell, Ask or Reply: flags (one byte), length of the type id (one byte), type id (ASCII), for Ask and Reply the correlation
/// (64-bit), for Ask the milliseconds that its asker still waits (32-bit), with flag 1 the trace (16 bytes trace id, 8 span id, 1 flags), then JSON.
/// </summary>
internal readonly ref struct MessageFrame
{
    public const int MaxHeadBytes = 2 + WireType.MaxIdLength + CorrelationBytes + TimeoutBytes + TraceBytes;

    private const int CorrelationBytes = 8;
    private const int TimeoutBytes = 4;
    private const int TraceBytes = 25;
    private const byte HasTrace = 1;

    private MessageFrame(ReadOnlySpan<byte> typeId, long correlation, uint timeoutMs, ActivityContext trace, ReadOnlySequence<byte> payload)
    {
        TypeId = typeId;
        Correlation = correlation;
        TimeoutMs = timeoutMs;
        Trace = trace;
        Payload = payload;
    }

    public ReadOnlySpan<byte> TypeId { get; }

    public long Correlation { get; }

    public uint TimeoutMs { get; }

    public ActivityContext Trace { get; }

    public ReadOnlySequence<byte> Payload { get; }

    /// <summary>Writes all that precedes the JSON.</summary>
    /// <param name="span">At least <see cref="MaxHeadBytes"/>.</param>
    /// <returns>How many bytes it took.</returns>
    public static int WriteHead(Span<byte> span, OutboundMessage message)
    {
        var hasTrace = message.Trace.TraceId != default;
        var id = message.Type.Utf8Id;
        span[0] = hasTrace ? HasTrace : (byte)0;
        span[1] = (byte)id.Length;
        id.CopyTo(span[2..]);
        var at = 2 + id.Length;
        if (message.Kind is FrameKind.Ask or FrameKind.Reply)
        {
            BinaryPrimitives.WriteInt64LittleEndian(span[at..], message.Correlation);
            at += CorrelationBytes;
        }

        if (message.Kind is FrameKind.Ask)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(span[at..], message.TimeoutMs);
            at += TimeoutBytes;
        }

        if (hasTrace)
        {
            message.Trace.TraceId.CopyTo(span.Slice(at, 16)); // it fills all that it is given
            message.Trace.SpanId.CopyTo(span.Slice(at + 16, 8));
            span[at + 24] = (byte)message.Trace.TraceFlags;
            at += TraceBytes;
        }

        return at;
    }

    /// <param name="scratch">At least <see cref="MaxHeadBytes"/>; may be used by the result.</param>
    /// <exception cref="ProtocolException">The body is too short for what it says it holds.</exception>
    public static MessageFrame Read(FrameKind kind, in ReadOnlySequence<byte> body, Span<byte> scratch)
    {
        var head = body.FirstSpan;
        if (!body.IsSingleSegment && head.Length < MaxHeadBytes)
        {
            var length = (int)Math.Min(MaxHeadBytes, body.Length);
            body.Slice(0, length).CopyTo(scratch);
            head = scratch[..length];
        }

        var at = 2;
        Need(head, at);
        var hasTrace = (head[0] & HasTrace) != 0;
        var idLength = head[1];
        Need(head, at + idLength);
        var typeId = head.Slice(at, idLength);
        at += idLength;

        long correlation = 0;
        if (kind is FrameKind.Ask or FrameKind.Reply)
        {
            Need(head, at + CorrelationBytes);
            correlation = BinaryPrimitives.ReadInt64LittleEndian(head[at..]);
            at += CorrelationBytes;
        }

        uint timeoutMs = 0;
        if (kind is FrameKind.Ask)
        {
            Need(head, at + TimeoutBytes);
            timeoutMs = BinaryPrimitives.ReadUInt32LittleEndian(head[at..]);
            at += TimeoutBytes;
        }

        ActivityContext trace = default;
        if (hasTrace)
        {
            Need(head, at + TraceBytes);
            trace = new ActivityContext(
                ActivityTraceId.CreateFromBytes(head.Slice(at, 16)),
                ActivitySpanId.CreateFromBytes(head.Slice(at + 16, 8)),
                (ActivityTraceFlags)head[at + 24],
                isRemote: true);
            at += TraceBytes;
        }

        return new MessageFrame(typeId, correlation, timeoutMs, trace, body.Slice(at));
    }

    private static void Need(ReadOnlySpan<byte> head, int length)
    {
        if (head.Length < length)
        {
            throw new ProtocolException("a message that ends in its own head");
        }
    }
}
