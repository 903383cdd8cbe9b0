using System.Globalization;
using System.Net;
using System.Text;

namespace FlowerPower.Pipelines;

/// <summary>Draws a laid-out graph. No scripts, no fonts and no files from elsewhere; readable on light and dark pages.</summary>
internal static class SvgWriter
{
    private const string Style = """
          <style>
            text { font-family: system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; text-anchor: middle; }
            .name { font-size: 13px; font-weight: 600; fill: #1f2933; }
            .type { font-size: 11px; fill: #52606d; }
            .node { fill: #e3f1e8; stroke: #3d7a57; stroke-width: 1.2; }
            .input { fill: #f3f4f6; stroke: #7b8794; stroke-width: 1.2; stroke-dasharray: 5 3; }
            .final { stroke-width: 3; }
            .line { fill: none; stroke: #7b8794; stroke-width: 1.4; }
          </style>
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
              <path d="M0 0 L8 4 L0 8 z" fill="#7b8794"/>
            </marker>
          </defs>

        """;

    public static string Write(PictureGraph picture, SvgLayout layout)
    {
        var svg = new StringBuilder();
        var (width, height) = layout.Size;
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:0}\" height=\"{height:0}\" viewBox=\"0 0 {width:0} {height:0}\" role=\"img\">\n");
        svg.Append("  <title>Function graph</title>\n").Append(Style).Append("  <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        foreach (var line in layout.Lines)
        {
            Append(svg, $"  <path class=\"line\" marker-end=\"url(#arrow)\" d=\"{Path(line)}\"/>\n");
        }

        foreach (var box in picture.Boxes)
        {
            Box(svg, box, layout.Boxes[box.Index]);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Box(StringBuilder svg, PictureBox box, (double X, double Y, double Width) at)
    {
        var middle = at.X + (at.Width / 2);
        var kind = (box.IsInput ? "input" : "node") + (box.IsFinal ? " final" : "");
        var corner = box.IsInput ? SvgLayout.BoxHeight / 2 : 6;
        svg.Append("  <g>\n");
        if (box.Description is { } description)
        {
            svg.Append("    <title>").Append(WebUtility.HtmlEncode(description)).Append("</title>\n");
        }

        Append(svg, $"    <rect class=\"{kind}\" x=\"{at.X:0.#}\" y=\"{at.Y:0.#}\" width=\"{at.Width:0.#}\" height=\"{SvgLayout.BoxHeight:0.#}\" rx=\"{corner:0.#}\"/>\n");
        Append(svg, $"    <text class=\"name\" x=\"{middle:0.#}\" y=\"{at.Y + 19:0.#}\">{WebUtility.HtmlEncode(box.Name)}</text>\n");
        Append(svg, $"    <text class=\"type\" x=\"{middle:0.#}\" y=\"{at.Y + 35:0.#}\">{WebUtility.HtmlEncode(box.Detail)}</text>\n");
        svg.Append("  </g>\n");
    }

    /// <summary>Curves from column to column, straight across a column.</summary>
    private static string Path(IReadOnlyList<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        Append(path, $"M{points[0].X:0.#} {points[0].Y:0.#}");
        for (var i = 1; i < points.Count; i++)
        {
            var ((x1, y1), (x2, y2)) = (points[i - 1], points[i]);
            var half = (x1 + x2) / 2;
            Append(path, i % 2 == 1 ? (FormattableString)$" C{half:0.#} {y1:0.#} {half:0.#} {y2:0.#} {x2:0.#} {y2:0.#}" : $" L{x2:0.#} {y2:0.#}");
        }

        return path.ToString();
    }

    private static void Append(StringBuilder text, FormattableString formatted) => text.Append(formatted.ToString(CultureInfo.InvariantCulture));
}
