namespace FlowerPower.Pipelines;

/// <summary>
/// Makes a node of a method with some parameters bound: <c>[Parameterize("weekly", "window=7", "series=source:spend")]</c>. Repeatable, one
/// node each; the method's own name is then no node. Parameters that are not bound keep their meaning.
/// </summary>
/// <param name="node">The new node's name.</param>
/// <param name="bindings">
/// <c>parameter=literal</c>, where the literal is JSON or plain text, or <c>parameter=source:other_node</c>. <c>parameter=value:…</c> takes
/// what follows as the literal even if it looks like a source.
/// </param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ParameterizeAttribute(string node, params string[] bindings) : Attribute
{
    /// <summary>The new node's name.</summary>
    public string Node { get; } = node;

    /// <summary>The bindings as written.</summary>
    public IReadOnlyList<string> Bindings { get; } = bindings;
}

/// <summary>
/// Makes nodes of a method from an entry of the pipeline's <c>params</c> block. The entry is <c>{node: {parameter: value}}</c>, or
/// <c>{parameter: value}</c> for one node named like the entry. A text that equals another entry's key or a node's name is a source, as in
/// FlowerPower; <c>source:x</c> and <c>value:x</c> say it outright.
/// </summary>
/// <param name="key">The entry of the <c>params</c> block.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ParameterizeFromAttribute(string key) : Attribute
{
    /// <summary>The entry of the <c>params</c> block.</summary>
    public string Key { get; } = key;
}
