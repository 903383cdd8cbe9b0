using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowerPower.Actors.Transport;

/// <summary>
/// Encodes frames straight into a pipe's buffer: the length is filled in when it is known, which the pipe allows until it is flushed. One caller at a time.
/// </summary>
internal sealed class FrameWriter : IBufferWriter<byte>
{
    private readonly PipeWriter output;
    private readonly int maxFrame;
    private readonly Utf8JsonWriter json;
    private Memory<byte> header;
    private long length;

    /// <param name="maxFrame">The longest frame, in bytes.</param>
    public FrameWriter(PipeWriter output, int maxFrame)
    {
        this.output = output;
        this.maxFrame = maxFrame;
        // No HTML will be made of it, and the serializer writes valid JSON by itself.
        json = new Utf8JsonWriter(this, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }

    /// <summary>Bytes written since the last flush.</summary>
    public long Unflushed { get; private set; }

    /// <summary>Writes a message, or, if it cannot be, an abandoned frame in its place: what follows is whole in any case.</summary>
    /// <returns>The frame's length in bytes.</returns>
    /// <exception cref="MessageNotSentException">It is too large, or cannot be encoded.</exception>
    public long Write(OutboundMessage message)
    {
        Begin();
        try
        {
            Advance(MessageFrame.WriteHead(GetSpan(MessageFrame.MaxHeadBytes), message));
            json.Reset(this);
            message.Type.Write(json, message.Message);
            json.Flush();
        }
        catch (Exception error)
        {
            End(FrameKind.Abandoned);
            throw error as MessageNotSentException ?? new MessageNotSentException(
                DropReason.NotEncodable, $"A {message.Type.Id} could not be written as JSON: {error.Message}", error);
        }

        return End(message.Kind);
    }

    /// <param name="handled">Messages handled since the handshake.</param>
    /// <param name="received">Bytes received since the handshake.</param>
    public void WriteHeartbeat(long handled, long received)
    {
        Begin();
        var span = GetSpan(Frame.HeartbeatBytes);
        BinaryPrimitives.WriteInt64LittleEndian(span, handled);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], received);
        Advance(Frame.HeartbeatBytes);
        End(FrameKind.Heartbeat);
    }

    public void WriteGoodbye()
    {
        Begin();
        End(FrameKind.Goodbye);
    }

    public void WriteHandshake(ReadOnlySpan<byte> body)
    {
        Begin();
        body.CopyTo(GetSpan(body.Length));
        Advance(body.Length);
        End(FrameKind.Handshake);
    }

    /// <exception cref="IOException">The connection has ended.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        Unflushed = 0;
        var result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new IOException("The connection has ended.");
        }
    }

    void IBufferWriter<byte>.Advance(int count) => Advance(count);

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => output.GetMemory(sizeHint);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => GetSpan(sizeHint);

    private Span<byte> GetSpan(int sizeHint) => output.GetSpan(sizeHint);

    private void Begin()
    {
        header = output.GetMemory(Frame.HeaderBytes)[..Frame.HeaderBytes];
        output.Advance(Frame.HeaderBytes);
        length = 1; // the kind
    }

    private long End(FrameKind kind)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header.Span, (uint)length);
        header.Span[Frame.LengthBytes] = (byte)kind;
        Unflushed += Frame.LengthBytes + length;
        return Frame.LengthBytes + length;
    }

    private void Advance(int count)
    {
        if (length + count > maxFrame)
        {
            throw new MessageNotSentException(
                DropReason.TooLarge,
                string.Create(CultureInfo.InvariantCulture, $"A message to a peer may have {maxFrame:N0} bytes, and this one has more: send it in parts, or store it elsewhere and send its place."));
        }

        output.Advance(count);
        length += count;
    }
}
