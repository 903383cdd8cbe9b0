using System.Globalization;
using System.Xml.Linq;

namespace FlowerPower.Pipelines.Tests;

public sealed class GraphPictureTests
{
    public static class Weather
    {
        /// <summary>The rows of the file, as they are.</summary>
        public static List<string> RawRows(string csvPath) => [csvPath];

        /// <summary>Rows with numbers &amp; dates, "bad" ones left out.</summary>
        public static Dictionary<string, double> Readings(List<string> raw_rows, int skip = 1) => new() { [""] = raw_rows.Count + skip };

        public static double Mean(Dictionary<string, double> readings) => readings.Values.Average();

        public static double Warmest(Dictionary<string, double> readings, string unit = "C") => readings.Values.Max() + unit.Length;

        /// <summary>One line for people.</summary>
        public static string Report(double mean, double warmest, string unit, List<string> raw_rows) => $"{mean} {warmest} {unit} {raw_rows.Count}";

        public static int End() => 1;
    }

    private static readonly FunctionGraph Graph = Given.Graph(typeof(Weather));

    [Fact]
    public void The_tree_shows_what_each_node_takes_and_each_subtree_once() =>
        Assert.Equal(
            """
            end : int
            report : string  — One line for people.
            ├─ mean : double
            │  └─ readings : Dictionary<string, double>  — Rows with numbers & dates, "bad" ones left out.
            │     ├─ raw_rows : List<string>  — The rows of the file, as they are.
            │     │  └─ csv_path : string (input)
            │     └─ skip : int (input, default 1)
            ├─ warmest : double
            │  ├─ readings : Dictionary<string, double>  (see above)
            │  └─ unit : string (input)
            ├─ unit : string (input)
            └─ raw_rows : List<string>  (see above)

            """,
            GraphPicture.ToText(Graph));

    [Fact]
    public void A_picture_may_show_only_what_some_nodes_need() =>
        Assert.Equal("raw_rows : List<string>  — The rows of the file, as they are.\n└─ csv_path : string (input)\n", GraphPicture.ToText(Graph, ["raw_rows"]));

    [Fact]
    public void An_unknown_node_is_refused() =>
        Assert.Equal(["There is no node 'reprt'. Did you mean 'report'?"], Assert.Throws<GraphException>(() => GraphPicture.ToSvg(Graph, ["reprt"])).Problems);

    [Fact]
    public void Mermaid_has_boxes_and_arrows_whose_ids_are_numbers() =>
        Assert.Equal(
            """
            flowchart LR
                n0(["csv_path<br/><i>string (input)</i>"])
                n1(["skip<br/><i>int (input, default 1)</i>"])
                n2["raw_rows<br/><i>List#lt;string#gt;</i>"]
                n3[["readings<br/><i>Dictionary#lt;string, double#gt;</i>"]]
                n0 --> n2
                n2 --> n3
                n1 --> n3

            """,
            GraphPicture.ToMermaid(Graph, ["readings"]));

    [Fact]
    public void Dot_has_nodes_with_labels_and_edges() =>
        Assert.Equal(
            """
            digraph pipeline {
              rankdir=LR;
              node [shape=box, style=rounded, fontname="sans-serif"];
              "csv_path" [label="csv_path\nstring (input)", style="rounded,dashed"];
              "skip" [label="skip\nint (input, default 1)", style="rounded,dashed"];
              "raw_rows" [label="raw_rows\nList<string>", tooltip="The rows of the file, as they are."];
              "readings" [label="readings\nDictionary<string, double>", penwidth=2, tooltip="Rows with numbers & dates, \"bad\" ones left out."];
              "csv_path" -> "raw_rows";
              "raw_rows" -> "readings";
              "skip" -> "readings";
            }

            """,
            GraphPicture.ToDot(Graph, ["readings"]));

    [Fact]
    public void An_svg_is_xml_with_every_box_and_arrow()
    {
        var svg = XDocument.Parse(GraphPicture.ToSvg(Graph));

        Assert.Equal(
            ["csv_path", "end", "mean", "raw_rows", "readings", "report", "skip", "unit", "warmest"],
            Elements(svg, "text", "name").Select(text => text.Value).Order(StringComparer.Ordinal));
        Assert.Equal(10, Elements(svg, "path", "line").Count());
        Assert.Contains("Rows with numbers & dates, \"bad\" ones left out.", svg.Descendants().Where(e => e.Name.LocalName == "title").Select(e => e.Value));
    }

    [Fact]
    public void Boxes_do_not_overlap_and_stand_right_of_what_they_take()
    {
        var picture = PictureGraph.Of(Graph, null);
        var layout = SvgLayout.Of(picture);

        foreach (var one in picture.Boxes)
        {
            foreach (var other in picture.Boxes.Where(box => box.Index > one.Index))
            {
                Assert.False(Overlap(layout.Boxes[one.Index], layout.Boxes[other.Index]), $"{one.Name} and {other.Name} overlap");
            }
        }

        Assert.All(picture.Edges, edge => Assert.True(layout.Boxes[edge.From].X + layout.Boxes[edge.From].Width < layout.Boxes[edge.To].X));
        Assert.All(layout.Boxes, box => Assert.True(box.X >= 0 && box.Y >= 0 && box.X + box.Width <= layout.Size.Width && box.Y + SvgLayout.BoxHeight <= layout.Size.Height));
    }

    [Fact]
    public void Long_arrows_pass_beside_the_boxes_between()
    {
        var picture = PictureGraph.Of(Graph, null);
        var layout = SvgLayout.Of(picture);

        foreach (var line in layout.Lines)
        {
            foreach (var (x, y) in line.Skip(1).SkipLast(1))
            {
                Assert.DoesNotContain(layout.Boxes, box => x > box.X && x < box.X + box.Width && y > box.Y && y < box.Y + SvgLayout.BoxHeight);
            }
        }
    }

    [Fact]
    public void A_graph_without_nodes_has_pictures_too()
    {
        var empty = FunctionGraph.Build([], Given.Values());

        Assert.Equal("(no nodes)\n", GraphPicture.ToText(empty));
        Assert.Equal("flowchart LR\n", GraphPicture.ToMermaid(empty));
        Assert.Equal("40", XDocument.Parse(GraphPicture.ToSvg(empty)).Root!.Attribute("width")!.Value.ToString(CultureInfo.InvariantCulture));
    }

    private static bool Overlap((double X, double Y, double Width) a, (double X, double Y, double Width) b) =>
        a.X < b.X + b.Width && b.X < a.X + a.Width && a.Y < b.Y + SvgLayout.BoxHeight && b.Y < a.Y + SvgLayout.BoxHeight;

    private static IEnumerable<XElement> Elements(XDocument svg, string name, string kind) =>
        svg.Descendants().Where(element => element.Name.LocalName == name && element.Attribute("class")?.Value == kind);
}
