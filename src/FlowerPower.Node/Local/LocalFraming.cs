using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlowerPower.Node.Local;

/// <summary>Frames of the local protocol: a length (unsigned 32-bit, little-endian, of what follows), then UTF-8 JSON.</summary>
internal static class LocalFraming
{
    /// <summary>The protocol's version; both ends must speak the same.</summary>
    public const int Protocol = 1;

    /// <summary>The greatest frame, for the writer as for the reader: a page of results of 16 MiB must be asked for in smaller pages.</summary>
    public const int MaxFrame = 256 * 1024 * 1024;

    private const int HeaderLength = 4;

    /// <summary>Write one frame, and send it.</summary>
    /// <param name="maxFrame">The longest frame, in bytes; at most <see cref="MaxFrame"/>.</param>
    /// <exception cref="ArgumentException">The message is too long; nothing of it was sent, and others may follow.</exception>
    public static async ValueTask WriteAsync<T>(
        PipeWriter output, T message, JsonTypeInfo<T> type, CancellationToken cancellationToken, int maxFrame = MaxFrame)
    {
        var body = Serialize(message, type, maxFrame);
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(HeaderLength), (uint)body.Length);
        output.Advance(HeaderLength);
        await output.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Read one frame; <see langword="null"/> at the end of the connection.</summary>
    /// <exception cref="InvalidDataException">Not a frame of this protocol.</exception>
    public static async ValueTask<T?> ReadAsync<T>(PipeReader input, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (TryCut(read.Buffer, out var body, out var end))
            {
                var message = Parse(body, type);
                input.AdvanceTo(end);
                return message;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    private static byte[] Serialize<T>(T message, JsonTypeInfo<T> type, int maxFrame)
    {
        byte[] body;
        try
        {
            body = JsonSerializer.SerializeToUtf8Bytes(message, type);
        }
        catch (OutOfMemoryException) // more than an array can hold
        {
            throw TooLong("more than 2,000,000,000", maxFrame);
        }

        return body.Length <= maxFrame ? body : throw TooLong(body.Length.ToString("N0", CultureInfo.InvariantCulture), maxFrame);
    }

    private static ArgumentException TooLong(string length, int maxFrame) => new(
        FormattableString.Invariant($"A message between this machine's processes may have {maxFrame:N0} bytes, and this one would have {length}: ")
        + "ask for a smaller page or for one without results, or enqueue fewer jobs in one call.");

    private static bool TryCut(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> body, out SequencePosition end)
    {
        body = default;
        end = default;
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        buffer.Slice(0, HeaderLength).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length > MaxFrame)
        {
            throw new InvalidDataException($"A frame of {length:N0} bytes is over the limit of {MaxFrame:N0}.");
        }

        if (buffer.Length < HeaderLength + length)
        {
            return false;
        }

        body = buffer.Slice(HeaderLength, length);
        end = body.End;
        return true;
    }

    private static T Parse<T>(ReadOnlySequence<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = type.Options.MaxDepth });
            return JsonSerializer.Deserialize(ref reader, type) ?? throw new InvalidDataException("An empty frame.");
        }
        catch (Exception error) when (error is not InvalidDataException)
        {
            // Not only JSON's own errors: a value outside its range is refused by the type that it is read into, with whatever exception.
            throw new InvalidDataException($"A frame that is not of this protocol: {error.Message}", error);
        }
    }
}
