namespace FlowerPower.Pipelines.Configuration;

/// <summary>The keys of <c>conf/project.yml</c>, with those of former and planned FlowerPower versions.</summary>
internal static class ProjectSchema
{
    private static readonly BlockSchema Adapter = BlockSchema.Untyped(
        Block(
            "hamilton_tracker",
            new KeySpec("username", new TextKind()),
            new KeySpec("api_url", new TextKind(), "http://localhost:8241"),
            new KeySpec("ui_url", new TextKind(), "http://localhost:8242"),
            new KeySpec("api_key", new TextKind()) { Secret = true },
            new KeySpec("verify", new BoolKind(), false)),
        Block(
            "mlflow",
            new KeySpec("tracking_uri", new TextKind()),
            new KeySpec("registry_uri", new TextKind()),
            new KeySpec("artifact_location", new TextKind())),
        Block(
            "ray",
            new KeySpec("ray_init_config", new MapKind(nullable: true)),
            new KeySpec("shutdown_ray_on_completion", new BoolKind(), false)));

    /// <summary>APScheduler's two connections: read by nobody here, so their shape is free.</summary>
    private static readonly string[] Connection =
        ["type", "uri", "username", "password", "host", "port", "database", "ssl", "cert_file", "key_file", "ca_file", "verify_ssl"];

    private static readonly KeySpec DataStore =
        Block("data_store", [.. Connection.Select(Data), new KeySpec("schema", new TextKind(), "flowerpower")]);

    private static readonly KeySpec EventBroker =
        Block("event_broker", [.. Connection.Select(Data), new KeySpec("from_ds_sqla", new BoolKind(), false)]);

    public static readonly BlockSchema Backend = new(
        values => new BackendConfig(values),
        new KeySpec("type", new TextKind("a backend's name", nullable: false), "redis"),
        new KeySpec("uri", new TextKind(AUrl, nullable: true, IsUrl)) { Alias = "url", Secret = true },
        new KeySpec("username", new TextKind()),
        new KeySpec("password", new TextKind()) { Secret = true },
        new KeySpec("host", new TextKind(nullable: false), "localhost"),
        new KeySpec("port", new WholeKind(1, 65_535), 6379),
        new KeySpec("database", new WholeKind(0), 0) { Alias = "db" },
        new KeySpec("ssl", new BoolKind(), false),
        new KeySpec("cert_file", new TextKind()),
        new KeySpec("key_file", new TextKind()),
        new KeySpec("ca_file", new TextKind()),
        new KeySpec("verify_ssl", new BoolKind(), false),
        new KeySpec("queues", new TextListKind(), new[] { "default", "high", "low", "scheduler" }),
        new KeySpec("nodes", new TextListKind(), Array.Empty<string>()),
        new KeySpec("cluster_name", new TextKind()),
        new KeySpec("secret_file", new TextKind("a file's path")),
        new KeySpec("tls_name", new TextKind("a host's name")),
        DataStore,
        EventBroker,
        new KeySpec("cleanup_interval", new WholeKind(0), 300),
        new KeySpec("max_concurrent_jobs", new WholeKind(1), 10),
        new KeySpec("default_job_executor", new TextKind(), "threadpool"));

    public static readonly BlockSchema JobDefaults = new(
        values => new JobDefaultsConfig(values),
        new KeySpec("timeout", new DurationKind()),
        new KeySpec("max_retries", new WholeKind(0, nullable: true)),
        new KeySpec("retry_delay", new NumberKind(0, nullable: true)),
        new KeySpec("result_ttl", new DurationKind()),
        new KeySpec("failure_ttl", new DurationKind()));

    private static readonly BlockSchema Backends = BlockSchema.Untyped(
        Block(
            "rq",
            new KeySpec("redis_url", new TextKind("a URL", nullable: true, IsUrl)) { Secret = true },
            new KeySpec("queues", new TextListKind(), Array.Empty<string>()),
            new KeySpec("worker_class", new TextKind())),
        Block(
            "taskiq",
            new KeySpec("broker", new TextKind()),
            new KeySpec("result_backend", new TextKind()),
            new KeySpec("redis_url", new TextKind("a URL", nullable: true, IsUrl)) { Secret = true },
            new KeySpec("queues", new TextListKind(), Array.Empty<string>()),
            new KeySpec("worker_concurrency", new WholeKind(1, nullable: true))));

    public static readonly BlockSchema JobQueue = new(
        values => new JobQueueConfig(values),
        new KeySpec("type", new TextKind("a backend's name")),
        new KeySpec("num_workers", new WholeKind(1, nullable: true), Environment.ProcessorCount) { DefaultInWords = "CPUs" },
        new KeySpec("backend", new BlockKind(Backend, shorthand: "type"), new BackendConfig([])),
        new KeySpec("job_defaults", new BlockKind(JobDefaults), new JobDefaultsConfig([])),
        new KeySpec("backends", new BlockKind(Backends), Backends.Create([])));

    private static readonly BlockSchema Worker = BlockSchema.Untyped(
        DataStore,
        EventBroker,
        new KeySpec("cleanup_interval", new WholeKind(0), 300),
        new KeySpec("max_concurrent_jobs", new WholeKind(1), 10));

    public static readonly BlockSchema Project = new(
        values => new ProjectConfig(values),
        new KeySpec("name", new TextKind("a name without '/', '\\' and '..'", nullable: true, IsName)),
        new KeySpec("hooks_dir", new TextKind(nullable: false), "hooks"),
        new KeySpec("adapter", new BlockKind(Adapter), Adapter.Create([])),
        new KeySpec("job_queue", new BlockKind(JobQueue), new JobQueueConfig([])),
        new KeySpec("worker", new BlockKind(Worker)));

    /// <summary>The global variables that stand in for keys of the project.</summary>
    public static readonly IReadOnlyList<(string Variable, string[] Path)> Shims =
    [
        ("FP_HOOKS_DIR", ["hooks_dir"]),
        ("FP_RQ_NUM_WORKERS", ["job_queue", "num_workers"]),
        ("HAMILTON_API_KEY", ["adapter", "hamilton_tracker", "api_key"]),
    ];

    /// <summary>A project's name is also a folder's.</summary>
    public static bool IsName(string name) =>
        !string.IsNullOrWhiteSpace(name) && name.AsSpan().IndexOfAny('/', '\\') < 0 && !name.Contains("..", StringComparison.Ordinal)
        && !name.Any(char.IsControl);

    // Most often it is the password: what is broken must not be shown, so the remedy has to say enough.
    private const string AUrl =
        "a URL such as redis://:PASSWORD@localhost:6379/0, in which the password's special characters are percent-encoded (@ is %40, / is %2F, ? is %3F, # is %23)";

    private static bool IsUrl(string url) => Uri.TryCreate(url, UriKind.Absolute, out _) && url.Contains("://", StringComparison.Ordinal);

    private static KeySpec Data(string name) => new(name, new DataKind()) { Secret = name is "password" or "uri" };

    private static KeySpec Block(string name, params KeySpec[] keys)
    {
        var schema = BlockSchema.Untyped(keys);
        return new KeySpec(name, new BlockKind(schema), schema.Create([]));
    }
}
