using YamlDotNet.Core;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>The parser's complaint in the words of someone who writes configuration, not parsers.</summary>
internal static class YamlFault
{
    /// <summary>A broken file as an exception with place and remedy.</summary>
    /// <param name="error">What the parser threw.</param>
    /// <param name="last">Where the last good piece ended: for complaints that carry no place of their own.</param>
    public static ConfigException Explain(Exception error, Origin last, string text)
    {
        var at = error is YamlException yaml ? last with { Line = (int)yaml.Start.Line, Column = (int)yaml.Start.Column } : last;
        if (Has("tab"))
        {
            at = FirstTab(text, at);
        }

        return new ConfigException(at, "", $"broken YAML: {Reason()}", error);

        bool Has(string words) => error.Message.Contains(words, StringComparison.Ordinal);

        string Reason() => 0 switch
        {
            _ when Has("tab") => "a line is indented with a tab; use spaces.",
            _ when Has("found invalid mapping") =>
                "a second 'key:' where a value was expected; check the indentation of this line, or quote the value if it contains ': '.",
            _ when Has("unexpected end of stream") => "the quote that opens here is never closed.",
            _ when Has("',' or") || error is not YamlException => "a '[' or '{' is not closed, or a ',' is missing.",
            _ when Has("expected key") => "expected 'key: value' here; check the indentation, and the space after the colon.",
            _ when Has("'-' indicator") => "expected another '- item' of the list; check the indentation.",
            _ when Has("cannot start any token") => "a value cannot start with this character; put the value in quotes.",
            _ when Has("escape") => "unknown \\ escape in double quotes; write \\\\ for a backslash, or use single quotes.",
            _ => error.Message,
        };
    }

    /// <summary>The parser reports a tab at the start of the block around it.</summary>
    private static Origin FirstTab(string text, Origin otherwise)
    {
        var lines = text.Split('\n');
        for (var i = Math.Max(0, otherwise.Line - 1); i < lines.Length; i++)
        {
            var indent = lines[i].Length - lines[i].TrimStart(' ', '\t').Length;
            var tab = lines[i].AsSpan(0, indent).IndexOf('\t');
            if (tab >= 0)
            {
                return otherwise with { Line = i + 1, Column = tab + 1 };
            }
        }

        return otherwise;
    }
}
