using System.Reflection;

namespace FlowerPower.Pipelines;

/// <summary>Where a node is written.</summary>
/// <param name="File">The source file's path as the compiler saw it.</param>
/// <param name="Line">The first line of the body; 1-based.</param>
public sealed record SourceLocation(string File, int Line)
{
    /// <summary><c>file:line</c>.</summary>
    public override string ToString() => $"{File}:{Line}";
}

/// <summary>One function of the graph.</summary>
public sealed class GraphNode
{
    private readonly Lazy<string?> description;
    private readonly Lazy<SourceLocation?> source;

    internal GraphNode(NodeDraft draft, IReadOnlyList<NodeArgument> arguments)
    {
        (Name, Type, Module, Tags) = (draft.Name, draft.Type, draft.Function.Module.Name, draft.Function.Tags);
        (Arguments, Body, Checks) = (arguments, draft.Body, draft.Checks);
        Each = arguments.FirstOrDefault(argument => argument.IsEach);
        IsField = draft.Field is not null;
        Dependencies = arguments.Select(argument => argument.Source).OfType<FromName>().Select(from => from.Name).Distinct().ToList();
        description = new Lazy<string?>(() => draft.Field is { } field ? $"{field} of {draft.Parent}" : draft.Function.Description);
        source = new Lazy<SourceLocation?>(() => draft.Function.Source);
    }

    /// <summary>The name by which others ask for it.</summary>
    public string Name { get; }

    /// <summary>
    /// The type of its value: a task's result, not the task; a list for a function that runs for <see cref="EachAttribute">each</see> element.
    /// </summary>
    public Type Type { get; }

    /// <summary>Its <c>[Description]</c>, or else its XML summary as plain text; null if it has none.</summary>
    public string? Description => description.Value;

    /// <summary>The nodes and inputs that it takes, in the order of its parameters, each once; may be empty.</summary>
    public IReadOnlyList<string> Dependencies { get; }

    /// <summary>Its tags; may be empty.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; }

    /// <summary>The module that it comes from.</summary>
    public string Module { get; }

    /// <summary>File and line; null if the compiler's debug information is not there.</summary>
    public SourceLocation? Source => source.Value;

    internal IReadOnlyList<NodeArgument> Arguments { get; }

    internal NodeBody Body { get; }

    internal IReadOnlyList<OutputCheck> Checks { get; }

    internal NodeArgument? Each { get; }

    internal bool IsField { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {TypeNames.Of(Type)}";
}

/// <summary>Something that the graph takes from outside.</summary>
/// <param name="Name">The name under which it is given.</param>
/// <param name="Type">The type that the first node in need of it takes.</param>
/// <param name="IsOptional">True if every node can do without it.</param>
/// <param name="Default">The value used if it is not given: from the config, the params block or a parameter's default; null if there is none.</param>
/// <param name="NeededBy">The nodes that take it, in the order of the sources; at least one.</param>
public sealed record GraphInput(string Name, Type Type, bool IsOptional, object? Default, IReadOnlyList<string> NeededBy)
{
    /// <summary>True if the config or the params block has a value for it.</summary>
    internal bool IsGiven { get; init; }
}

/// <summary>Where a parameter's value comes from.</summary>
internal abstract record ArgumentSource;

/// <summary>From a node or input; a default makes an input optional.</summary>
internal sealed record FromName(string Name, bool HasDefault, object? Default) : ArgumentSource;

/// <summary>Bound when the graph was built.</summary>
internal sealed record Literal(object? Value) : ArgumentSource;

/// <summary>The run's cancellation token.</summary>
internal sealed record Cancellation : ArgumentSource;

/// <summary>The job that the run is for.</summary>
internal sealed record Job : ArgumentSource;

/// <summary>One parameter of a node.</summary>
internal sealed record NodeArgument(string Parameter, Type Type, ParameterInfo? Info, bool IsEach, ArgumentSource Source)
{
    /// <summary>False for value types and for reference types without a question mark in code with nullable annotations.</summary>
    public bool TakesNull =>
        Info is null || IsEach || new NullabilityInfoContext().Create(Info).WriteState != NullabilityState.NotNull;

    /// <summary>What the node or input must give: a list for an <see cref="EachAttribute"/> parameter.</summary>
    public Type SourceType => IsEach ? typeof(IReadOnlyList<>).MakeGenericType(Type) : Type;
}
