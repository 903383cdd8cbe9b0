namespace FlowerPower.Pipelines;

/// <summary>A node before its parameters are tied to other nodes.</summary>
internal sealed record NodeDraft(string Name, Type Type, NodeFunction Function, NodeBody Body)
{
    /// <summary>What is bound instead of what the parameters' names say; by parameter name as written in C#.</summary>
    public IReadOnlyDictionary<string, Binding> Bindings { get; init; } = new Dictionary<string, Binding>();

    /// <summary>The field that this node takes out of <see cref="Parent"/>; null for a function's own node.</summary>
    public string? Field { get; init; }

    /// <summary>The node whose field this is.</summary>
    public string? Parent { get; init; }

    public IReadOnlyList<OutputCheck> Checks { get; init; } = [];

    /// <summary>The method with its condition, for messages about clashes.</summary>
    public string Place => Function.Conditions.Count == 0
        ? Function.Place
        : $"{Function.Place} (when {string.Join(" and ", Function.Conditions)})";
}

/// <summary>What a parameterization says about one parameter.</summary>
internal abstract record Binding
{
    /// <summary>It comes from this node or input.</summary>
    public sealed record Source(string Name) : Binding;

    /// <summary>It is this text, read as the parameter's type.</summary>
    public sealed record Text(string Value) : Binding;

    /// <summary>It is this value of the params block; a text may turn out to name a source.</summary>
    public sealed record Param(string Entry, object? Value) : Binding;
}
