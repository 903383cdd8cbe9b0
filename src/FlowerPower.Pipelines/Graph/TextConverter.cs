using System.Globalization;

namespace FlowerPower.Pipelines;

/// <summary>The types that configuration can only write as text.</summary>
internal static class TextConverter
{
    private const DateTimeStyles InstantStyle = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces;

    /// <summary>Reads a text as a date, time, instant (UTC unless it says otherwise), duration, enum, id, URI or character. Never as a number.</summary>
    public static bool TryConvert(string text, Type target, out object? result)
    {
        var invariant = CultureInfo.InvariantCulture;
        result = null;
        if (target.IsEnum)
        {
            return TryEnum(text, target, out result);
        }

        if (target == typeof(DateOnly) && DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date))
        {
            result = date;
        }
        else if (target == typeof(TimeOnly) && TimeOnly.TryParse(text, invariant, out var time))
        {
            result = time;
        }
        else if (target == typeof(DateTimeOffset) && DateTimeOffset.TryParse(text, invariant, InstantStyle, out var instant))
        {
            result = instant;
        }
        else if (target == typeof(DateTime) && DateTime.TryParse(text, invariant, DateTimeStyles.RoundtripKind, out var dateTime))
        {
            result = dateTime;
        }
        // A bare "5" would be five days to TimeSpan.Parse; nobody means that.
        else if (target == typeof(TimeSpan) && text.Contains(':') && TimeSpan.TryParse(text, invariant, out var duration))
        {
            result = duration;
        }
        else if (target == typeof(Guid) && Guid.TryParse(text, out var id))
        {
            result = id;
        }
        else if (target == typeof(Uri) && Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var uri))
        {
            result = uri;
        }
        else if (target == typeof(char) && text.Length == 1)
        {
            result = text[0];
        }

        return result is not null;
    }

    /// <summary>The form that a text must have for this type; null if none will do.</summary>
    public static string? FormOf(Type target) => target switch
    {
        _ when target == typeof(DateOnly) => "like 2026-03-31",
        _ when target == typeof(TimeOnly) => "like 06:30 or 06:30:15",
        _ when target == typeof(DateTimeOffset) => "like 2026-03-31T06:30:00Z",
        _ when target == typeof(DateTime) => "like 2026-03-31T06:30:00",
        _ when target == typeof(TimeSpan) => "like 00:05:00 or 1.12:00:00",
        _ when target.IsEnum => "one of " + string.Join(", ", Enum.GetNames(target).Select(NodeNames.Snake)),
        _ => null,
    };

    private static bool TryEnum(string text, Type target, out object? result)
    {
        // Numbers are no names: "7" must not become an undefined member.
        var wanted = NodeNames.Snake(text);
        var name = Enum.GetNames(target).FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? Enum.GetNames(target).FirstOrDefault(n => NodeNames.Snake(n) == wanted);
        result = name is null ? null : Enum.Parse(target, name);
        return result is not null;
    }
}
