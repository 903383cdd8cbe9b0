using System.Globalization;
using System.Text.Json;

namespace FlowerPower.Cli.Rendering;

/// <summary>A run's result for people: node by node, long lists shortened with a count. The exact values are in <c>--output json</c>.</summary>
internal static class ResultText
{
    private const int MaxRows = 20;
    private const int MaxItems = 10;
    private const int MaxTextLines = 40;
    private const int MaxDepth = 4;
    private const int MaxCell = 40;
    private const int MinValueWidth = 20;

    /// <summary>Lines of at most the width; one that says so if there are no nodes.</summary>
    public static IReadOnlyList<string> Lines(IEnumerable<KeyValuePair<string, JsonElement>> result, int width)
    {
        var lines = new List<string>();
        Members([.. result.Select(node => (node.Key, node.Value))], "", width, 0, lines);
        if (lines.Count == 0)
        {
            lines.Add("(an empty result: the run names no final_vars; choose nodes with --final-vars)");
        }

        return lines;
    }

    private static void Members(IReadOnlyList<(string Name, JsonElement Value)> members, string indent, int width, int depth, List<string> lines)
    {
        var names = members.Where(member => IsInline(member.Value)).Select(member => member.Name.Length).DefaultIfEmpty(0).Max();
        foreach (var (name, value) in members)
        {
            if (IsInline(value))
            {
                var room = Math.Max(MinValueWidth, width - indent.Length - names - 2);
                lines.Add($"{indent}{name.PadRight(names)}  {Inline(value, room)}");
                continue;
            }

            lines.Add(indent + name + Size(value));
            Block(value, indent + "  ", width, depth + 1, lines);
        }
    }

    private static void Block(JsonElement value, string indent, int width, int depth, List<string> lines)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                TextBlock(value.GetString()!, indent, lines);
                break;
            case JsonValueKind.Object when depth < MaxDepth:
                Members([.. value.EnumerateObject().Select(member => (member.Name, member.Value))], indent, width, depth, lines);
                break;
            case JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object):
                Rows(value, indent, width, lines);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray().Take(MaxRows))
                {
                    lines.Add($"{indent}- {Inline(item, Math.Max(MinValueWidth, width - indent.Length - 2))}");
                }

                More(value.GetArrayLength(), indent, lines);
                break;
            default:
                lines.Add(indent + TextTable.Cut(Compact(value), Math.Max(MinValueWidth, width - indent.Length)));
                break;
        }
    }

    private static void Rows(JsonElement rows, string indent, int width, List<string> lines)
    {
        var shown = rows.EnumerateArray().Take(MaxRows).ToList();
        var columns = shown.SelectMany(row => row.EnumerateObject().Select(member => member.Name)).Distinct().ToList();
        var table = new TextTable([.. columns]);
        foreach (var row in shown)
        {
            table.Add([.. columns.Select(column => row.TryGetProperty(column, out var cell) ? Inline(cell, MaxCell) : "")]);
        }

        lines.AddRange(table.Lines(width, indent));
        More(rows.GetArrayLength(), indent, lines);
    }

    private static void More(int count, string indent, List<string> lines)
    {
        if (count > MaxRows)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{indent}… {count - MaxRows:N0} more of {count:N0}"));
        }
    }

    private static void TextBlock(string text, string indent, List<string> lines)
    {
        var all = text.TrimEnd().Split('\n');
        lines.AddRange(all.Take(MaxTextLines).Select(line => (indent + Clean(line.TrimEnd('\r'))).TrimEnd()));
        if (all.Length > MaxTextLines)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{indent}… {all.Length - MaxTextLines:N0} more lines"));
        }
    }

    private static string Size(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? string.Create(CultureInfo.InvariantCulture, $"  ({value.GetArrayLength():N0})")
        : "";

    /// <summary>Can it stand beside its name?</summary>
    private static bool IsInline(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.EnumerateArray().All(IsScalar),
        JsonValueKind.String => !value.GetString()!.TrimEnd().Contains('\n', StringComparison.Ordinal),
        _ => true,
    };

    private static bool IsScalar(JsonElement value) => value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array);

    private static string Inline(JsonElement value, int width) => TextTable.Cut(
        value.ValueKind switch
        {
            JsonValueKind.String => Clean(value.GetString()!.TrimEnd()),
            JsonValueKind.Number => Number(value),
            JsonValueKind.Array when value.GetArrayLength() == 0 => "(empty list)",
            JsonValueKind.Array when value.EnumerateArray().All(IsScalar) => List(value),
            JsonValueKind.Object when !value.EnumerateObject().Any() => "(empty)",
            JsonValueKind.Object or JsonValueKind.Array => Compact(value),
            _ => value.GetRawText(),
        },
        width);

    private static string List(JsonElement list)
    {
        var count = list.GetArrayLength();
        var shown = string.Join(", ", list.EnumerateArray().Take(MaxItems).Select(item => Inline(item, MaxCell)));
        return count <= MaxItems ? shown : string.Create(CultureInfo.InvariantCulture, $"{shown}, … ({count:N0} in all)");
    }

    // Seventeen digits help nobody who reads; those who compute take the JSON.
    private static string Number(JsonElement value)
    {
        var raw = value.GetRawText();
        if (raw.Length <= 9 || !raw.AsSpan().ContainsAny('.', 'e', 'E') || !value.TryGetDouble(out var number))
        {
            return raw;
        }

        var rounded = number.ToString("G7", CultureInfo.InvariantCulture);
        return rounded.Contains('E', StringComparison.Ordinal) ? number.ToString("0.###E+0", CultureInfo.InvariantCulture) : rounded;
    }

    private static string Compact(JsonElement value) => Clean(JsonSerializer.Serialize(value, CompactJson.Default.JsonElement));

    /// <summary>A text from a pipeline must not move the cursor or change the terminal's colours.</summary>
    internal static string Clean(string text) =>
        text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 && !text.Contains('\u007f', StringComparison.Ordinal)
            ? text
            : string.Concat(text.Select(c => c == '\t' ? "  " : char.IsControl(c) ? " " : c.ToString()));
}

/// <summary>JSON on one line.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(MaxDepth = 256)]
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonElement))]
internal sealed partial class CompactJson : System.Text.Json.Serialization.JsonSerializerContext;
