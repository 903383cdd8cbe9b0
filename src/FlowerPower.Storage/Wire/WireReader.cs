using System.Text.Json;

namespace FlowerPower.Storage.Wire;

/// <summary>
/// Reads our own objects field by field. What it meets is either expected, skipped as unknown, or a <see cref="FormatException"/>.
/// </summary>
internal ref struct WireReader
{
    private readonly ReadOnlySpan<byte> json;
    private Utf8JsonReader reader;

    public WireReader(ReadOnlySpan<byte> json)
    {
        this.json = json;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = WireLimits.MaxDepth });
    }

    /// <summary>Moves onto the first token; a value follows.</summary>
    public void Start() => reader.Read();

    /// <summary>Checks that an object begins here.</summary>
    public readonly void BeginObject() => Expect(JsonTokenType.StartObject);

    /// <summary>Moves to the next field's name; <see langword="false"/> at the object's end.</summary>
    public bool NextField()
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Is the field that <see cref="NextField"/> found of this name? Then moves to its value.</summary>
    public bool Is(JsonEncodedText name)
    {
        if (!reader.ValueTextEquals(name.EncodedUtf8Bytes))
        {
            return false;
        }

        reader.Read();
        return true;
    }

    /// <summary>Passes over a field of no known name: a later version of the same type may have added it.</summary>
    public void SkipField() => reader.Skip();

    /// <summary>Checks that an array begins here.</summary>
    public readonly void BeginArray() => Expect(JsonTokenType.StartArray);

    /// <summary>Moves to the array's next element; <see langword="false"/> at its end.</summary>
    public bool NextElement()
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Moves past the rest of the array's elements.</summary>
    public void SkipElements()
    {
        while (NextElement())
        {
            reader.Skip();
        }
    }

    public readonly string Text() => reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Unexpected("a text");

    public readonly string? TextOrNull() => reader.TokenType == JsonTokenType.Null ? null : Text();

    public readonly long Number() => reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : throw Unexpected("a number");

    public readonly long? NumberOrNull() => reader.TokenType == JsonTokenType.Null ? null : Number();

    public readonly int SmallNumber() => reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : throw Unexpected("a number");

    public readonly double Fraction() => reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : throw Unexpected("a number");

    public readonly bool Flag() => reader.GetBoolean();

    public readonly DateTimeOffset Instant() => new(Number(), TimeSpan.Zero);

    public readonly TimeSpan Length() => new(Number());

    public List<string> Texts()
    {
        var texts = new List<string>();
        BeginArray();
        while (NextElement())
        {
            texts.Add(Text());
        }

        return texts;
    }

    public List<int> SmallNumbers()
    {
        var numbers = new List<int>();
        BeginArray();
        while (NextElement())
        {
            numbers.Add(SmallNumber());
        }

        return numbers;
    }

    public Dictionary<string, string> TextsByName()
    {
        var texts = new Dictionary<string, string>();
        BeginObject();
        while (NextField())
        {
            var name = reader.GetString()!;
            reader.Read();
            texts[name] = Text();
        }

        return texts;
    }

    /// <summary>
    /// The value here as the bytes that were written: a copy, so that one value does not keep a whole log page in memory.
    /// </summary>
    public byte[] RawValue()
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed].ToArray();
    }

    /// <summary>Checks that nothing but space follows.</summary>
    public void End()
    {
        Expect(JsonTokenType.EndObject);
        reader.Read(); // throws if something else follows
    }

    private readonly void Expect(JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw Unexpected(type.ToString());
        }
    }

    private readonly FormatException Unexpected(string wanted) =>
        new($"{wanted} was expected at byte {reader.TokenStartIndex}, not {reader.TokenType}.");

    /// <summary>A field that must be there.</summary>
    public static T Required<T>(T? value, JsonEncodedText name)
        where T : class => value ?? throw new FormatException($"the field '{name}' is missing.");

    /// <inheritdoc cref="Required{T}(T, JsonEncodedText)"/>
    public static T Required<T>(T? value, JsonEncodedText name)
        where T : struct => value ?? throw new FormatException($"the field '{name}' is missing.");
}
