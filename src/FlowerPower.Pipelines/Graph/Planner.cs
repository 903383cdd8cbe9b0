namespace FlowerPower.Pipelines;

/// <summary>Makes an <see cref="ExecutionPlan"/> of a graph, or says everything that is in its way.</summary>
internal sealed class Planner(FunctionGraph graph, IReadOnlyDictionary<string, object?> inputs, IReadOnlyDictionary<string, object?> overrides)
{
    private readonly List<string> problems = [];
    private readonly Dictionary<string, List<string>> missing = [];
    private readonly Dictionary<string, int> stepOf = [];

    public ExecutionPlan Plan(IReadOnlyList<string> finalVars)
    {
        var wanted = finalVars.Distinct().ToList();
        CheckNames(wanted);
        var needed = Needed(wanted);
        var steps = new List<PlanStep>();
        foreach (var node in graph.Ranked.Where(node => needed.Contains(node.Name)))
        {
            Add(node, steps, wanted.Contains(node.Name));
        }

        var results = wanted.Select(Result).ToList();
        problems.AddRange(missing.Select(pair => Missing(pair.Key, pair.Value)));
        if (problems.Count > 0)
        {
            throw new GraphException("The pipeline cannot run", problems);
        }

        return new ExecutionPlan(steps, results, Warnings());
    }

    private void CheckNames(List<string> wanted)
    {
        var known = graph.Nodes.Select(node => node.Name).Concat(graph.InputsByName.Keys).Concat(overrides.Keys).ToList();
        foreach (var name in wanted.Where(name => !known.Contains(name)))
        {
            problems.Add(
                graph.Absent.GetValueOrDefault(name)
                ?? $"There is no node '{name}', which is asked for in final_vars.{NodeNames.DidYouMean(name, known)}");
        }

        foreach (var name in overrides.Keys.Where(name => graph.Find(name) is null))
        {
            problems.Add(graph.InputsByName.ContainsKey(name)
                ? $"'{name}' is an input, not a node; give it in inputs instead of overrides."
                : graph.Absent.GetValueOrDefault(name)
                    ?? $"There is no node '{name}' to override.{NodeNames.DidYouMean(name, known.Except([name]))}");
        }

        foreach (var name in inputs.Keys.Where(name => graph.Find(name) is not null))
        {
            problems.Add($"'{name}' is given as an input but is a node, which computes its value; give it in overrides, or rename one of them.");
        }
    }

    private HashSet<string> Needed(List<string> wanted)
    {
        var needed = new HashSet<string>();
        var open = new Stack<string>(wanted);
        while (open.TryPop(out var name))
        {
            if (!overrides.ContainsKey(name) && graph.Find(name) is { } node && needed.Add(name))
            {
                foreach (var dependency in node.Dependencies)
                {
                    open.Push(dependency);
                }
            }
        }

        return needed;
    }

    private void Add(GraphNode node, List<PlanStep> steps, bool isResult)
    {
        var slots = node.Arguments.Select(argument => Slot(node, argument)).ToList();
        var givers = slots.Where(slot => slot.Step >= 0).Select(slot => slot.Step).Distinct().ToList();
        var each = node.Each is null ? -1 : node.Arguments.ToList().IndexOf(node.Each);
        foreach (var step in givers)
        {
            steps[step].Takers.Add(steps.Count);
        }

        stepOf[node.Name] = steps.Count;
        steps.Add(new PlanStep(node, slots, givers, [], each, isResult));
    }

    private PlanSlot Slot(GraphNode node, NodeArgument argument)
    {
        switch (argument.Source)
        {
            case Cancellation:
                return new PlanSlot(-1, null, false, IsToken: true);
            case Job:
                return new PlanSlot(-1, null, false, false, IsContext: true);
            case Literal(var literal):
                return Known(literal);
            case FromName(var name, _, _) when overrides.TryGetValue(name, out var value):
                return Given(node, argument, $"The override of '{name}'", value);
            case FromName(var name, _, _) when stepOf.TryGetValue(name, out var step):
                return FromStep(argument, step, graph.Find(name)!.Type);
            case FromName(var name, _, _) when inputs.TryGetValue(name, out var value):
                return Given(node, argument, $"Input '{name}'", value);
            case FromName(var name, _, _) when graph.InputsByName[name].IsGiven:
                return Given(node, argument, $"Input '{name}' (from the config or the params block)", graph.InputsByName[name].Default);
            case FromName(_, true, var value):
                return Known(value);
            case FromName(var name, _, _):
                missing.TryAdd(name, []);
                missing[name].Add($"node '{node.Name}' takes it as {TypeNames.Of(argument.SourceType)}");
                return Known(null);
            default:
                throw new InvalidOperationException($"{argument.Source.GetType().Name} is no known source of an argument.");
        }
    }

    private static PlanSlot FromStep(NodeArgument argument, int step, Type given)
    {
        var fit = argument.IsEach ? TypeFits.OfElements(given, argument.Type) : TypeFits.Of(given, argument.Type);
        return new PlanSlot(step, null, fit == TypeFit.Converted, false);
    }

    private PlanSlot Given(GraphNode node, NodeArgument argument, string subject, object? value)
    {
        var problem = InputConverter.TryConvert(value, argument.SourceType, out var converted);
        if (problem is null && converted is null && !argument.TakesNull)
        {
            problem = $"null came, {TypeNames.Of(argument.SourceType)} is expected (write {TypeNames.Of(argument.SourceType)}? to take null)";
        }

        if (problem is not null)
        {
            problems.Add($"{subject} does not suit node '{node.Name}': {problem}.");
        }

        return Known(converted);
    }

    private static PlanSlot Known(object? value) => new(-1, value, false, false);

    private PlanResult Result(string name)
    {
        if (overrides.TryGetValue(name, out var value) || (graph.Find(name) is null && inputs.TryGetValue(name, out value)))
        {
            return new PlanResult(name, -1, PlainValue.Unwrap(value));
        }

        if (stepOf.TryGetValue(name, out var step))
        {
            return new PlanResult(name, step, null);
        }

        // An input asked for as a result: an unknown name has been told already.
        if (graph.InputsByName.TryGetValue(name, out var input) && !input.IsOptional)
        {
            missing.TryAdd(name, []);
            missing[name].Add("final_vars asks for it");
        }

        return new PlanResult(name, -1, PlainValue.Unwrap(input?.Default));
    }

    private string Missing(string name, List<string> needs)
    {
        var reason = string.Join(", ", needs.Distinct());
        if (graph.Absent.TryGetValue(name, out var absent))
        {
            return $"'{name}' is missing: {reason}. {absent}";
        }

        // A mistyped name is the usual cause: of the input as given, or of the parameter.
        var unused = inputs.Keys.Where(key => !graph.InputsByName.ContainsKey(key)).DistinctBy(NodeNames.Snake).ToDictionary(NodeNames.Snake);
        var hint = NodeNames.Nearest(name, unused.Keys) is [var given, ..]
            ? $" '{unused[given]}' is given and not used: should it be '{name}'?"
            : NodeNames.DidYouMean(name, graph.Nodes.Select(node => node.Name));
        return $"Input '{name}' is missing: {reason}. Give it in the run's inputs ({name}: …), or write a function of that name.{hint}";
    }

    private List<string> Warnings()
    {
        var known = graph.InputsByName.Keys.ToList();
        return [.. inputs.Keys.Where(name => !graph.InputsByName.ContainsKey(name))
            .Select(name => $"Input '{name}' is not used: no node takes it.{NodeNames.DidYouMean(name, known)}")];
    }
}
