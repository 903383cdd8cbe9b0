using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Parsing;

/// <summary>The values of one JSON object by name; one that is of another kind than it must be is refused by its name. <see langword="null"/> counts as absent.</summary>
internal sealed class LineValues(Dictionary<string, object?> values)
{
    public string? Text(string name) => values.GetValueOrDefault(name) switch
    {
        null => null,
        string text => text,
        var other => throw Wrong(name, "a text", other),
    };

    /// <summary>A text that means something else.</summary>
    /// <param name="parse">Throws <see cref="FormatException"/>; the message follows the name.</param>
    public T? Read<T>(string name, Func<string, T> parse)
        where T : struct =>
        Text(name) is { } text ? Named(name, () => parse(text)) : null;

    /// <inheritdoc cref="Read{T}(string, Func{string, T})"/>
    public string? Read(string name, Func<string, string> parse) => Text(name) is { } text ? Named(name, () => parse(text)) : null;

    public Dictionary<string, object?>? Object(string name) => values.GetValueOrDefault(name) switch
    {
        null => null,
        Dictionary<string, object?> map => map,
        var other => throw Wrong(name, "an object", other),
    };

    public string[]? Texts(string name) => values.GetValueOrDefault(name) switch
    {
        null => null,
        List<object?> list => [.. list.Select(item => item as string ?? throw Wrong(name, "a list of texts", list))],
        var other => throw Wrong(name, "a list of texts", other),
    };

    public Dictionary<string, string>? TextsByName(string name) => Object(name) is not { } map
        ? null
        : map.ToDictionary(pair => pair.Key, pair => pair.Value as string ?? throw Wrong($"{name}.{pair.Key}", "a text", pair.Value));

    public int? Whole(string name) => values.GetValueOrDefault(name) switch
    {
        null => null,
        long number and >= 0 and <= int.MaxValue => (int)number,
        var other => throw Wrong(name, "a whole number of 0 or more", other),
    };

    public double? Number(string name) => values.GetValueOrDefault(name) switch
    {
        null => null,
        long number and >= 0 => number,
        double number and >= 0 => number,
        var other => throw Wrong(name, "a number of 0 or more", other),
    };

    /// <summary>A number of seconds, or a length of time.</summary>
    public double? Seconds(string name) => values.GetValueOrDefault(name) is string text
        ? Named(name, () => Values.LengthOf(text, mayBeZero: true)).TotalSeconds
        : Number(name);

    private static T Named<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw new FormatException($"has a '{name}' that cannot be used: {Sentence(error.Message)}", error);
        }
    }

    // What options say begins after their name.
    private static string Sentence(string message) => message.StartsWith("cannot be used: ", StringComparison.Ordinal)
        ? message["cannot be used: ".Length..]
        : message.StartsWith("must ", StringComparison.Ordinal) ? $"it {message}" : message;

    private static FormatException Wrong(string name, string kind, object? value) =>
        new($"has a '{name}' that must be {kind}, not {System.Text.Encoding.UTF8.GetString(PlainValues.ToJson(value))}.");
}
