namespace FlowerPower.Pipelines.Running;

/// <summary>The graphs of one pipeline by config, for as long as its code and params stay the same: a worker runs the same few over and over.</summary>
internal sealed class GraphCache
{
    private const int MostConfigs = 8;

    private readonly Lock gate = new();
    private readonly Dictionary<string, FunctionGraph> graphs = new(StringComparer.Ordinal);
    private IReadOnlyList<PipelineModule> modules = [];
    private IReadOnlyDictionary<string, object?>? parameters;

    /// <summary>The graph of these modules under this config.</summary>
    /// <exception cref="GraphException">It cannot be built.</exception>
    public FunctionGraph Get(
        IReadOnlyList<PipelineModule> wanted, IReadOnlyDictionary<string, object?> config, IReadOnlyDictionary<string, object?> wantedParameters)
    {
        string key;
        try
        {
            key = Convert.ToBase64String(PlainValues.ToJson(config));
        }
        catch (NotSupportedException)
        {
            // Objects of an application's own: they may be equal today and not tomorrow.
            return FunctionGraph.Build(wanted, config, wantedParameters);
        }

        lock (gate)
        {
            if (!ReferenceEquals(parameters, wantedParameters) || !modules.SequenceEqual(wanted))
            {
                // Also lets former code go, which graphs hold.
                graphs.Clear();
                (modules, parameters) = (wanted, wantedParameters);
            }

            if (graphs.TryGetValue(key, out var known))
            {
                return known;
            }

            if (graphs.Count >= MostConfigs)
            {
                graphs.Clear();
            }

            return graphs[key] = FunctionGraph.Build(wanted, config, wantedParameters);
        }
    }
}
