using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>Which type an unquoted YAML text has.</summary>
/// <remarks>
/// As PyYAML reads it (YAML 1.1), because the same files are read by Python workers: <c>yes no on off</c> are booleans, <c>010</c> is
/// octal, <c>1_000</c> a thousand. Three of its surprises are left out: <c>12:30</c> stays a text (there 750), <c>2024-01-31</c> stays a
/// text (there a date, which JSON cannot carry), and <c>1e3</c> is a number (there a text).
/// </remarks>
internal static partial class YamlScalars
{
    /// <summary>The value of an unquoted text.</summary>
    /// <returns>string, bool, long, double or null.</returns>
    /// <exception cref="OverflowException">A whole number that 64 bits cannot hold.</exception>
    public static object? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return false;
            case ".nan" or ".NaN" or ".NAN":
                return double.NaN;
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return double.PositiveInfinity;
            case "-.inf" or "-.Inf" or "-.INF":
                return double.NegativeInfinity;
        }

        // The first character decides for nearly every text, without a regular expression.
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
        {
            return text;
        }

        if (WholeNumber().IsMatch(text))
        {
            return ToLong(text);
        }

        return Fraction().IsMatch(text)
            ? double.Parse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture)
            : text;
    }

    private static object ToLong(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var negative = digits[0] == '-';
        digits = digits.TrimStart('+', '-');
        var (skip, radix) = digits switch
        {
            ['0', 'x', ..] => (2, 16),
            ['0', 'b', ..] => (2, 2),
            ['0', 'o', ..] => (2, 8),
            ['0', _, ..] => (1, 8),
            _ => (0, 10),
        };
        var magnitude = digits[skip..].Aggregate(
            Int128.Zero,
            (sum, digit) => sum > long.MaxValue ? throw new OverflowException() : (sum * radix) + Convert.ToInt32(digit.ToString(), 16));
        return checked((long)(negative ? -magnitude : magnitude));
    }

    [GeneratedRegex(@"^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Fraction();
}
