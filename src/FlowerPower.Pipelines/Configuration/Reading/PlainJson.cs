using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>Plain data from and to JSON text.</summary>
internal static class PlainJson
{
    /// <summary>The greatest nesting, both ways.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads one JSON value.</summary>
    /// <exception cref="JsonException">The text is not one JSON value.</exception>
    /// <exception cref="FormatException">A number does not fit in 64 bits.</exception>
    public static object? Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        var value = Read(ref reader);
        reader.Read(); // throws if something follows
        return value;
    }

    public static bool TryRead(string text, out object? value)
    {
        try
        {
            value = Read(Encoding.UTF8.GetBytes(text));
            return true;
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            value = null;
            return false;
        }
    }

    private static object? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new Dictionary<string, object?>(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    map[key] = Read(ref reader);
                }

                return map;
            case JsonTokenType.StartArray:
                var list = new List<object?>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(Read(ref reader));
                }

                return list;
            case JsonTokenType.Number:
                return Number(Encoding.ASCII.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return reader.GetBoolean();
            case JsonTokenType.Null:
                return null;
            default:
                return reader.GetString();
        }
    }

    /// <summary>Without point and exponent it is a long, else a double.</summary>
    public static object Number(string text)
    {
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                ? whole
                : throw new FormatException($"{text} is more than 64 bits can hold; send it as text.");
        }

        var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? number : throw new FormatException($"{text} is more than a double can hold; send it as text.");
    }

    /// <summary>Writes plain data; a double keeps its point, so that it comes back as a double.</summary>
    public static void Write(Utf8JsonWriter writer, object? plain)
    {
        switch (plain)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case long whole:
                writer.WriteNumberValue(whole);
                break;
            case double number:
                var digits = number.ToString("R", CultureInfo.InvariantCulture);
                writer.WriteRawValue(digits.AsSpan().IndexOfAny('.', 'E') < 0 ? digits + ".0" : digits);
                break;
            case List<object?> list:
                writer.WriteStartArray();
                list.ForEach(item => Write(writer, item));
                writer.WriteEndArray();
                break;
            case Dictionary<string, object?> map:
                writer.WriteStartObject();
                foreach (var (key, value) in map)
                {
                    writer.WritePropertyName(key);
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            default:
                throw new InvalidOperationException($"{plain.GetType().Name} is not plain data.");
        }
    }
}
