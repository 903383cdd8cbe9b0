namespace FlowerPower.Pipelines;

/// <summary>What one run computes, checked and ready. Immutable: it may be run again, and by several runners at a time.</summary>
public sealed class ExecutionPlan
{
    internal ExecutionPlan(IReadOnlyList<PlanStep> steps, IReadOnlyList<PlanResult> results, IReadOnlyList<string> warnings) =>
        (Steps, Results, Warnings) = (steps, results, warnings);

    /// <summary>The nodes that will run, each after what it takes; may be empty.</summary>
    public IReadOnlyList<string> Nodes => [.. Steps.Select(step => step.Node.Name)];

    /// <summary>The names of the results, in the order asked for, each once.</summary>
    public IReadOnlyList<string> FinalVars => [.. Results.Select(result => result.Name)];

    /// <summary>What looks like a mistake but keeps nothing from running, such as an input that no node takes; may be empty.</summary>
    public IReadOnlyList<string> Warnings { get; }

    internal IReadOnlyList<PlanStep> Steps { get; }

    internal IReadOnlyList<PlanResult> Results { get; }
}

/// <summary>One node of a plan.</summary>
/// <param name="Node">The node.</param>
/// <param name="Slots">Where its arguments come from, in the order of its parameters.</param>
/// <param name="Givers">The steps that it waits for, each once.</param>
/// <param name="Takers">The steps that wait for it.</param>
/// <param name="EachSlot">The slot of its <see cref="EachAttribute"/> parameter, or -1.</param>
/// <param name="IsResult">Is its value returned?</param>
internal sealed record PlanStep(
    GraphNode Node, IReadOnlyList<PlanSlot> Slots, IReadOnlyList<int> Givers, List<int> Takers, int EachSlot, bool IsResult);

/// <summary>Where one argument comes from: another step, or a value that is known.</summary>
/// <param name="Step">The step, or -1 for a value.</param>
/// <param name="Value">The value if there is no step, already of the parameter's type.</param>
/// <param name="Converts">Must the step's value be converted to the parameter's type?</param>
/// <param name="IsToken">Is it the run's cancellation token?</param>
/// <param name="IsContext">Is it the run's job?</param>
internal readonly record struct PlanSlot(int Step, object? Value, bool Converts, bool IsToken, bool IsContext = false);

/// <summary>One value to be returned: a step's, or one that is known.</summary>
internal readonly record struct PlanResult(string Name, int Step, object? Value);
