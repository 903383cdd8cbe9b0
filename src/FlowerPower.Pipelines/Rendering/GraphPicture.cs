using System.Text;

namespace FlowerPower.Pipelines;

/// <summary>Pictures of a graph: for a terminal, for Markdown, for Graphviz, and as a file that any browser shows.</summary>
public static class GraphPicture
{
    private const int LongestDescription = 60;

    /// <summary>A tree for a terminal: what nobody takes at the top, what it takes below it. A node's own tree is shown once.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="finalVars">Only what these need, and these at the top; null: the whole graph.</param>
    /// <returns>Lines that end in a line feed; one line per place of a node.</returns>
    /// <exception cref="GraphException">A final variable is neither a node nor an input.</exception>
    public static string ToText(FunctionGraph graph, IReadOnlyList<string>? finalVars = null)
    {
        var picture = PictureGraph.Of(graph, finalVars);
        var text = new StringBuilder();
        var shown = new HashSet<string>();
        foreach (var top in picture.Tops)
        {
            Tree(text, picture, shown, top, "", "");
        }

        return text.Length == 0 ? "(no nodes)\n" : text.ToString();
    }

    /// <summary>A Mermaid flowchart, for Markdown.</summary>
    /// <inheritdoc cref="ToText"/>
    public static string ToMermaid(FunctionGraph graph, IReadOnlyList<string>? finalVars = null)
    {
        var picture = PictureGraph.Of(graph, finalVars);
        var text = new StringBuilder("flowchart LR\n");
        foreach (var box in picture.Boxes)
        {
            // Names may be Mermaid's own words, such as "end": ids are numbers.
            var label = $"\"{MermaidText(box.Name)}<br/><i>{MermaidText(box.Detail)}</i>\"";
            text.Append("    n").Append(box.Index).Append(box.IsInput ? $"([{label}])" : box.IsFinal ? $"[[{label}]]" : $"[{label}]").Append('\n');
        }

        foreach (var (from, to) in picture.Edges)
        {
            text.Append("    n").Append(from).Append(" --> n").Append(to).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A Graphviz digraph.</summary>
    /// <inheritdoc cref="ToText"/>
    public static string ToDot(FunctionGraph graph, IReadOnlyList<string>? finalVars = null)
    {
        var picture = PictureGraph.Of(graph, finalVars);
        var text = new StringBuilder("digraph pipeline {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        foreach (var box in picture.Boxes)
        {
            text.Append("  ").Append(DotText(box.Name)).Append(" [label=").Append(DotText($"{box.Name}\n{box.Detail}"))
                .Append(box.IsInput ? ", style=\"rounded,dashed\"" : box.IsFinal ? ", penwidth=2" : "")
                .Append(box.Description is { } words ? $", tooltip={DotText(words)}" : "")
                .Append("];\n");
        }

        foreach (var (from, to) in picture.Edges)
        {
            text.Append("  ").Append(DotText(picture.Boxes[from].Name)).Append(" -> ").Append(DotText(picture.Boxes[to].Name)).Append(";\n");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>An SVG picture: values flow from left to right; inputs are dashed, final variables have a strong border.</summary>
    /// <inheritdoc cref="ToText"/>
    public static string ToSvg(FunctionGraph graph, IReadOnlyList<string>? finalVars = null)
    {
        var picture = PictureGraph.Of(graph, finalVars);
        return SvgWriter.Write(picture, SvgLayout.Of(picture));
    }

    private static void Tree(StringBuilder text, PictureGraph picture, HashSet<string> shown, PictureBox box, string first, string rest)
    {
        var takes = picture.Takes(box);
        var again = takes.Count > 0 && !shown.Add(box.Name);
        var description = box.Description is { } words && !again ? $"  — {Cut(words)}" : "";
        text.Append(first).Append(box.Name).Append(" : ").Append(box.Detail).Append(again ? "  (see above)" : "").Append(description).Append('\n');
        if (again)
        {
            return;
        }

        for (var i = 0; i < takes.Count; i++)
        {
            var last = i == takes.Count - 1;
            Tree(text, picture, shown, takes[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
        }
    }

    private static string Cut(string text) => text.Length <= LongestDescription ? text : text[..(LongestDescription - 1)] + "…";

    private static string MermaidText(string text) =>
        text.Replace("#", "#35;", StringComparison.Ordinal).Replace("\"", "#quot;", StringComparison.Ordinal)
            .Replace("<", "#lt;", StringComparison.Ordinal).Replace(">", "#gt;", StringComparison.Ordinal);

    private static string DotText(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
