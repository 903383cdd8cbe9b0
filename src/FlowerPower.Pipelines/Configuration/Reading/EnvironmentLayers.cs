namespace FlowerPower.Pipelines.Configuration;

/// <summary>What environment variables say about a project or a pipeline: above the YAML and beneath it.</summary>
internal sealed class EnvironmentLayers(IReadOnlyDictionary<string, string?> environment)
{
    /// <summary>The namespaced variables of one kind, which win over the YAML: <c>FP_PIPELINE__RUN__EXECUTOR__TYPE</c>.</summary>
    /// <param name="scope"><c>PIPELINE</c> or <c>PROJECT</c>.</param>
    /// <param name="normalize">Puts the keys of one variable in their place, so that <c>…__EXECUTOR=local</c> and
    /// <c>…__EXECUTOR__MAX_WORKERS=2</c> add up.</param>
    public MapNode Overlay(string scope, Func<MapNode, MapNode> normalize)
    {
        var prefix = $"FP_{scope}__";
        var layer = Empty;

        // In order of their names, so that FP_…__INPUTS={…} comes before FP_…__INPUTS__N, which adds to it.
        foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (value is not null && name.StartsWith(prefix, StringComparison.Ordinal) && name.Length > prefix.Length)
            {
                layer = normalize(At(name, value, name[prefix.Length..].ToLowerInvariant().Split("__"))).Over(layer);
            }
        }

        return layer;
    }

    /// <summary>The global variables, which only stand in for what neither YAML nor a namespaced variable says.</summary>
    /// <param name="shims">Variable and the path of its key.</param>
    public MapNode Shims(IEnumerable<(string Variable, string[] Path)> shims) =>
        shims.Aggregate(Empty, (layer, shim) =>
            environment.TryGetValue(shim.Variable, out var value) && !string.IsNullOrWhiteSpace(value)
                ? At(shim.Variable, value, shim.Path).Over(layer)
                : layer);

    private static MapNode Empty { get; } = new(new Origin("environment"), []);

    private static MapNode At(string variable, string value, string[] path)
    {
        var at = new Origin($"environment variable {variable}");
        return (MapNode)path.Reverse().Aggregate(
            EnvironmentText.Typed(value, at), (inner, key) => new MapNode(at, [new MapEntry(key, at, inner)]));
    }
}
