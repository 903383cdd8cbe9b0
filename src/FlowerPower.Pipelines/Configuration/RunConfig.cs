using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>How one run of a pipeline goes: what goes in, what comes out, on what, and what happens when it fails.</summary>
/// <remarks>
/// FlowerPower's fields and defaults, and the queue's own <see cref="Priority"/>, <see cref="Queue"/>, <see cref="Timeout"/>,
/// <see cref="Schedule"/> and <see cref="Backend"/>. Setting a property to a value of the wrong range throws
/// <see cref="ArgumentException"/>. What an object initializer, a <c>with</c> or a <c>With…</c> method sets counts as set.
/// </remarks>
public sealed partial record RunConfig : ConfigBlock
{
    /// <summary>A run in which nothing is set.</summary>
    public RunConfig() : base(RunSchema.Run)
    {
    }

    internal RunConfig(Dictionary<string, object?> values) : base(RunSchema.Run, values)
    {
    }

    /// <summary>What the graph's inputs are, by name; by default none. Layers merge key by key.</summary>
    public IReadOnlyDictionary<string, object?> Inputs
    {
        get => Get<IReadOnlyDictionary<string, object?>>("inputs");
        init => Set("inputs", value);
    }

    /// <summary>The nodes whose values are the result; by default none, and then the result is empty.</summary>
    public IReadOnlyList<string> FinalVars { get => Get<string[]>("final_vars"); init => Set("final_vars", value); }

    /// <summary>What shapes the graph before it runs, by name; by default none. Layers merge key by key.</summary>
    public IReadOnlyDictionary<string, object?> Config
    {
        get => Get<IReadOnlyDictionary<string, object?>>("config");
        init => Set("config", value);
    }

    /// <summary>false (the default), true, null, or a dictionary of settings.</summary>
    public object? Cache { get => this["cache"]; init => Set("cache", value); }

    /// <summary>Adapters of a Python pipeline; by default none.</summary>
    public WithAdapterConfig WithAdapter { get => Get<WithAdapterConfig>("with_adapter"); init => Set("with_adapter", value); }

    /// <summary>What the nodes are computed on; by default a pool of threads.</summary>
    public ExecutorConfig Executor { get => Get<ExecutorConfig>("executor"); init => Set("executor", value); }

    /// <summary>TRACE, DEBUG, INFO (the default), SUCCESS, WARNING, ERROR, CRITICAL, or null to leave it; in any case of letters.</summary>
    public string? LogLevel { get => Get<string?>("log_level"); init => Set("log_level", value); }

    /// <summary>What happens after a failed attempt; by default 3 retries after 1, 2 and 4 seconds.</summary>
    public RetryConfig Retry { get => Get<RetryConfig>("retry"); init => Set("retry", value); }

    /// <summary>Replaces the pipeline's <c>adapter</c> block for this run; by default null.</summary>
    public IReadOnlyDictionary<string, object?>? PipelineAdapterConfig
    {
        get => Get<IReadOnlyDictionary<string, object?>?>("pipeline_adapter_cfg");
        init => Set("pipeline_adapter_cfg", value);
    }

    /// <summary>Replaces the project's <c>adapter</c> block for this run; by default null.</summary>
    public IReadOnlyDictionary<string, object?>? ProjectAdapterConfig
    {
        get => Get<IReadOnlyDictionary<string, object?>?>("project_adapter_cfg");
        init => Set("project_adapter_cfg", value);
    }

    /// <summary>Read the pipeline's code again before running; by default false.</summary>
    public bool Reload { get => Get<bool>("reload"); init => Set("reload", value); }

    /// <summary>The registered name of what is called after success; by default null. Live callbacks cannot travel with a job.</summary>
    public string? OnSuccess { get => Get<string?>("on_success"); init => Set("on_success", value); }

    /// <summary>The registered name of what is called after the last failure; by default null.</summary>
    public string? OnFailure { get => Get<string?>("on_failure"); init => Set("on_failure", value); }

    /// <summary>Names of further modules whose functions join the graph, later ones winning; by default none. Layers add up.</summary>
    public IReadOnlyList<string> AdditionalModules { get => Get<string[]>("additional_modules"); init => Set("additional_modules", value); }

    /// <summary>Hamilton's async driver for a Python pipeline; null (the default) leaves it to how the run was started.</summary>
    public bool? AsyncDriver { get => Get<bool?>("async_driver"); init => Set("async_driver", value); }

    /// <summary>The place inside the queue: <c>high</c>, <c>medium</c> (the default) or <c>low</c>.</summary>
    public string Priority { get => Get<string>("priority"); init => Set("priority", value); }

    /// <summary>The queue's name; by default <c>default</c>. Without spaces.</summary>
    public string Queue { get => Get<string>("queue"); init => Set("queue", value); }

    /// <summary>The longest that one attempt may run; above zero, by default null: no limit.</summary>
    public TimeSpan? Timeout { get => Get<TimeSpan?>("timeout"); init => Set("timeout", value); }

    /// <summary>When it recurs, as it was written: a cron text or a dictionary; by default null.</summary>
    public object? Schedule { get => this["schedule"]; init => Set("schedule", value); }

    /// <summary>The name of the queue backend; by default null: the project's.</summary>
    public string? Backend { get => Get<string?>("backend"); init => Set("backend", value); }

    /// <summary>Joins layers key by key, blocks included: what a higher one sets wins, be it the default.</summary>
    /// <param name="layers">Highest first (the call, then the file …); null layers are skipped.</param>
    public static RunConfig Merge(params ReadOnlySpan<RunConfig?> layers)
    {
        var merged = new RunConfig();
        foreach (var layer in layers)
        {
            merged = layer is null ? merged : (RunConfig)merged.Over(layer);
        }

        return merged;
    }
}
