using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>Lengths of time as people write them: seconds, <c>5m</c>, <c>2h30m</c>, <c>500ms</c>, or ISO 8601 (<c>PT5M</c>).</summary>
internal static partial class Durations
{
    public const string Expected = "a length of time: seconds, 5m, 2h30m, 500ms or PT5M";

    /// <summary>Reads a length of time; zero or more, at most 10,000 days.</summary>
    public static bool TryParse(string text, out TimeSpan length)
    {
        length = default;
        var match = Iso().Match(text.Trim());
        match = match.Success ? match : Words().Match(text.Trim());
        if (!match.Success || match.Groups.Values.Skip(1).All(group => !group.Success))
        {
            return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
                && TryFromSeconds(seconds, out length);
        }

        return TryFromSeconds((Part("d") * 86_400) + (Part("h") * 3_600) + (Part("m") * 60) + Part("s") + (Part("ms") / 1_000), out length);

        double Part(string unit) =>
            match.Groups[unit] is { Success: true } group ? double.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
    }

    /// <inheritdoc cref="TryParse"/>
    public static bool TryFromSeconds(double seconds, out TimeSpan length)
    {
        const double longest = 10_000 * 86_400.0;
        var fits = seconds is >= 0 and <= longest; // also false for NaN
        length = fits ? TimeSpan.FromSeconds(seconds) : default;
        return fits;
    }

    [GeneratedRegex(
        @"^P(?:(?<d>\d+)D)?(?:T(?=\d)(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+(?:\.\d+)?)S)?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();

    [GeneratedRegex(
        @"^(?:(?<d>\d+(?:\.\d+)?)d)?\s*(?:(?<h>\d+(?:\.\d+)?)h)?\s*(?:(?<m>\d+(?:\.\d+)?)m(?!s))?"
        + @"\s*(?:(?<s>\d+(?:\.\d+)?)s)?\s*(?:(?<ms>\d+(?:\.\d+)?)ms)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
