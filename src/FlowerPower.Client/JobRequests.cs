using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>How a call becomes a job: everything is resolved here, so that what runs later is what was asked for now.</summary>
internal static class JobRequests
{
    /// <param name="newId">Makes a new id, for a unique key or for none.</param>
    /// <exception cref="PipelineNotFoundException">The project has no such pipeline.</exception>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    public static EnqueueRequest Of(
        FlowerPowerProject project, string pipeline, RunConfig? runConfig, EnqueueOptions options, DateTimeOffset now, Func<string?, JobId> newId)
    {
        var config = project.ResolveRunConfig(pipeline, runConfig);
        var defaults = project.Config.JobQueue.JobDefaults;
        var spec = new JobSpec
        {
            Id = options.UniqueKey is null ? options.Id ?? newId(null)
                : options.Id is null ? newId(options.UniqueKey)
                : throw new ArgumentException("A job has an id of its own or a unique key, not both: an id is unique by itself, and for ever.", nameof(options)),
            Pipeline = pipeline,
            Project = project.Name,
            RunConfigJson = config.ToJson(),
            Queue = options.Queue ?? config.Queue,
            Priority = options.Priority ?? ParsePriority(config.Priority),
            Retry = RetryOf(config.Retry),
            Timeout = options.Timeout ?? config.Timeout ?? defaults.Timeout,
            ExpiresAt = now + options.ExpiresIn,
            Description = options.Description,
            Tags = options.Tags,
            Metadata = options.Metadata,
            DependsOn = options.DependsOn,
            UniqueKey = options.UniqueKey,
            UniqueFor = options.UniqueFor is null || options.UniqueKey is not null
                ? options.UniqueFor
                : throw new ArgumentException("unique_for is how long a unique key holds: give the key as well.", nameof(options)),
            OnSuccess = Callbacks.Of(project, options.OnSuccess ?? config.OnSuccess),
            OnFailure = Callbacks.Of(project, options.OnFailure ?? config.OnFailure),
        };
        spec = spec with
        {
            ResultRetention = options.ResultRetention ?? defaults.ResultTtl ?? spec.ResultRetention,
            FailureRetention = options.FailureRetention ?? defaults.FailureTtl ?? spec.FailureRetention,
        };
        var due = DueAt(options, now);
        return (due ?? now) >= spec.ExpiresAt
            ? throw new ArgumentException(
                $"The job would expire ({spec.ExpiresAt:u}) before it may start ({due ?? now:u}): give it a longer expires_in than run_in, or an earlier run_at.", nameof(options))
            : new EnqueueRequest(spec, due) { OnConflict = options.OnConflict };
    }

    private static DateTimeOffset? DueAt(EnqueueOptions options, DateTimeOffset now)
    {
        if (options.RunAt is not null && options.RunIn is not null)
        {
            throw new ArgumentException("A job has one due time: give run_at or run_in, not both.", nameof(options));
        }

        if (options.RunIn is { } span)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, "run_in");
            return now + span;
        }

        return options.RunAt;
    }

    private static JobPriority ParsePriority(string text) =>
        Enum.TryParse<JobPriority>(text, ignoreCase: true, out var priority) && Enum.IsDefined(priority)
            ? priority
            : throw new ArgumentException($"There is no priority '{text}': use high, medium or low.");

    private static RetryPolicy RetryOf(RetryConfig retry) =>
        new()
        {
            MaxRetries = retry.MaxRetries,
            Delay = TimeSpan.FromSeconds(retry.RetryDelay),
            JitterFactor = retry.JitterFactor,
            Exceptions = retry.RetryExceptions,
        };
}
