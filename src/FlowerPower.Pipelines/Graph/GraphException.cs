namespace FlowerPower.Pipelines;

/// <summary>A graph or a run of it that cannot work. Nothing has run; every problem found is listed.</summary>
public sealed class GraphException : Exception
{
    /// <summary>One exception for all problems.</summary>
    /// <param name="subject">What cannot be done, e.g. <c>The graph of 'sales' cannot be built</c>.</param>
    /// <param name="problems">One sentence or two each; at least one.</param>
    public GraphException(string subject, IReadOnlyList<string> problems)
        : base(problems.Count == 1
            ? $"{subject}: {problems[0]}"
            : $"{subject}: {problems.Count} problems.{string.Concat(problems.Select(problem => $"{Environment.NewLine}  - {problem}"))}") =>
        Problems = problems;

    /// <summary>The problems, in the order of the sources; at least one.</summary>
    public IReadOnlyList<string> Problems { get; }
}

/// <summary>A node's code threw. The exception of the pipeline's author is the <see cref="Exception.InnerException"/>.</summary>
/// <param name="node">The node.</param>
/// <param name="inner">What its code threw, with its stack trace.</param>
/// <param name="element">For a node that runs for each element of a sequence, the one at which it failed; 0-based. Null: it is not of this kind.</param>
public sealed class NodeFailedException(string node, Exception inner, int? element = null)
    : Exception($"Node '{node}' failed{(element is null ? "" : $" at element {element + 1}")}: {inner.Message}", inner)
{
    /// <summary>The element at which a node over elements failed; 0-based. Null if it is not of this kind.</summary>
    public int? Element { get; } = element;

    /// <summary>The name of the node that failed.</summary>
    public string Node { get; } = node;
}

/// <summary>
/// A node's value failed a check of importance <see cref="Importance.Fail"/>; the inner exception of a <see cref="NodeFailedException"/>.
/// </summary>
/// <param name="message">What is wrong with the value.</param>
public sealed class OutputCheckException(string message) : Exception(message);

/// <summary>A value from another node is not what a parameter takes; the inner exception of a <see cref="NodeFailedException"/>.</summary>
/// <param name="message">Which parameter, what came and what is expected.</param>
public sealed class NodeValueException(string message) : Exception(message);
