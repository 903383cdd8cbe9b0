namespace FlowerPower.Pipelines;

public sealed partial record RunConfig
{
    /// <summary>A copy with one more input, or another value for one.</summary>
    public RunConfig WithInput(string name, object? value) =>
        this with { Inputs = new Dictionary<string, object?>(Inputs) { [name] = value } };

    /// <summary>A copy with these inputs in place of the former ones.</summary>
    public RunConfig WithInputs(IReadOnlyDictionary<string, object?> inputs) => this with { Inputs = inputs };

    /// <summary>A copy with these nodes as its result.</summary>
    public RunConfig WithFinalVars(params string[] nodes) => this with { FinalVars = nodes };

    /// <summary>A copy with one more config key, or another value for one.</summary>
    public RunConfig WithConfig(string key, object? value) =>
        this with { Config = new Dictionary<string, object?>(Config) { [key] = value } };

    /// <summary>A copy with these config keys in place of the former ones.</summary>
    public RunConfig WithConfig(IReadOnlyDictionary<string, object?> config) => this with { Config = config };

    /// <summary>A copy with another cache setting: true, false, or a dictionary.</summary>
    public RunConfig WithCache(object? cache) => this with { Cache = cache };

    /// <summary>A copy with these adapters.</summary>
    public RunConfig WithAdapters(WithAdapterConfig adapters) => this with { WithAdapter = adapters };

    /// <summary>A copy with another executor; what is not given stays as it is.</summary>
    /// <exception cref="ArgumentException">An unknown type, or a number less than 1.</exception>
    public RunConfig WithExecutor(string? type = null, int? maxWorkers = null, int? numCpus = null)
    {
        var executor = Executor;
        executor = type is { } word ? executor with { Type = word } : executor;
        executor = maxWorkers is { } workers ? executor with { MaxWorkers = workers } : executor;
        executor = numCpus is { } cpus ? executor with { NumCpus = cpus } : executor;
        return this with { Executor = executor };
    }

    /// <summary>A copy with another log level.</summary>
    public RunConfig WithLogLevel(string? level) => this with { LogLevel = level };

    /// <summary>A copy with other retries; what is not given stays as it is.</summary>
    /// <param name="maxRetries">Retries after the first attempt; 0 or more.</param>
    /// <param name="retryDelay">Seconds before the first retry; 0 or more.</param>
    /// <param name="jitterFactor">The greatest part of the wait that chance adds; 0 or more.</param>
    /// <param name="retryExceptions">Names of the exception types that are retried.</param>
    /// <exception cref="ArgumentException">A number less than 0.</exception>
    public RunConfig WithRetry(
        int? maxRetries = null, double? retryDelay = null, double? jitterFactor = null, IReadOnlyList<string>? retryExceptions = null)
    {
        var retry = Retry;
        retry = maxRetries is { } max ? retry with { MaxRetries = max } : retry;
        retry = retryDelay is { } delay ? retry with { RetryDelay = delay } : retry;
        retry = jitterFactor is { } jitter ? retry with { JitterFactor = jitter } : retry;
        retry = retryExceptions is { } names ? retry with { RetryExceptions = names } : retry;
        return this with { Retry = retry };
    }

    /// <summary>A copy with adapter settings for this run alone; what is not given stays as it is.</summary>
    public RunConfig WithAdapterConfig(
        IReadOnlyDictionary<string, object?>? pipeline = null, IReadOnlyDictionary<string, object?>? project = null)
    {
        var copy = pipeline is null ? this : this with { PipelineAdapterConfig = pipeline };
        return project is null ? copy : copy with { ProjectAdapterConfig = project };
    }

    /// <summary>A copy that reads the pipeline's code again, or not.</summary>
    public RunConfig WithReload(bool reload = true) => this with { Reload = reload };

    /// <summary>A copy with callbacks by their registered names; what is not given stays as it is.</summary>
    public RunConfig WithCallbacks(string? onSuccess = null, string? onFailure = null)
    {
        var copy = onSuccess is null ? this : this with { OnSuccess = onSuccess };
        return onFailure is null ? copy : copy with { OnFailure = onFailure };
    }

    /// <summary>A copy with further modules after those that it has.</summary>
    public RunConfig WithAdditionalModules(params string[] modules) =>
        this with { AdditionalModules = [.. AdditionalModules.Union(modules, StringComparer.Ordinal)] };

    /// <summary>A copy with Hamilton's async driver on, off, or as the run decides.</summary>
    public RunConfig WithAsyncDriver(bool? enabled) => this with { AsyncDriver = enabled };

    /// <summary>A copy for another place in the queues; what is not given stays as it is.</summary>
    /// <exception cref="ArgumentException">An unknown priority, or a queue's name with spaces.</exception>
    public RunConfig WithQueue(string? queue = null, string? priority = null)
    {
        var copy = queue is null ? this : this with { Queue = queue };
        return priority is null ? copy : copy with { Priority = priority };
    }

    /// <summary>A copy with a time limit for each attempt; null is none.</summary>
    /// <exception cref="ArgumentException">Zero or less.</exception>
    public RunConfig WithTimeout(TimeSpan? timeout) => this with { Timeout = timeout };

    /// <summary>A copy with a schedule, as <c>schedule</c> in YAML takes it: a cron text or a dictionary.</summary>
    public RunConfig WithSchedule(object? schedule) => this with { Schedule = schedule };

    /// <summary>A copy for another queue backend.</summary>
    public RunConfig WithBackend(string? backend) => this with { Backend = backend };
}
