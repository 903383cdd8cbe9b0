namespace FlowerPower.Pipelines;

/// <summary>The project has neither a YAML file nor a code file of this name.</summary>
public sealed class PipelineNotFoundException : ProjectException
{
    internal PipelineNotFoundException(string name, string root, IReadOnlyList<string> nearest, IReadOnlyList<string> all)
        : base(Sentence(name, root, nearest, all))
    {
        PipelineName = name;
        Nearest = nearest;
    }

    /// <summary>The name that was asked for.</summary>
    public string PipelineName { get; }

    /// <summary>The project's most similar names, best first; at most 3, may be empty.</summary>
    public IReadOnlyList<string> Nearest { get; }

    private static string Sentence(string name, string root, IReadOnlyList<string> nearest, IReadOnlyList<string> all)
    {
        const int shown = 8;
        var remedy = (nearest.Count, all.Count) switch
        {
            ( > 0, _) => $"Did you mean {string.Join(" or ", nearest)}?",
            (_, 0) => $"The project has none yet: run `flowerpower pipeline new {name}`.",
            (_, <= shown) => $"It has: {string.Join(", ", all)}.",
            _ => $"It has {all.Count}: {string.Join(", ", all.Take(shown))}, …",
        };
        return $"There is no pipeline '{name}' in '{root}'. {remedy}";
    }
}
