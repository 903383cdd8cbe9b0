using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Json;
using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>
/// Plain data: <see langword="null"/>, string, bool, long, double, <c>List&lt;object?&gt;</c> and
/// <c>Dictionary&lt;string, object?&gt;</c>. Inputs, config and params from YAML, JSON and the environment consist of it, and only it
/// travels with a job.
/// </summary>
public static class PlainValues
{
    /// <summary>A parsed JSON value as plain data; a number without point and exponent becomes a long.</summary>
    /// <exception cref="FormatException">A number does not fit in 64 bits.</exception>
    public static object? FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().ToDictionaryLastWins(),
        JsonValueKind.Array => element.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => PlainJson.Number(element.GetRawText()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>UTF-8 JSON text as plain data.</summary>
    /// <exception cref="JsonException">The text is not one JSON value, or is nested more than 64 deep.</exception>
    /// <exception cref="FormatException">A number does not fit in 64 bits.</exception>
    public static object? FromJson(ReadOnlySpan<byte> utf8Json) => PlainJson.Read(utf8Json);

    /// <summary>Any value as UTF-8 JSON, by way of <see cref="From(object?, string)"/>.</summary>
    /// <exception cref="NotSupportedException">A part of it cannot be plain data; the message names the part.</exception>
    public static byte[] ToJson(object? value, string name = "value")
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            PlainJson.Write(writer, From(value, name));
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// A value as plain data: smaller numbers widen; dates, times, GUIDs, URIs and enums become their invariant text; a
    /// decimal becomes a double; dictionaries with text keys and sequences are copied.
    /// </summary>
    /// <param name="value">What an application gave.</param>
    /// <param name="name">Its name in messages, such as <c>inputs.csv_path</c>.</param>
    /// <returns>A copy that shares nothing mutable with <paramref name="value"/>.</returns>
    /// <exception cref="NotSupportedException">
    /// A part cannot be plain data (a stream, a callback, bytes, NaN, an object of one's own …), or is nested more than 64 deep.
    /// </exception>
    public static object? From(object? value, string name = "value") => From(value, name, 0);

    private static object? From(object? value, string name, int depth)
    {
        if (depth > PlainJson.MaxDepth)
        {
            throw new NotSupportedException($"{name} is nested more than {PlainJson.MaxDepth} deep, or contains itself; flatten it.");
        }

        return value switch
        {
            null or string or bool or long => value,
            double number => Finite(number),
            float number => Finite(number),
            decimal number => (double)number,
            int or short or sbyte or byte or ushort or uint => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong number => number <= long.MaxValue ? (long)number : throw Refuse("is more than 64 bits can hold", "give it as text"),
            char letter => letter.ToString(),
            Enum or Guid or Uri => value.ToString(),
            DateTimeOffset instant => instant.ToString("O", CultureInfo.InvariantCulture),
            DateTime instant => instant.ToString("O", CultureInfo.InvariantCulture),
            DateOnly date => date.ToString("O", CultureInfo.InvariantCulture),
            TimeOnly time => time.ToString("O", CultureInfo.InvariantCulture),
            TimeSpan length => length.ToString("c", CultureInfo.InvariantCulture),
            JsonElement element => FromJson(element),
            byte[] or Memory<byte> or ReadOnlyMemory<byte> => throw Refuse("is binary data", "give a path, or base64 text"),
            Delegate => throw Refuse("is a callback", "register it by name"),
            IReadOnlyDictionary<string, object?> map => Copy(map),
            IDictionary map => Copy(map.Keys.Cast<object>().Select(key => KeyValuePair.Create(
                key as string ?? throw Refuse($"has the key {key}, which is no text", "use text keys"), map[key]))),
            Stream => throw Refuse($"is a {value.GetType().Name}", "give a path"),
            IEnumerable items => items.Cast<object?>().Select((item, i) => From(item, $"{name}[{i}]", depth + 1)).ToList(),
            _ => throw Refuse($"is a {value.GetType().Name}", "give a text, number, true/false, list or dictionary"),
        };

        double Finite(double number) => double.IsFinite(number)
            ? number
            : throw Refuse($"is {number.ToString(CultureInfo.InvariantCulture)}, which JSON has no word for", "give null or a text");

        Dictionary<string, object?> Copy(IEnumerable<KeyValuePair<string, object?>> map)
        {
            var copy = new Dictionary<string, object?>(StringComparer.Ordinal);
            foreach (var (key, item) in map)
            {
                copy[key] = From(item, $"{name}.{key}", depth + 1);
            }

            return copy;
        }

        NotSupportedException Refuse(string what, string remedy) => new($"{name} {what}; it cannot travel with a job: {remedy}.");
    }

    private static Dictionary<string, object?> ToDictionaryLastWins(this JsonElement.ObjectEnumerator properties)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in properties)
        {
            map[property.Name] = FromJson(property.Value);
        }

        return map;
    }

    /// <summary>Are two pieces of data the same in content? Order counts in lists, not in dictionaries.</summary>
    internal static bool Same(object? a, object? b) => (a, b) switch
    {
        (IReadOnlyDictionary<string, object?> x, IReadOnlyDictionary<string, object?> y) =>
            x.Count == y.Count && x.All(pair => y.TryGetValue(pair.Key, out var other) && Same(pair.Value, other)),
        (string x, string y) => x == y,
        (IEnumerable x and not string, IEnumerable y and not string) => x.Cast<object?>().SequenceEqual(y.Cast<object?>(), SameComparer),
        _ => Equals(a, b),
    };

    private static readonly EqualityComparer<object?> SameComparer = EqualityComparer<object?>.Create(Same, _ => 0);
}
