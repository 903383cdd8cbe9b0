using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>What the queue should know of a job. What is <see langword="null"/> comes from the run's configuration, else from the defaults.</summary>
public sealed record EnqueueOptions
{
    /// <summary>The job's id; <see langword="null"/>: a new one. Enqueueing an id again is a repetition, not a second job.</summary>
    public JobId? Id { get; init; }

    /// <summary>The queue's name; default <c>default</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>Default <see cref="JobPriority.Medium"/>.</summary>
    public JobPriority? Priority { get; init; }

    /// <summary>Not before this instant. At most one of this and <see cref="RunIn"/>.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>Not before this span from now has passed; zero or more.</summary>
    public TimeSpan? RunIn { get; init; }

    /// <summary>The longest that an attempt may run; default: no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>If no worker has started it after this span, the job fails as expired; default: never.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>How long the job is kept after it completed; default 7 days.</summary>
    public TimeSpan? ResultRetention { get; init; }

    /// <summary>How long the job is kept after it failed; default 30 days.</summary>
    public TimeSpan? FailureRetention { get; init; }

    /// <summary>
    /// A text that no two unfinished jobs of the project have, <c>import-2026-03-01</c> for example. What happens if one has it already says
    /// <see cref="OnConflict"/>. Not together with <see cref="Id"/>, which is unique by itself.
    /// </summary>
    public string? UniqueKey { get; init; }

    /// <summary>How long after it was enqueued a completed job still holds its key; default: not at all. Failed and cancelled jobs never do.</summary>
    public TimeSpan? UniqueFor { get; init; }

    /// <summary>What happens if another job has <see cref="UniqueKey"/>; default: that one is meant.</summary>
    public KeyConflict OnConflict { get; init; } = KeyConflict.ReturnExisting;

    /// <summary>The jobs that must have ended before this one may start; each must exist, or be enqueued before it by the same call.</summary>
    public IReadOnlyList<JobDependency> DependsOn { get; init; } = [];

    /// <summary>
    /// What runs, as a job of its own, when this one has completed: <c>pipeline:NAME</c>, <c>webhook:URL</c>, or the name of a callback that the workers' project has
    /// registered (<see cref="FlowerPowerProject.RegisterCallback"/>). Default: the run configuration's <c>on_success</c>.
    /// </summary>
    public string? OnSuccess { get; init; }

    /// <summary>What runs when it has failed for good, in the same forms. Default: the run configuration's <c>on_failure</c>.</summary>
    public string? OnFailure { get; init; }

    /// <summary>A line for people.</summary>
    public string? Description { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The caller's data about it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>One of many jobs for <see cref="JobQueueManager.EnqueueManyAsync"/>.</summary>
public sealed record EnqueueItem(string Pipeline, RunConfig? RunConfig = null, EnqueueOptions? Options = null);
