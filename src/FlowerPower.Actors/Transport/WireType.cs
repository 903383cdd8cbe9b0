using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlowerPower.Actors.Transport;

/// <summary>One type that may travel, under a short stable id. Its CLR name is never on the wire.</summary>
public abstract class WireType
{
    internal const int MaxIdLength = 64;
    internal const int DefaultSize = 256;

    private static readonly SearchValues<char> IdLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    private protected WireType(string id, Type type)
    {
        Id = id;
        Type = type;
        Utf8Id = Encoding.ASCII.GetBytes(id);
    }

    /// <summary>Such as <c>job.enqueue.v1</c>.</summary>
    public string Id { get; }

    internal Type Type { get; }

    internal byte[] Utf8Id { get; }

    /// <summary>States how a type travels. Types derived from <typeparamref name="T"/> travel under the same id, by its JSON polymorphism.</summary>
    /// <param name="id">1 to 64 of a–z, 0–9, '.' and '-', with a version at its end: <c>job.enqueue.v1</c>. A shipped id is never given another meaning.</param>
    /// <param name="json">Source-generated.</param>
    /// <param name="sizeOf">
    /// About how many bytes a message will have, for the bound of what waits for a peer; by default 256. To be given for types that carry payloads.
    /// </param>
    /// <exception cref="ArgumentException">The id is not of that form.</exception>
    public static WireType Of<T>(string id, JsonTypeInfo<T> json, Func<T, int>? sizeOf = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        if (string.IsNullOrEmpty(id) || id.Length > MaxIdLength || id.AsSpan().ContainsAnyExcept(IdLetters) || !EndsWithVersion(id))
        {
            throw new ArgumentException(
                $"'{id}' cannot be a wire type's id: use 1 to {MaxIdLength} of a-z, 0-9, '.' and '-', ending in a version, such as job.enqueue.v1.", nameof(id));
        }

        return new WireType<T>(id, json, sizeOf);
    }

    internal abstract int SizeOf(object message);

    internal abstract void Write(Utf8JsonWriter writer, object message);

    /// <exception cref="JsonException">And whatever a converter or constructor throws: not readable as this type.</exception>
    internal abstract object Read(in ReadOnlySequence<byte> payload);

    private static bool EndsWithVersion(string id)
    {
        var dot = id.LastIndexOf(".v", StringComparison.Ordinal);
        return dot > 0 && dot + 2 < id.Length && !id.AsSpan(dot + 2).ContainsAnyExceptInRange('0', '9');
    }
}

/// <inheritdoc/>
[SuppressMessage("Naming", "CA1711", Justification = "The pair of the class above.")]
internal sealed class WireType<T>(string id, JsonTypeInfo<T> json, Func<T, int>? sizeOf) : WireType(id, typeof(T))
    where T : class
{
    private readonly JsonReaderOptions readerOptions = new() { MaxDepth = json.Options.MaxDepth };

    internal override int SizeOf(object message) => sizeOf is null ? DefaultSize : Math.Max(0, sizeOf((T)message));

    internal override void Write(Utf8JsonWriter writer, object message) => JsonSerializer.Serialize(writer, (T)message, json);

    internal override object Read(in ReadOnlySequence<byte> payload)
    {
        var reader = payload.IsSingleSegment
            ? new Utf8JsonReader(payload.FirstSpan, readerOptions)
            : new Utf8JsonReader(payload, readerOptions);
        var message = JsonSerializer.Deserialize(ref reader, json) ?? throw new JsonException("The message is null.");
        if (reader.BytesConsumed != payload.Length)
        {
            throw new JsonException("Something follows the message.");
        }

        return message;
    }
}
