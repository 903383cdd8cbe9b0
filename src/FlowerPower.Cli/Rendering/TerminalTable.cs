using Spectre.Console;
using Spectre.Console.Rendering;

namespace FlowerPower.Cli.Rendering;

/// <summary>A table on a terminal: a bold header, coloured statuses, long cells wrapped instead of cut, wide characters counted as two.</summary>
internal static class TerminalTable
{
    private static readonly Dictionary<string, string> Colours = new(StringComparer.Ordinal)
    {
        ["completed"] = "green",
        ["failed"] = "red",
        ["retrying"] = "yellow",
        ["running"] = "blue",
        ["cancelled"] = "grey",
    };

    /// <summary>Writes it, coloured unless NO_COLOR is set (https://no-color.org).</summary>
    public static void Write(TextWriter writer, TextTable table, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        var drawn = new Table { Border = TableBorder.None, ShowHeaders = table.HasHeader };
        for (var c = 0; c < table.Header.Count; c++)
        {
            var column = new TableColumn(new Markup($"[bold]{Markup.Escape(table.Header[c])}[/]")) { NoWrap = c < table.Header.Count - 1 };
            column.Padding = new Padding(0, 0, c < table.Header.Count - 1 ? 2 : 0, 0);
            column.Alignment = table.IsNumeric(c) ? Justify.Right : Justify.Left;
            drawn.AddColumn(column);
        }

        foreach (var row in table.Rows)
        {
            drawn.AddRow(row.Select<string, IRenderable>(cell => Colours.TryGetValue(cell, out var colour)
                ? new Markup($"[{colour}]{cell}[/]")
                : new Text(cell)));
        }

        console.Write(drawn);
    }
}
