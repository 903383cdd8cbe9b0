using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>
/// Jobs that belong together: each runs when those before it have ended, with their results as inputs where it asks for them. Made by
/// <see cref="JobQueueManager.EnqueueGraphAsync"/>.
/// </summary>
/// <remarks>
/// The graph is a way to write jobs down, not a thing in the queue: afterwards there are jobs, each with its own attempts, history and result. So one that failed is
/// retried alone, without its finished parents. Enqueueing the same graph again, with the same name, changes nothing, and goes on where a call that broke had stopped.
/// </remarks>
public sealed class JobGraph
{
    private readonly List<JobGraphNode> nodes = [];

    /// <param name="name">The beginning of its jobs' ids (<c>name.key</c>), and a tag of each; <see langword="null"/>: a new one.</param>
    /// <exception cref="FormatException">No id can begin with it.</exception>
    public JobGraph(string? name = null) => Name = name is null ? null : JobId.Parse(name).Value;

    /// <summary>The beginning of its jobs' ids; <see langword="null"/> until it is enqueued, if none was given.</summary>
    public string? Name { get; }

    /// <summary>Its jobs, in the order in which they were added.</summary>
    public IReadOnlyList<JobGraphNode> Jobs => nodes;

    /// <summary>One more job.</summary>
    /// <param name="key">Its name in the graph; no other one's.</param>
    /// <param name="pipeline">What it runs.</param>
    /// <param name="options">What the queue should know. Its id and its dependencies come from the graph.</param>
    /// <exception cref="ArgumentException">The key is taken.</exception>
    public JobGraphNode Add(string key, string pipeline, RunConfig? runConfig = null, EnqueueOptions? options = null)
    {
        if (nodes.Exists(node => node.Key == key))
        {
            throw new ArgumentException($"The graph has a job '{key}' already: give each its own key.", nameof(key));
        }

        var node = new JobGraphNode(key, pipeline, runConfig, options ?? new EnqueueOptions());
        nodes.Add(node);
        return node;
    }

    /// <summary>One after the other: each of these waits for the one before it.</summary>
    /// <returns>This graph.</returns>
    public JobGraph Chain(params ReadOnlySpan<JobGraphNode> inOrder)
    {
        for (var i = 1; i < inOrder.Length; i++)
        {
            inOrder[i].After(inOrder[i - 1]);
        }

        return this;
    }

    /// <summary>A job that runs when all that were added so far have ended, however they ended: a group's callback.</summary>
    /// <inheritdoc cref="Add"/>
    public JobGraphNode WhenAllEnded(string key, string pipeline, RunConfig? runConfig = null, EnqueueOptions? options = null)
    {
        var before = nodes.ToArray();
        var last = Add(key, pipeline, runConfig, options);
        foreach (var node in before)
        {
            last.AfterAnyEnd(node);
        }

        return last;
    }

    internal IEnumerable<EnqueueItem> Items(string name) => nodes.Select(node => new EnqueueItem(node.Pipeline, node.RunConfig, node.Options with
    {
        Id = node.IdIn(name),
        Tags = [.. node.Options.Tags.Append(name).Distinct()],
        DependsOn = [.. node.Options.DependsOn, .. node.Parents.Select(parent => parent.ToDependency(name))],
    }));
}

/// <summary>A job of a <see cref="JobGraph"/>.</summary>
public sealed class JobGraphNode
{
    private readonly List<Edge> parents = [];

    internal JobGraphNode(string key, string pipeline, RunConfig? runConfig, EnqueueOptions options) =>
        (Key, Pipeline, RunConfig, Options) = (key, pipeline, runConfig, options);

    /// <summary>Its name in the graph.</summary>
    public string Key { get; }

    internal string Pipeline { get; }

    internal RunConfig? RunConfig { get; }

    internal EnqueueOptions Options { get; }

    internal IReadOnlyList<Edge> Parents => parents;

    /// <summary>It runs when that one has completed; if that one does not, it ends as well.</summary>
    /// <param name="inputs">Its inputs that come from that one: <c>("rows", "clean")</c> gives the value of node <c>clean</c> to the input <c>rows</c>.</param>
    /// <returns>This job.</returns>
    public JobGraphNode After(JobGraphNode parent, params ReadOnlySpan<(string Input, string Node)> inputs) => Add(parent, allowFailure: false, inputs);

    /// <summary>It runs when that one has ended, however that was.</summary>
    /// <inheritdoc cref="After"/>
    public JobGraphNode AfterAnyEnd(JobGraphNode parent, params ReadOnlySpan<(string Input, string Node)> inputs) => Add(parent, allowFailure: true, inputs);

    internal JobId IdIn(string name) => JobId.Parse($"{name}.{Key}");

    private JobGraphNode Add(JobGraphNode parent, bool allowFailure, ReadOnlySpan<(string Input, string Node)> inputs)
    {
        var known = parents.FindIndex(edge => edge.Parent == parent);
        var values = known < 0 ? [] : parents[known].Inputs.ToDictionary();
        foreach (var (input, node) in inputs)
        {
            values[input] = node;
        }

        if (known < 0)
        {
            parents.Add(new Edge(parent, allowFailure, values));
        }
        else
        {
            parents[known] = new Edge(parent, allowFailure, values); // the later word counts, for the same two jobs
        }

        return this;
    }

    internal sealed record Edge(JobGraphNode Parent, bool AllowFailure, IReadOnlyDictionary<string, string> Inputs)
    {
        public JobDependency ToDependency(string name) => new(Parent.IdIn(name), AllowFailure) { Inputs = Inputs };
    }
}
