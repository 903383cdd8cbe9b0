namespace FlowerPower.Pipelines;

/// <summary>Names a node otherwise than its method: <c>[Node("rates")]</c>.</summary>
/// <param name="name">The node's name as others ask for it; letters, digits and underscores, not starting with an underscore or a digit.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeAttribute(string name) : Attribute
{
    /// <summary>The node's name.</summary>
    public string Name { get; } = name;
}

/// <summary>A public static method that is not a node.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class ExcludeAttribute : Attribute;

/// <summary>A word about a node for people and tools; it changes nothing in the run. Repeatable, one per key.</summary>
/// <param name="key">What is told, e.g. <c>owner</c>.</param>
/// <param name="value">Its value, e.g. <c>finance</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class TagAttribute(string key, string value) : Attribute
{
    /// <summary>What is told.</summary>
    public string Key { get; } = key;

    /// <summary>Its value.</summary>
    public string Value { get; } = value;
}

/// <summary>
/// On one parameter: the function runs once for each element of the sequence, in parallel up to the run's worker limit, and the node's value is
/// the list of the results in the sequence's order. Whoever takes that list as a whole collects it.
/// </summary>
/// <example><c>public static Stats FileStats([Each("files")] string file) => …</c> gives an <c>IReadOnlyList&lt;Stats&gt;</c>.</example>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class EachAttribute : Attribute
{
    /// <summary>Takes the elements of the node or input that is named like the parameter.</summary>
    public EachAttribute()
    {
    }

    /// <summary>Takes the elements of another node or input.</summary>
    /// <param name="source">The name of the node or input that gives the sequence.</param>
    public EachAttribute(string source) => Source = source;

    /// <summary>The node or input that gives the sequence; null: the one named like the parameter.</summary>
    public string? Source { get; }
}

/// <summary>
/// Makes one node for each field of what the method returns: entries of a dictionary, elements of a tuple, or properties of a record or class.
/// Names are compared in snake_case. The method's own node stays.
/// </summary>
/// <param name="fields">The fields, which are also the new nodes' names; at least one.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ExtractFieldsAttribute(params string[] fields) : Attribute
{
    /// <summary>The fields, in the order given.</summary>
    public IReadOnlyList<string> Fields { get; } = fields;
}
