namespace FlowerPower.Jobs;

/// <summary>A job that is enqueued when another one has ended: with its own attempts, history and outcome.</summary>
/// <param name="Pipeline">
/// What it runs: a pipeline of the project, <see cref="FunctionPrefix"/> and the name of a function that the worker's process has registered, or
/// <see cref="WebhookPrefix"/> and an address. Never empty.
/// </param>
public sealed record JobCallback(string Pipeline)
{
    /// <summary>What it runs; never empty.</summary>
    public string Pipeline { get; init; } = string.IsNullOrEmpty(Pipeline)
        ? throw new ArgumentException("A callback must name what it runs.", nameof(Pipeline))
        : Pipeline;

    /// <summary>Its run's configuration as UTF-8 JSON (an object).</summary>
    public ReadOnlyMemory<byte> RunConfigJson { get; init; } = "{}"u8.ToArray();

    /// <summary>Before the name of a registered function.</summary>
    public const string FunctionPrefix = "callback:";

    /// <summary>Before the address of a webhook.</summary>
    public const string WebhookPrefix = "webhook:";

    /// <summary>A job with a callback has an id of at most so many characters, because the callback's is made from it.</summary>
    public const int MaxJobIdLength = JobId.MaxLength - 24;

    /// <summary>The callback of a job that has just ended, as a job of its own.</summary>
    /// <param name="ended">The job.</param>
    /// <param name="onSuccess">The one for its success; else that for its failure.</param>
    /// <param name="round">How often it had been retried by hand: each end has its own callback.</param>
    /// <exception cref="InvalidOperationException">It has no such callback.</exception>
    public static JobSpec JobOf(JobSpec ended, bool onSuccess, int round)
    {
        var callback = (onSuccess ? ended.OnSuccess : ended.OnFailure)
            ?? throw new InvalidOperationException($"Job {ended.Id} has no callback for its {(onSuccess ? "success" : "failure")}.");
        return new JobSpec
        {
            Id = IdOf(ended.Id, onSuccess, round),
            Pipeline = callback.Pipeline,
            Project = ended.Project,
            RunConfigJson = callback.RunConfigJson,
            Queue = ended.Queue,
            Priority = ended.Priority,
            Description = $"after job {ended.Id} {(onSuccess ? "completed" : "failed")}",
            DependsOn =
            [
                new JobDependency(ended.Id, AllowFailure: true)
                {
                    Inputs = new Dictionary<string, string>
                    {
                        ["job_id"] = JobDependency.IdValue,
                        ["job_status"] = JobDependency.StatusValue,
                        ["job_error"] = JobDependency.ErrorValue,
                        ["job_result"] = JobDependency.ResultValue,
                    },
                },
            ],
        };
    }

    /// <summary>The id of a job's callback.</summary>
    public static JobId IdOf(JobId ended, bool onSuccess, int round) =>
        JobId.Parse(FormattableString.Invariant($"{ended}.{(onSuccess ? "on-success" : "on-failure")}{(round == 0 ? "" : $"-{round + 1}")}"));

    /// <inheritdoc/>
    public bool Equals(JobCallback? other) =>
        other is not null && Pipeline == other.Pipeline && RunConfigJson.Span.SequenceEqual(other.RunConfigJson.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Pipeline.GetHashCode(StringComparison.Ordinal);
}
