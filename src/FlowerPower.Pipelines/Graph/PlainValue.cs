using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace FlowerPower.Pipelines;

/// <summary>The values that configuration and callers hand in: text, numbers, booleans, null, lists, dictionaries, or JSON of these.</summary>
internal static class PlainValue
{
    private const int LongestShown = 60;

    /// <summary>JSON as plain objects; anything else as it is.</summary>
    public static object? Unwrap(object? value) => value is JsonElement json ? FromJson(json) : value;

    /// <summary>Is it the same value, whatever numeric type or JSON it came in?</summary>
    public static bool Same(object? left, object? right)
    {
        (left, right) = (Unwrap(left), Unwrap(right));
        if (left is null || right is null)
        {
            return left is null && right is null;
        }

        if (Numbers.IsNumber(left) && Numbers.IsNumber(right))
        {
            return Numbers.ToDouble(left).Equals(Numbers.ToDouble(right));
        }

        // A config file can only write an enum as text.
        if (left is Enum ^ right is Enum)
        {
            return string.Equals(left.ToString(), right.ToString(), StringComparison.OrdinalIgnoreCase);
        }

        return left.Equals(right);
    }

    /// <summary>The entries, if the value is a dictionary with text keys in any of its forms.</summary>
    public static IReadOnlyDictionary<string, object?>? AsDictionary(object? value)
    {
        switch (Unwrap(value))
        {
            case IReadOnlyDictionary<string, object?> entries:
                return entries;
            case IDictionary entries:
                var copy = new Dictionary<string, object?>();
                foreach (DictionaryEntry entry in entries)
                {
                    copy[Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!] = entry.Value;
                }

                return copy;
            default:
                return null;
        }
    }

    /// <summary>The value in a message: texts quoted, long ones cut, collections by their size.</summary>
    public static string Show(object? value) => Unwrap(value) switch
    {
        null => "null",
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        IDictionary entries => $"a dictionary of {entries.Count}",
        ICollection items => $"a list of {items.Count}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        var other => Cut(other.ToString() ?? ""),
    };

    /// <summary>The value with its type, e.g. <c>"12" (string)</c>.</summary>
    public static string ShowWithType(object? value) =>
        Unwrap(value) is { } plain ? $"{Show(plain)} ({TypeNames.Of(plain.GetType())})" : "null";

    private static string Quote(string text) => $"\"{Cut(text)}\"";

    private static string Cut(string text) => text.Length <= LongestShown ? text : text[..(LongestShown - 1)] + "…";

    private static object? FromJson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when json.TryGetInt64(out var whole) => whole,
        // 1e400 is valid JSON and no double: .NET reads it as infinity, which the checks downstream then see.
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.Array => json.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.Object => ObjectFromJson(json),
        _ => null,
    };

    private static Dictionary<string, object?> ObjectFromJson(JsonElement json)
    {
        var entries = new Dictionary<string, object?>();
        foreach (var property in json.EnumerateObject())
        {
            entries[property.Name] = FromJson(property.Value); // the last of a repeated key wins, as in JSON parsers at large
        }

        return entries;
    }
}
