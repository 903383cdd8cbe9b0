using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>The <c>executor</c> block: what the nodes of a run are computed on.</summary>
public sealed record ExecutorConfig : ConfigBlock
{
    /// <summary>A block in which nothing is set.</summary>
    public ExecutorConfig() : base(RunSchema.Executor)
    {
    }

    internal ExecutorConfig(Dictionary<string, object?> values) : base(RunSchema.Executor, values)
    {
    }

    /// <summary>
    /// <c>threadpool</c> (the default), <c>synchronous</c>, <c>local</c>, <c>processpool</c>, <c>ray</c> or <c>dask</c>. The nodes of a
    /// C# pipeline run on threads with the last three, too.
    /// </summary>
    /// <exception cref="ArgumentException">Another word.</exception>
    public string Type { get => Get<string>("type"); init => Set("type", value); }

    /// <summary>The most nodes computed at once; 1 or more, by default 5 for each CPU of the machine that runs them.</summary>
    /// <exception cref="ArgumentException">Less than 1.</exception>
    public int MaxWorkers { get => Get<int>("max_workers"); init => Set("max_workers", value); }

    /// <summary>CPUs asked of ray and dask; 1 or more, by default those of the machine that runs them.</summary>
    /// <exception cref="ArgumentException">Less than 1.</exception>
    public int NumCpus { get => Get<int>("num_cpus"); init => Set("num_cpus", value); }

    /// <summary>Does this type compute one node after the other?</summary>
    public bool IsSequential => Type is "synchronous" or "local";
}
