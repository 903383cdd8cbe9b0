using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowerPower.Storage.Wire;

/// <summary>One thread's writer and its bytes, used again for each encoding: an encoding allocates only its result.</summary>
internal sealed class WireBuffer
{
    private const int InitialBytes = 1024;
    private const int LargestKept = 256 * 1024;

    [ThreadStatic]
    private static WireBuffer? cached;

    private readonly ArrayBufferWriter<byte> bytes = new(InitialBytes);

    private WireBuffer() => Writer = new Utf8JsonWriter(bytes, new JsonWriterOptions
    {
        // The bytes go to stores and sockets, never into a page: no need to escape what HTML would need escaped.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true, // of the order of our own calls, which the tests check; embedded values are checked by JsonCheck
    });

    /// <summary>The writer; nothing is in it.</summary>
    public Utf8JsonWriter Writer { get; }

    /// <summary>
    /// The thread's buffer. It must be given back by <see cref="Finish"/>; if that does not happen, the next caller gets another.
    /// </summary>
    public static WireBuffer Rent()
    {
        var buffer = cached ?? new WireBuffer();
        cached = null; // one that an exception left half written is not used again
        return buffer;
    }

    /// <summary>The bytes written, as an array of their own.</summary>
    public byte[] Finish()
    {
        Writer.Flush();
        var result = bytes.WrittenSpan.ToArray();
        if (bytes.Capacity <= LargestKept)
        {
            bytes.ResetWrittenCount();
            Writer.Reset();
            cached = this;
        }

        return result;
    }
}
