using System.Text;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>Puts environment variables into YAML values: <c>$VAR ${VAR} ${VAR:-d} ${VAR-d} ${VAR:?e} ${VAR?e} $$</c>.</summary>
/// <remarks>
/// The expanded text is read as JSON if it is an object, a list, a number, true, false or null, as in FlowerPower. Other than there, a
/// default or an error text may itself contain variables and balanced braces, and a name that cannot be one is an error, not empty.
/// </remarks>
internal sealed class EnvironmentText(IReadOnlyDictionary<string, string?> environment)
{
    /// <summary>The same nodes with every value expanded; keys stay as they are.</summary>
    /// <exception cref="ConfigException">A required variable is missing, or a <c>${</c> cannot be read.</exception>
    public ConfigNode Expand(ConfigNode node, string path = "") => node switch
    {
        MapNode map => Expand(map, path),
        ListNode list => new ListNode(list.At, [.. list.Items.Select((item, i) => Expand(item, $"{path}[{i}]"))]),
        ScalarNode { Value: string text } scalar when text.Contains('$') => Typed(Expand(text, scalar.At, path), scalar.At),
        _ => node,
    };

    /// <inheritdoc cref="Expand(ConfigNode, string)"/>
    public MapNode Expand(MapNode map, string path = "") =>
        new(map.At, [.. map.Entries.Select(e => e with { Value = Expand(e.Value, path.Length == 0 ? e.Key : $"{path}.{e.Key}") })]);

    /// <summary>A text from the environment with the type that it looks like.</summary>
    public static ConfigNode Typed(string text, Origin at)
    {
        var trimmed = text.Trim();
        var looksLikeJson = trimmed is "true" or "false" or "null" or ['{' or '[' or '-' or (>= '0' and <= '9'), ..];
        return looksLikeJson && PlainJson.TryRead(trimmed, out var value)
            ? value is Dictionary<string, object?> or List<object?>
                ? ConfigNode.FromPlain(value, at, loose: true)
                : new ScalarNode(at, value, text, loose: true)
            : new ScalarNode(at, text, text, loose: true);
    }

    private string Expand(string text, Origin at, string path)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var next = text[i + 1];
            if (next == '$')
            {
                result.Append('$');
                i++;
            }
            else if (next == '{')
            {
                var end = ClosingBrace(text, i + 1);
                if (end < 0)
                {
                    throw new ConfigException(at, path, $"{path}: '${{' is never closed; write $$ for a dollar sign.");
                }

                result.Append(Value(text[(i + 2)..end], at, path));
                i = end;
            }
            else if (NameLength(text.AsSpan(i + 1)) is var length and > 0)
            {
                result.Append(Get(text.Substring(i + 1, length)));
                i += length;
            }
            else
            {
                result.Append('$'); // "5 $" is no variable
            }
        }

        return result.ToString();
    }

    private string Value(string inner, Origin at, string path)
    {
        var length = NameLength(inner);
        var name = inner[..length];
        var rest = inner[length..];
        var value = Get(name);
        var orEmpty = rest.StartsWith(':');
        var missing = value is null || (orEmpty && value.Length == 0);
        var operation = orEmpty ? rest[1..] : rest;
        return (length, operation) switch
        {
            ( > 0, "") when !orEmpty => value ?? "",
            ( > 0, ['-', .. var fallback]) => missing ? Expand(fallback, at, path) : value!,
            ( > 0, ['?', .. var reason]) => !missing ? value! : throw Required(name, orEmpty, Expand(reason, at, path)),
            _ => throw new ConfigException(
                at, path,
                $"{path}: ${{{inner}}} is no variable; write ${{NAME}}, ${{NAME:-default}} or ${{NAME:?reason}}, or $$ for a dollar sign."),
        };

        ConfigException Required(string variable, bool alsoFull, string reason) => new(
            at, path,
            $"{path} needs the environment variable {variable}, which is not set{(alsoFull ? " or is empty" : "")}"
            + (reason.Length == 0 ? "." : $": {reason}"));
    }

    private string? Get(string name) => environment.TryGetValue(name, out var value) ? value : null;

    private static int NameLength(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetter(text[0]) || text[0] == '_'))
        {
            return 0;
        }

        var length = 1;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '_'))
        {
            length++;
        }

        return length;
    }

    private static int ClosingBrace(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }

        // A default with a lone "{" is not balanced: then the first "}" closes, as in FlowerPower.
        return text.IndexOf('}', open);
    }
}
