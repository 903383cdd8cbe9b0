using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowerPower.Pipelines;

/// <summary>
/// A run's results as JSON: one object, one property per final variable. Records and classes have their properties under their C# names, tuples
/// are arrays, enums are texts, dates are ISO 8601, and NaN and the infinities are the texts "NaN", "Infinity" and "-Infinity": nothing is lost.
/// </summary>
public static partial class ResultJson
{
    /// <summary>The greatest length of a run's results: 16 MiB of UTF-8.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const string SerializersName = "System.Text.Json";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Serializes results.</summary>
    /// <param name="results">The results by node name.</param>
    /// <returns>UTF-8 without indentation, in the order given, at most <see cref="MaxBytes"/> long.</returns>
    /// <exception cref="ResultException">A value has no JSON form, or all of them together are too long.</exception>
    public static byte[] Serialize(IReadOnlyDictionary<string, object?> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var output = new ArrayBufferWriter<byte>();
        var part = new CappedBuffer(MaxBytes);
        var (total, largest, size) = (2L, "", -1L);
        output.Write("{"u8);
        foreach (var (name, value) in results)
        {
            var key = JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
            var length = Write(part, name, value);
            total += length + key.Length + (total == 2 ? 3 : 4); // two quotes and a colon, and a comma before all but the first
            if (length > size)
            {
                (largest, size) = (name, length);
            }

            // Once it is too long the rest is only measured, to name the one to blame.
            if (total <= MaxBytes)
            {
                output.Write(output.WrittenCount == 1 ? "\""u8 : ",\""u8);
                output.Write(key);
                output.Write("\":"u8);
                output.Write(part.Written);
            }
        }

        output.Write("}"u8);
        return total <= MaxBytes ? output.WrittenSpan.ToArray() : throw TooLong(largest, size, results.Count);
    }

    private static long Write(CappedBuffer buffer, string name, object? value)
    {
        buffer.Clear();
        try
        {
            using var json = new Utf8JsonWriter(buffer, WriterOptions);
            JsonSerializer.Serialize(json, value, value?.GetType() ?? typeof(object), JsonCaches.Options);
            json.Flush();
            return buffer.Written.Length;
        }
        catch (CappedBuffer.FullException)
        {
            return MaxBytes + 1L;
        }
        // Whatever a property's own code throws comes out here too.
        catch (Exception error)
        {
            throw new ResultException(
                name,
                $"The value of '{name}' ({TypeNames.Of(value!.GetType())}) has no JSON form: {Why(value, error)}. "
                + $"Return numbers, texts, lists, dictionaries or records, or leave '{name}' out of final_vars.",
                error);
        }
    }

    /// <summary>The serializer's own words are about its types and options; a pipeline's author asks which value it is. Without a full stop.</summary>
    private static string Why(object value, Exception error) => error switch
    {
        _ when value is Delegate => "a function is no data",
        _ when value is Stream => "a stream is no data",
        JsonException => "it contains itself, or is nested more than 64 deep",
        NotSupportedException { Source: SerializersName } when error.Message.Contains("dictionary key", StringComparison.Ordinal) =>
            "a dictionary's keys must be texts, numbers, dates or enums",
        NotSupportedException { Source: SerializersName } => PathPattern().Match(error.Message) is { Success: true } at
            ? $"its part {at.Groups[1].Value} is no data, but a function, a type or a handle, for example"
            : "it is no data, but a function, a type or a handle, for example",
        _ => $"{error.GetType().Name}: {error.Message.TrimEnd('.')}",
    };

    [GeneratedRegex(@" Path: \$\.?(\S+)\.$")]
    private static partial Regex PathPattern();

    private static ResultException TooLong(string largest, long size, int count)
    {
        var length = size > MaxBytes ? "more than 16 MiB" : FormattableString.Invariant($"{size / 1048576.0:0.0} MiB");
        var share = count == 1 ? $"it is '{largest}' with {length}" : $"the largest is '{largest}' with {length}";
        return new ResultException(
            largest,
            $"The results are longer than the 16 MiB that a job may return; {share}. "
            + "Write it to a file or a table in a node, and return where it is.");
    }

    /// <summary>A buffer that refuses to outgrow its cap, so that a huge value does not take the memory of the node first.</summary>
    private sealed class CappedBuffer(int cap) : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> inner = new();

        public ReadOnlySpan<byte> Written => inner.WrittenSpan;

        public void Clear() => inner.ResetWrittenCount();

        public void Advance(int count)
        {
            inner.Advance(count);
            if (inner.WrittenCount > cap)
            {
                throw new FullException();
            }
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public sealed class FullException : Exception;
    }
}

/// <summary>A run's results cannot be handed back as JSON.</summary>
public sealed class ResultException : Exception
{
    internal ResultException(string node, string message, Exception? inner = null)
        : base(message, inner) => Node = node;

    /// <summary>The node whose value is to blame.</summary>
    public string Node { get; }
}
