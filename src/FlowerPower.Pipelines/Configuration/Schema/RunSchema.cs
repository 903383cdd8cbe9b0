namespace FlowerPower.Pipelines.Configuration;

/// <summary>The keys of <c>run</c>: FlowerPower 0.37's, and the queue's own five.</summary>
internal static class RunSchema
{
    public static readonly BlockSchema Executor = new(
        values => new ExecutorConfig(values),
        new KeySpec("type", new ChoiceKind(["synchronous", "local", "threadpool", "processpool", "ray", "dask"]), "threadpool")
        {
            NoticeForCSharp = value => value is "processpool" or "ray" or "dask"
                ? $"the nodes of a C# pipeline run on threads; {value} is read as threadpool."
                : null,
        },
        new KeySpec("max_workers", new WholeKind(1), 5 * Environment.ProcessorCount) { DefaultInWords = "5 × CPUs" },
        new KeySpec("num_cpus", new WholeKind(1), Environment.ProcessorCount) { DefaultInWords = "CPUs" });

    public static readonly BlockSchema WithAdapter = new(
        values => new WithAdapterConfig(values),
        new KeySpec("hamilton_tracker", new BoolKind(), false),
        new KeySpec("mlflow", new BoolKind(), false),
        new KeySpec("ray", new BoolKind(), false),
        new KeySpec("progressbar", new BoolKind(), false),
        new KeySpec("future", new BoolKind(), false));

    public static readonly BlockSchema Retry = new(
        values => new RetryConfig(values),
        new KeySpec("max_retries", new WholeKind(0), 3),
        new KeySpec("retry_delay", new NumberKind(0), 1.0),
        new KeySpec("jitter_factor", new NumberKind(0), 0.1),
        new KeySpec("retry_exceptions", new TextListKind(), new[] { "Exception" }));

    private static readonly TextKind Callback = new("the name under which the callback is registered");

    private static readonly string[] LogLevels = ["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"];

    private static readonly Dictionary<string, object?> None = [];

    public static readonly BlockSchema Run = new(
        values => new RunConfig(values),
        new KeySpec("inputs", new MapKind(byKey: true), None),
        new KeySpec("final_vars", new TextListKind(), Array.Empty<string>()),
        new KeySpec("config", new MapKind(byKey: true), None),
        new KeySpec("cache", new DataKind("true, false, or a block of keys", IsCache), false),
        new KeySpec("with_adapter", new BlockKind(WithAdapter), new WithAdapterConfig([])),
        new KeySpec("executor", new BlockKind(Executor, shorthand: "type"), new ExecutorConfig([])),
        new KeySpec("log_level", new ChoiceKind(LogLevels, nullable: true), "INFO"),
        new KeySpec("retry", new BlockKind(Retry), new RetryConfig([])),
        new KeySpec("pipeline_adapter_cfg", new MapKind(nullable: true)),
        new KeySpec("project_adapter_cfg", new MapKind(nullable: true)),
        new KeySpec("adapter", new IgnoredKind("live adapter objects cannot come from a file; set pipeline_adapter_cfg.")),
        new KeySpec("reload", new BoolKind(), false),
        new KeySpec("on_success", Callback),
        new KeySpec("on_failure", Callback),
        new KeySpec("additional_modules", new TextListKind(union: true), Array.Empty<string>()),
        new KeySpec("async_driver", new BoolKind(nullable: true)),
        new KeySpec("priority", new ChoiceKind(["high", "medium", "low"]), "medium"),
        new KeySpec("queue", new TextKind("a queue's name, without spaces", nullable: false, IsQueueName), "default"),
        new KeySpec("timeout", new DurationKind()),
        new KeySpec("schedule", new DataKind()),
        new KeySpec("backend", new TextKind("a backend's name")))
    {
        Moved =
        [
            new MovedKey("max_retries", "retry", "max_retries"),
            new MovedKey("retry_delay", "retry", "retry_delay"),
            new MovedKey("jitter_factor", "retry", "jitter_factor"),
            new MovedKey("retry_exceptions", "retry", "retry_exceptions"),
        ],
    };

    /// <summary>The global variables that stand in for keys of <c>run</c>.</summary>
    public static readonly IReadOnlyList<(string Variable, string[] Path)> Shims =
    [
        ("FP_LOG_LEVEL", ["run", "log_level"]),
        ("FP_EXECUTOR", ["run", "executor", "type"]),
        ("FP_EXECUTOR_MAX_WORKERS", ["run", "executor", "max_workers"]),
        ("FP_EXECUTOR_NUM_CPUS", ["run", "executor", "num_cpus"]),
        ("FP_MAX_RETRIES", ["run", "retry", "max_retries"]),
        ("FP_RETRY_DELAY", ["run", "retry", "retry_delay"]),
        ("FP_JITTER_FACTOR", ["run", "retry", "jitter_factor"]),
    ];

    private static bool IsCache(ConfigNode node) => node is MapNode or ScalarNode { Value: null or bool };

    private static bool IsQueueName(string name) => name.Length > 0 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
