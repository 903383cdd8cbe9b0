using System.Reflection;
using System.Text.Json;

namespace FlowerPower.Pipelines;

/// <summary>Builds a graph in one pass from modules to tied nodes, gathering every problem on its way.</summary>
internal sealed class GraphBuilder
{
    private readonly IReadOnlyDictionary<string, object?> config;
    private readonly IReadOnlyDictionary<string, object?> parameters;
    private readonly List<string> problems = [];
    private readonly Dictionary<string, string> absent = [];
    private readonly Dictionary<string, NodeDraft> drafts = [];
    private readonly List<string> order = [];

    public GraphBuilder(IReadOnlyDictionary<string, object?> config, IReadOnlyDictionary<string, object?> parameters) =>
        (this.config, this.parameters) = (config, parameters);

    public FunctionGraph Build(IReadOnlyList<PipelineModule> modules)
    {
        var reader = new DraftReader(parameters, problems);
        foreach (var module in modules)
        {
            Add(module, reader);
        }

        var nodes = order.Select(name => new GraphNode(drafts[name], ArgumentsOf(drafts[name]))).ToList();
        CheckTypes(nodes);
        var ranked = GraphOrder.Sort(nodes, problems);
        if (problems.Count > 0)
        {
            throw new GraphException($"The graph of '{string.Join("', '", modules.Select(module => module.Name))}' cannot be built", problems);
        }

        return new FunctionGraph(nodes, ranked, InputsOf(nodes), absent);
    }

    private void Add(PipelineModule module, DraftReader reader)
    {
        var active = module.Functions.Where(function => function.Conditions.All(condition => condition.Holds(config))).ToList();
        foreach (var variants in module.Functions.Except(active).GroupBy(function => function.Name))
        {
            var list = string.Join(", ", variants.Select(f => $"{f.Place} (when {string.Join(" and ", f.Conditions)})"));
            var keys = variants.SelectMany(f => f.Conditions).Select(c => c.Key).Distinct();
            var given = string.Join(", ", keys.Select(key => $"{key} is {PlainValue.Show(config.GetValueOrDefault(key))}"));
            absent[variants.Key] = $"'{variants.Key}' is not in the graph under this config: {list}; given: {given}.";
        }

        foreach (var group in active.SelectMany(reader.Read).GroupBy(draft => draft.Name))
        {
            var same = group.ToList();
            if (same.Count > 1)
            {
                problems.Add(
                    $"Node '{group.Key}' is defined {same.Count} times in '{module.Name}': {string.Join(" and ", same.Select(d => d.Place))}; "
                    + "rename one, or give them conditions that exclude each other.");
            }

            // A later module replaces the node in place: the order stays that of the sources.
            if (!drafts.ContainsKey(group.Key))
            {
                order.Add(group.Key);
            }

            drafts[group.Key] = same[0];
            absent.Remove(group.Key);
        }

        foreach (var name in drafts.Keys)
        {
            absent.Remove(name);
        }
    }

    private List<NodeArgument> ArgumentsOf(NodeDraft draft)
    {
        if (draft.Field is not null)
        {
            return [new NodeArgument("value", drafts[draft.Parent!].Type, null, false, new FromName(draft.Parent!, false, null))];
        }

        return [.. draft.Function.Method.GetParameters().Select(parameter => ArgumentOf(draft, parameter))];
    }

    private NodeArgument ArgumentOf(NodeDraft draft, ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var each = parameter.GetCustomAttribute<EachAttribute>();
        var argument = new NodeArgument(parameter.Name!, type, parameter, each is not null, new Cancellation());
        if (type == typeof(CancellationToken))
        {
            return argument;
        }

        if (type == typeof(JobContext))
        {
            return argument with { Source = new Job() };
        }

        var named = new FromName(
            each?.Source ?? NodeNames.Snake(parameter.Name!), parameter.HasDefaultValue, parameter.HasDefaultValue ? DefaultOf(parameter) : null);
        return argument with
        {
            Source = draft.Bindings.GetValueOrDefault(parameter.Name!) switch
            {
                Binding.Source(var name) => new FromName(name, false, null),
                Binding.Text(var text) => TextLiteral(draft, argument, text),
                Binding.Param(var entry, var value) when IsSource(draft, entry, value) =>
                    new FromName((string)PlainValue.Unwrap(value)!, false, null),
                Binding.Param(_, var value) => Bound(draft, argument, value),
                _ => named,
            },
        };
    }

    private bool IsSource(NodeDraft draft, string entry, object? value) =>
        PlainValue.Unwrap(value) is string text && text != draft.Name && text != entry && (drafts.ContainsKey(text) || parameters.ContainsKey(text));

    private Literal TextLiteral(NodeDraft draft, NodeArgument argument, string text)
    {
        if (argument.SourceType != typeof(object) && InputConverter.TryConvert(text, argument.SourceType, out var value) is null)
        {
            return new Literal(value);
        }

        try
        {
            return Bound(draft, argument, JsonSerializer.Deserialize<JsonElement>(text));
        }
        catch (JsonException)
        {
            return Bound(draft, argument, text);
        }
    }

    private Literal Bound(NodeDraft draft, NodeArgument argument, object? value)
    {
        if (InputConverter.TryConvert(value, argument.SourceType, out var converted) is { } problem)
        {
            problems.Add($"Node '{draft.Name}' binds '{argument.Parameter}' of {draft.Function.Place} wrongly: {problem}.");
        }

        return new Literal(converted);
    }

    private void CheckTypes(IReadOnlyList<GraphNode> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var argument in node.Arguments)
            {
                if (argument.Source is not FromName(var name, _, _) || !drafts.TryGetValue(name, out var giver))
                {
                    continue;
                }

                var fit = argument.IsEach ? TypeFits.OfElements(giver.Type, argument.Type) : TypeFits.Of(giver.Type, argument.Type);
                if (fit == TypeFit.Never)
                {
                    var wanted = argument.IsEach ? $"a sequence of {TypeNames.Of(argument.Type)}" : TypeNames.Of(argument.Type);
                    problems.Add(
                        $"Node '{node.Name}' takes '{argument.Parameter}' as {wanted}, but node '{name}' gives {TypeNames.Of(giver.Type)}; "
                        + "make the two types agree.");
                }
            }
        }
    }

    private Dictionary<string, GraphInput> InputsOf(IReadOnlyList<GraphNode> nodes)
    {
        var needs =
            from node in nodes
            from argument in node.Arguments
            let source = argument.Source as FromName
            where source is not null && !drafts.ContainsKey(source.Name)
            group (node, argument, source) by source.Name;

        var inputs = new Dictionary<string, GraphInput>();
        foreach (var need in needs)
        {
            var (_, argument, source) = need.First();
            var given = config.TryGetValue(need.Key, out var value) || parameters.TryGetValue(need.Key, out value);
            inputs[need.Key] = new GraphInput(
                need.Key,
                argument.SourceType,
                given || need.All(one => one.source.HasDefault),
                given ? value : source.Default,
                [.. need.Select(one => one.node.Name).Distinct()])
            { IsGiven = given };
        }

        return inputs;
    }

    /// <summary>Reflection gives null for <c>default</c> of a struct, and a number for a nullable enum.</summary>
    private static object? DefaultOf(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return parameter.DefaultValue switch
        {
            null when parameter.ParameterType.IsValueType && type == parameter.ParameterType => Activator.CreateInstance(type),
            { } value when type.IsEnum && value is not Enum => Enum.ToObject(type, value),
            var value => value,
        };
    }
}
