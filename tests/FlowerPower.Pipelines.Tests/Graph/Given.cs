namespace FlowerPower.Pipelines.Tests;

/// <summary>Short ways to a graph, a plan and a run.</summary>
internal static class Given
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Dictionary<string, object?> Values(params (string Key, object? Value)[] entries) =>
        entries.ToDictionary(entry => entry.Key, entry => entry.Value);

    public static FunctionGraph Graph(params Type[] types) => Graph(Values(), types);

    public static FunctionGraph Graph(Dictionary<string, object?> config, params Type[] types) =>
        FunctionGraph.Build([PipelineModule.FromTypes("sample", types)], config);

    public static FunctionGraph GraphWith(Dictionary<string, object?> parameters, params Type[] types) =>
        FunctionGraph.Build([PipelineModule.FromTypes("sample", types)], Values(), parameters);

    public static IReadOnlyList<string> BuildProblems(params Type[] types) => BuildProblems(Values(), types);

    public static IReadOnlyList<string> BuildProblems(Dictionary<string, object?> parameters, params Type[] types) =>
        Assert.Throws<GraphException>(() => GraphWith(parameters, types)).Problems;

    public static IReadOnlyList<string> PlanProblems(FunctionGraph graph, string[] finalVars, params (string, object?)[] inputs) =>
        Assert.Throws<GraphException>(() => graph.Plan(finalVars, Values(inputs))).Problems;

    public static async Task<object?> Run(FunctionGraph graph, string finalVar, params (string, object?)[] inputs) =>
        (await Run(graph.Plan([finalVar], Values(inputs))))[finalVar];

    public static Task<IReadOnlyDictionary<string, object?>> Run(ExecutionPlan plan, GraphRunOptions? options = null, CancellationToken token = default) =>
        new GraphRunner().RunAsync(plan, options ?? new GraphRunOptions { MaxWorkers = 4 }, token).WaitAsync(Patience, CancellationToken.None);
}

/// <summary>Remembers what a run told.</summary>
internal sealed class Diary : IPipelineObserver
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    public void Started(int total) => Write($"started {total}");

    public void NodeStarted(string node) => Write($"{node} started");

    public void NodeFinished(string node, TimeSpan took) => Write($"{node} finished");

    public void Warned(string node, string message) => Write($"{node} warned: {message}");

    private void Write(string line)
    {
        lock (gate)
        {
            lines.Add(line);
        }
    }
}
