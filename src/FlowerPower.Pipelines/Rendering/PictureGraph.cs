namespace FlowerPower.Pipelines;

/// <summary>A node or an input as pictures show it.</summary>
/// <param name="Index">Its place among the boxes; 0-based.</param>
/// <param name="Name">Its name.</param>
/// <param name="Detail">Its type, and for an input that it is one.</param>
/// <param name="Description">Its description, or null.</param>
/// <param name="IsInput">Does it come from outside?</param>
/// <param name="IsFinal">Was it asked for?</param>
internal sealed record PictureBox(int Index, string Name, string Detail, string? Description, bool IsInput, bool IsFinal);

/// <summary>What pictures show of a graph: boxes, and arrows from what gives to what takes.</summary>
internal sealed class PictureGraph
{
    private readonly Dictionary<string, PictureBox> byName;
    private readonly FunctionGraph graph;
    private readonly IReadOnlyList<string>? finalVars;

    private PictureGraph(FunctionGraph graph, IReadOnlyList<PictureBox> boxes, IReadOnlyList<string>? finalVars)
    {
        (this.graph, this.finalVars, Boxes) = (graph, finalVars, boxes);
        byName = boxes.ToDictionary(box => box.Name);
        Edges = [.. boxes.SelectMany(box => Takes(box).Select(giver => (giver.Index, box.Index)))];
    }

    /// <summary>Inputs first, then nodes, each after what it takes.</summary>
    public IReadOnlyList<PictureBox> Boxes { get; }

    /// <summary>From giver to taker, by index.</summary>
    public IReadOnlyList<(int From, int To)> Edges { get; }

    /// <summary>What was asked for, or else what nobody takes.</summary>
    public IEnumerable<PictureBox> Tops =>
        finalVars is not null
            ? finalVars.Distinct().Select(name => byName[name])
            : Boxes.Where(box => Edges.All(edge => edge.From != box.Index));

    /// <summary>Cuts a graph down to what some names need.</summary>
    /// <exception cref="GraphException">A name is neither a node nor an input.</exception>
    public static PictureGraph Of(FunctionGraph graph, IReadOnlyList<string>? finalVars)
    {
        var known = graph.InputsByName.Keys.Concat(graph.Nodes.Select(node => node.Name)).ToList();
        var problems = (finalVars ?? []).Where(name => !known.Contains(name))
            .Select(name => graph.Absent.GetValueOrDefault(name) ?? $"There is no node '{name}'.{NodeNames.DidYouMean(name, known)}").ToList();
        if (problems.Count > 0)
        {
            throw new GraphException("The picture cannot be drawn", problems);
        }

        var needed = Needed(graph, finalVars ?? known);
        var boxes = new List<PictureBox>();
        foreach (var input in graph.Inputs.Where(input => needed.Contains(input.Name)))
        {
            var standard = input.IsOptional ? $", default {PlainValue.Show(input.Default)}" : "";
            boxes.Add(new PictureBox(boxes.Count, input.Name, $"{TypeNames.Of(input.Type)} (input{standard})", null, true, IsFinal(input.Name)));
        }

        foreach (var node in graph.Ranked.Where(node => needed.Contains(node.Name)))
        {
            boxes.Add(new PictureBox(boxes.Count, node.Name, TypeNames.Of(node.Type), node.Description, false, IsFinal(node.Name)));
        }

        return new PictureGraph(graph, boxes, finalVars);

        bool IsFinal(string name) => finalVars?.Contains(name) == true;
    }

    /// <summary>What a box takes, in the order of its parameters.</summary>
    public IReadOnlyList<PictureBox> Takes(PictureBox box) =>
        box.IsInput ? [] : [.. graph.Find(box.Name)!.Dependencies.Select(name => byName[name])];

    private static HashSet<string> Needed(FunctionGraph graph, IEnumerable<string> names)
    {
        var needed = new HashSet<string>();
        var open = new Stack<string>(names);
        while (open.TryPop(out var name))
        {
            if (needed.Add(name))
            {
                foreach (var dependency in graph.Find(name)?.Dependencies ?? [])
                {
                    open.Push(dependency);
                }
            }
        }

        return needed;
    }
}
