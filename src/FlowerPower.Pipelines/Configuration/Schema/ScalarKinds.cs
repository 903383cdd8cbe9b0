using System.Globalization;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>One value that is not a list or a block.</summary>
internal abstract class ScalarKind<T>(string expected, bool nullable) : ValueKind
{
    public sealed override string Expected { get; } = nullable ? expected + ", or null" : expected;

    public sealed override bool TryRead(ConfigNode node, BindContext context, string path, out object? value)
    {
        value = null;
        if (node is not ScalarNode scalar)
        {
            return false;
        }

        return (nullable && scalar.Value is null) || (Read(scalar) is { } given && TryAccept(given, out value));
    }

    public sealed override bool TryAccept(object? given, out object? value)
    {
        value = given is T typed ? Accept(typed) : null;
        return value is not null || (nullable && given is null);
    }

    /// <summary>The value in its type, or null if it has another one.</summary>
    protected abstract object? Read(ScalarNode scalar);

    /// <summary>The value as it is kept, or null if it is out of range.</summary>
    protected virtual object? Accept(T value) => value;
}

internal sealed class TextKind(string expected = "text", bool nullable = true, Func<string, bool>? check = null)
    : ScalarKind<string>(expected, nullable)
{
    // A password such as 12345 that came through the environment is text, whatever it looks like.
    protected override object? Read(ScalarNode scalar) => scalar.Loose ? scalar.Text : scalar.Value as string;

    protected override object? Accept(string value) => check is null || check(value) ? value : null;
}

/// <summary>One word of a closed list; case does not matter, and the list's spelling is kept.</summary>
internal sealed class ChoiceKind(IReadOnlyList<string> words, bool nullable = false)
    : ScalarKind<string>($"one of {string.Join(", ", words)}", nullable)
{
    protected override object? Read(ScalarNode scalar) => scalar.Value as string;

    protected override object? Accept(string value) =>
        words.FirstOrDefault(word => word.Equals(value, StringComparison.OrdinalIgnoreCase));
}

internal sealed class BoolKind(bool nullable = false) : ScalarKind<bool>("true or false", nullable)
{
    protected override object? Read(ScalarNode scalar) => scalar switch
    {
        { Value: bool flag } => flag,
        { Loose: true } => scalar.Text.Trim().ToLowerInvariant() switch
        {
            "1" or "true" or "yes" or "on" => true,
            "0" or "false" or "no" or "off" => false,
            _ => null,
        },
        _ => null,
    };
}

internal sealed class WholeKind(int min, int max = int.MaxValue, bool nullable = false)
    : ScalarKind<int>(max == int.MaxValue ? $"a whole number, {min} or more" : $"a whole number, {min} to {max}", nullable)
{
    protected override object? Read(ScalarNode scalar) => scalar.Value switch
    {
        long whole and >= int.MinValue and <= int.MaxValue => (int)whole,
        double number when Math.Floor(number) == number && Math.Abs(number) <= int.MaxValue => (int)number,
        _ => null,
    };

    protected override object? Accept(int value) => value >= min && value <= max ? value : null;
}

internal sealed class NumberKind(double min, bool nullable = false)
    : ScalarKind<double>($"a number, {min.ToString(CultureInfo.InvariantCulture)} or more", nullable)
{
    protected override object? Read(ScalarNode scalar) => scalar.Value switch
    {
        long whole => (double)whole,
        double number => number,
        _ => null,
    };

    protected override object? Accept(double value) => double.IsFinite(value) && value >= min ? value : null;
}

/// <summary>A length of time above zero.</summary>
internal sealed class DurationKind() : ScalarKind<TimeSpan>(Durations.Expected + "; above zero", nullable: true)
{
    protected override object? Read(ScalarNode scalar) => scalar.Value switch
    {
        long seconds => Durations.TryFromSeconds(seconds, out var length) ? length : null,
        double seconds => Durations.TryFromSeconds(seconds, out var length) ? length : null,
        string text => Durations.TryParse(text, out var length) ? length : null,
        _ => null,
    };

    protected override object? Accept(TimeSpan value) => value > TimeSpan.Zero ? value : null;
}
