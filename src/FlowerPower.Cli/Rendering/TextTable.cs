using System.Globalization;
using System.Text;

namespace FlowerPower.Cli.Rendering;

/// <summary>Rows in aligned columns, as plain text: good in a pipe, in a log and on a screen.</summary>
internal sealed class TextTable(params IReadOnlyList<string> header)
{
    private const int Gap = 2;

    private readonly List<IReadOnlyList<string>> rows = [];

    /// <summary>The columns' titles; all empty in a table without a header.</summary>
    public IReadOnlyList<string> Header => header;

    /// <summary>The cells, a list for each row, as long as the header.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => rows;

    public bool HasHeader => header.Any(title => title.Length > 0);

    /// <summary>Does a column hold numbers, and at least one?</summary>
    public bool IsNumeric(int column) => rows.Any(row => row[column].Length > 0) && rows.All(row => IsNumber(row[column]));

    public void Add(params IReadOnlyList<string> cells) => rows.Add(cells);

    /// <summary>The lines, header first (an empty header has none), each cut at the width; numbers stand to the right.</summary>
    public IEnumerable<string> Lines(int width, string indent = "")
    {
        var widths = Enumerable.Range(0, header.Count).Select(c => rows.Select(row => row[c].Length).Append(header[c].Length).Max()).ToArray();
        var right = Enumerable.Range(0, header.Count).Select(IsNumeric).ToArray();
        var all = HasHeader ? rows.Prepend(header) : rows;
        return all.Select(row => Cut(Line(row, widths, right, indent), width));
    }

    /// <summary>A text, at most so long; the last character of a cut one is an ellipsis.</summary>
    public static string Cut(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, Math.Max(0, length - 1)), "…");

    private static string Line(IReadOnlyList<string> row, int[] widths, bool[] right, string indent)
    {
        var line = new StringBuilder(indent);
        for (var c = 0; c < row.Count; c++)
        {
            line.Append(right[c] ? row[c].PadLeft(widths[c]) : row[c].PadRight(widths[c]));
            line.Append(' ', c < row.Count - 1 ? Gap : 0);
        }

        return line.ToString().TrimEnd();
    }

    private static bool IsNumber(string cell) =>
        cell.Length == 0 || cell is "null" || double.TryParse(cell, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);
}
