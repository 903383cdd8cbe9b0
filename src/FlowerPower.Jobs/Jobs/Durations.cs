using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlowerPower.Jobs;

/// <summary>Lengths of time and instants as people and configurations write them.</summary>
public static class Durations
{
    private const int MaxLength = 64;

    // Largest first: units appear in this order, each at most once, so that a typing error is found and not guessed at.
    private static readonly (string Name, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
    ];

    private static readonly (string Name, long Ticks)[] IsoDateUnits = [("W", 7 * TimeSpan.TicksPerDay), ("D", TimeSpan.TicksPerDay)];

    private static readonly (string Name, long Ticks)[] IsoTimeUnits =
        [("H", TimeSpan.TicksPerHour), ("M", TimeSpan.TicksPerMinute), ("S", TimeSpan.TicksPerSecond)];

    /// <summary>
    /// Reads a length of time: numbers with the units <c>d h m s ms</c>, the largest first (<c>5m</c>, <c>2h30m</c>, <c>1.5s</c>), or
    /// ISO 8601 (<c>PT5M</c>, <c>P1DT2H</c>, <c>P2W</c>). Only the last number may have a fraction.
    /// </summary>
    /// <returns>Zero or more, truncated to 100 ns ticks.</returns>
    /// <exception cref="FormatException">The text is not such a length; the message says why and what would be one.</exception>
    public static TimeSpan Parse(string text) => TryRead(text.Trim(), out var length, out var problem)
        ? length
        : throw new FormatException($"'{ShortText.Cut(text, MaxLength)}' is not a length of time: {problem}");

    /// <summary>Reads a length of time as <see cref="Parse"/> does; <see langword="false"/> if the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan length)
    {
        length = default;
        return text is not null && TryRead(text.Trim(), out length, out _);
    }

    /// <summary>Reads an instant: ISO 8601 date, time and offset (<c>2026-03-01T14:30:00+01:00</c>, <c>2026-03-01T13:30Z</c>).</summary>
    /// <returns>UTC.</returns>
    /// <exception cref="FormatException">
    /// The text is not such an instant, or it has no offset, so that it would mean another instant on another machine.
    /// </exception>
    public static DateTimeOffset ParseInstant(string text)
    {
        var trimmed = text.Trim();
        const DateTimeStyles toUtc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(trimmed, InstantFormats, CultureInfo.InvariantCulture, toUtc, out var instant))
        {
            return instant;
        }

        var shown = ShortText.Cut(trimmed, MaxLength);
        if (DateTime.TryParseExact(trimmed, LocalFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            throw new FormatException($"'{shown}' has no offset from UTC, so it is not one instant: "
                + FormattableString.Invariant($"write {local:yyyy-MM-ddTHH:mm:ss}Z for UTC, or an offset such as +02:00."));
        }

        throw new FormatException($"'{shown}' is not an instant: "
            + "write date, time and offset in ISO 8601, as in 2026-03-01T14:30:00Z or 2026-03-01T14:30:00+01:00.");
    }

    private static readonly string[] LocalFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss",
    ];

    private static readonly string[] InstantFormats =
    [
        .. from time in new[] { "HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFFF" }
           from offset in new[] { "'Z'", "zzz" }
           select $"yyyy-MM-dd'T'{time}{offset}",
    ];

    private static bool TryRead(string text, out TimeSpan length, out string problem)
    {
        length = default;
        if (text.Length is 0 or > MaxLength)
        {
            problem = $"it has {text.Length} characters; write for example 90s, 5m, 2h30m or PT5M.";
            return false;
        }

        if (text[0] == '-')
        {
            problem = "it is negative; write how long to wait, for example 5m.";
            return false;
        }

        long ticks = 0;
        var read = text[0] == 'P'
            ? TryReadIso(text.AsSpan(1), ref ticks, out problem)
            : TryReadParts(text, Units, mayHaveFraction: true, ref ticks, out problem);
        length = read ? new TimeSpan(ticks) : default;
        return read;
    }

    private static bool TryReadIso(ReadOnlySpan<char> text, ref long ticks, out string problem)
    {
        var time = text.IndexOf('T');
        var days = time < 0 ? text : text[..time];
        if (days.IndexOfAny('Y', 'M') >= 0)
        {
            problem = "years and months have no fixed length; write days (P30D) or weeks (P4W), or PT5M for five minutes.";
            return false;
        }

        if (days.IsEmpty && (time < 0 || time == text.Length - 1))
        {
            problem = "nothing follows the P; write for example PT5M or P1DT2H.";
            return false;
        }

        if (time == text.Length - 1)
        {
            problem = "nothing follows the T; write for example P1DT2H, or leave the T out.";
            return false;
        }

        problem = "";
        return (days.IsEmpty || TryReadParts(days, IsoDateUnits, mayHaveFraction: time < 0, ref ticks, out problem))
            && (time < 0 || TryReadParts(text[(time + 1)..], IsoTimeUnits, mayHaveFraction: true, ref ticks, out problem));
    }

    private static bool TryReadParts(
        ReadOnlySpan<char> text, (string Name, long Ticks)[] units, bool mayHaveFraction, ref long ticks, out string problem)
    {
        var nextUnit = 0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept("0123456789.,");
            var number = digits < 0 ? text : text[..digits];
            if (number.IsEmpty)
            {
                problem = $"a number is missing before '{text}'; write for example 5m, 2h30m or PT5M.";
                return false;
            }

            text = text[number.Length..];
            var end = text.IndexOfAny("0123456789.,");
            var unit = end < 0 ? text : text[..end];
            text = text[unit.Length..];
            if (unit.IsEmpty)
            {
                problem = $"{number} of what? Add a unit: {string.Join(", ", units.Select(u => u.Name))}.";
                return false;
            }

            var index = IndexOf(units, unit);
            if (index < nextUnit)
            {
                problem = index < 0
                    ? $"'{unit}' is not a unit; the units here are {string.Join(", ", units.Select(u => u.Name))}."
                    : $"'{unit}' comes twice or after a smaller unit; write the largest first, each once, as in 2h30m.";
                return false;
            }

            nextUnit = index + 1;
            if (!TryAdd(number, units[index].Ticks, mayHaveFraction && text.IsEmpty, ref ticks, out problem))
            {
                return false;
            }
        }

        problem = "";
        return true;
    }

    private static bool TryAdd(ReadOnlySpan<char> number, long unit, bool mayHaveFraction, ref long ticks, out string problem)
    {
        var isWhole = number.IndexOfAny('.', ',') < 0;
        if (!isWhole && !mayHaveFraction)
        {
            problem = $"{number} has a fraction but is not the last number; write the rest in the smaller unit, as in 1h30m.";
            return false;
        }

        if (!decimal.TryParse(
            number.ToString().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || !char.IsAsciiDigit(number[0]) || !char.IsAsciiDigit(number[^1]))
        {
            problem = $"'{number}' is not a number; write it as 15 or 1.5.";
            return false;
        }

        if (value > (long.MaxValue - ticks) / (decimal)unit)
        {
            problem = "it is longer than 10,675,199 days.";
            return false;
        }

        ticks += (long)(value * unit);
        problem = "";
        return true;
    }

    private static int IndexOf((string Name, long Ticks)[] units, ReadOnlySpan<char> unit)
    {
        for (var i = 0; i < units.Length; i++)
        {
            if (unit.SequenceEqual(units[i].Name))
            {
                return i;
            }
        }

        return -1;
    }
}
