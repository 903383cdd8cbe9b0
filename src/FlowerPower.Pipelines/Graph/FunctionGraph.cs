namespace FlowerPower.Pipelines;

/// <summary>
/// The functions of a pipeline, tied by their parameters' names, under one config. Immutable: one graph serves any number of runs at a time.
/// </summary>
public sealed class FunctionGraph
{
    private readonly Dictionary<string, GraphNode> byName;

    internal FunctionGraph(
        IReadOnlyList<GraphNode> nodes, IReadOnlyList<GraphNode> ranked, Dictionary<string, GraphInput> inputs, Dictionary<string, string> absent)
    {
        (Nodes, Ranked, InputsByName, Absent) = (nodes, ranked, inputs, absent);
        Inputs = [.. inputs.Values];
        byName = nodes.ToDictionary(node => node.Name);
    }

    /// <summary>The nodes in the order of the sources; may be empty.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>What the graph takes from outside, in the order in which nodes take it; may be empty.</summary>
    public IReadOnlyList<GraphInput> Inputs { get; }

    /// <summary>The nodes, each after what it takes.</summary>
    internal IReadOnlyList<GraphNode> Ranked { get; }

    internal IReadOnlyDictionary<string, GraphInput> InputsByName { get; }

    /// <summary>Why a name that the sources know is not in this graph.</summary>
    internal IReadOnlyDictionary<string, string> Absent { get; }

    /// <summary>Ties the functions of some modules.</summary>
    /// <param name="modules">The modules; a later one replaces the nodes of the same name of an earlier one. At least one.</param>
    /// <param name="config">What the conditions look at; its entries are also inputs that need not be given. May be empty.</param>
    /// <param name="parameters">The pipeline's params block; its entries are also inputs that need not be given. Null: none.</param>
    /// <exception cref="GraphException">Something is wrong with the functions; all problems are listed.</exception>
    public static FunctionGraph Build(
        IEnumerable<PipelineModule> modules, IReadOnlyDictionary<string, object?> config, IReadOnlyDictionary<string, object?>? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(config);
        return new GraphBuilder(config, parameters ?? new Dictionary<string, object?>()).Build([.. modules]);
    }

    /// <summary>The node of a name, or null.</summary>
    /// <param name="name">The node's name, in snake_case.</param>
    public GraphNode? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Works out what a run has to do, and finds everything that would keep it from working, before anything runs.</summary>
    /// <param name="finalVars">The nodes (or inputs) whose values are wanted; repeated ones count once. Empty: nothing runs, nothing is returned.</param>
    /// <param name="inputs">Values for inputs by name: plain, JSON, or of the types that the nodes take.</param>
    /// <param name="overrides">Values to be used instead of nodes; what only those nodes needed does not run. Null: none.</param>
    /// <exception cref="GraphException">The run cannot work; all problems are listed.</exception>
    public ExecutionPlan Plan(
        IReadOnlyList<string> finalVars, IReadOnlyDictionary<string, object?> inputs, IReadOnlyDictionary<string, object?>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(finalVars);
        ArgumentNullException.ThrowIfNull(inputs);
        return new Planner(this, inputs, overrides ?? new Dictionary<string, object?>()).Plan(finalVars);
    }
}
