using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlowerPower.Node.Local;

/// <summary>Frames of the local protocol: a length (unsigned 32-bit, little-endian, of what follows), then UTF-8 JSON.</summary>
internal static class LocalFraming
{
    /// <summary>The protocol's version; both ends must speak the same.</summary>
    public const int Protocol = 1;

    /// <summary>The greatest frame: a page of results of 16 MiB must be asked for in smaller pages.</summary>
    public const int MaxFrame = 256 * 1024 * 1024;

    private const int HeaderLength = 4;

    /// <summary>Write one frame, and send it.</summary>
    public static async ValueTask WriteAsync<T>(PipeWriter output, T message, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(message, type);
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
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"A frame that is not of this protocol: {error.Message}", error);
        }
    }
}
