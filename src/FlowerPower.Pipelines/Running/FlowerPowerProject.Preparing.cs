using System.Collections.Concurrent;
using FlowerPower.Pipelines.Projects;
using FlowerPower.Pipelines.Running;

namespace FlowerPower.Pipelines;

/// <summary>From a name and a config to a plan.</summary>
public sealed partial class FlowerPowerProject
{
    private readonly ConcurrentDictionary<string, PipelineModule> registered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, GraphCache> graphs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CodeFile> codeFiles = new(StringComparer.Ordinal);
    private CSharpPipelineCompiler? compiler;

    internal CSharpPipelineCompiler Compiler =>
        LazyInitializer.EnsureInitialized(ref compiler, () => new CSharpPipelineCompiler(CacheFolder));

    private bool IsRegistered(string name) => registered.ContainsKey(PipelineFiles.Canonical(name));

    private IReadOnlyList<string> WithRegistered(IReadOnlyList<string> names) => registered.IsEmpty
        ? names
        : [.. names.Concat(registered.Values.Select(module => module.Name)).DistinctBy(PipelineFiles.Canonical).Order(StringComparer.Ordinal)];

    private (FunctionGraph Graph, ExecutionPlan Plan, IReadOnlyList<string> Warnings) Prepare(string name, RunConfig config)
    {
        var (graph, warnings) = Tie(name, config);
        var inputs = config.Inputs;
        if (graph.InputsByName.ContainsKey(RootInput) && !inputs.ContainsKey(RootInput))
        {
            inputs = new Dictionary<string, object?>(inputs) { [RootInput] = Root };
        }

        return (graph, graph.Plan(config.FinalVars, inputs), warnings);
    }

    private (FunctionGraph Graph, IReadOnlyList<string> Warnings) Tie(string name, RunConfig config)
    {
        var parameters = LoadPipelineConfig(name).Params;
        var warnings = new List<string>();
        var main = PipelineFiles.Canonical(name);

        // The pipeline's own functions come last and so win, as in FlowerPower; naming it among its modules changes nothing.
        var modules = config.AdditionalModules
            .Where(module => PipelineFiles.Canonical(module) != main)
            .Append(name)
            .Select(module => ModuleOf(module, name, config.Reload, warnings))
            .ToList();
        return (graphs.GetOrAdd(main, _ => new GraphCache()).Get(modules, config.Config, parameters), warnings);
    }

    private PipelineModule ModuleOf(string name, string pipeline, bool reload, List<string> warnings)
    {
        if (registered.TryGetValue(PipelineFiles.Canonical(name), out var module))
        {
            return module;
        }

        var wanted = folders.Shown(PipelineFiles.Path(PipelinesFolder, PipelineFiles.Canonical(name), ".cs"));
        var file = PipelineFile(name) ?? throw new ProjectException(name == pipeline
            ? $"Pipeline '{name}' has a configuration but no code; write {wanted}, or register its types."
            : $"Pipeline '{pipeline}' names the additional module '{name}', which has no code; write {wanted}, register its types, or take it out of additional_modules.");
        if (!file.EndsWith(".cs", StringComparison.Ordinal))
        {
            throw new ProjectException($"Python pipelines come with a later release: {folders.Shown(file)} cannot be run yet; write it as {wanted}.");
        }

        try
        {
            return codeFiles.GetOrAdd(file, _ => new CodeFile(name, file)).Load(Compiler, reload, warnings);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProjectException($"{folders.Shown(file)} cannot be read: {error.Message}", error);
        }
    }
}
