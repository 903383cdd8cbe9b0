using System.CommandLine;
using System.Text;
using System.Text.Json;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Parsing;

/// <summary>Options such as <c>--inputs</c>: a JSON object, or any number of <c>name=value</c>, which may be mixed; later ones win.</summary>
internal static class NamedValues
{
    /// <summary>Values of any kind: what reads as JSON is what it says, everything else is text.</summary>
    public static Option<Dictionary<string, object?>?> Any(string name, string description) => Create<object?>(name, "JSON|NAME=VALUE", description, ReadAny);

    /// <summary>Texts.</summary>
    public static Option<Dictionary<string, string>?> Texts(string name, string description) => Create<string>(name, "NAME=VALUE", description, ReadText);

    private static Option<Dictionary<string, T>?> Create<T>(
        string name, string placeholder, string description, Action<string, string, Dictionary<string, T>> read) => new(name)
        {
            Description = description,
            HelpName = placeholder,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
            {
                var values = new Dictionary<string, T>(StringComparer.Ordinal);
                foreach (var token in result.Tokens)
                {
                    try
                    {
                        read(name, token.Value, values);
                    }
                    catch (FormatException error)
                    {
                        result.AddError(error.Message);
                        return null;
                    }
                }

                return values;
            },
        };

    private static void ReadAny(string option, string text, Dictionary<string, object?> values)
    {
        if (text.AsSpan().TrimStart().StartsWith("{"))
        {
            foreach (var (name, value) in ReadObject(option, text))
            {
                values[name] = value;
            }

            return;
        }

        var (key, given) = Split(option, text, mayBeJson: true);
        values[key] = ReadValue(given);
    }

    private static void ReadText(string option, string text, Dictionary<string, string> values)
    {
        var (key, given) = Split(option, text, mayBeJson: false);
        values[key] = given;
    }

    private static (string Name, string Value) Split(string option, string text, bool mayBeJson)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? (text[..equals].Trim(), text[(equals + 1)..])
            : throw new FormatException(
                $"{option} takes {(mayBeJson ? "name=value or a JSON object" : "name=value")}, not '{text}'. A command's own arguments, such as a pipeline's name, come before it.");
    }

    private static Dictionary<string, object?> ReadObject(string option, string text)
    {
        try
        {
            return PlainValues.FromJson(Encoding.UTF8.GetBytes(text)) as Dictionary<string, object?>
                ?? throw new FormatException($"{option} needs a JSON object such as {{\"name\": 1}}, not '{text}'.");
        }
        catch (JsonException error)
        {
            throw new FormatException(
                $"{option} is not a JSON object: at character {error.BytePositionInLine + 1} of '{text}'. Write {{\"name\": 1}}, in single quotes for the shell, or name=1.");
        }
    }

    private static object? ReadValue(string text)
    {
        try
        {
            return PlainValues.FromJson(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            return text; // a word, a path, a date: most values are
        }
    }
}
