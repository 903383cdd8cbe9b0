using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>The <c>job_queue.job_defaults</c> block; null anywhere means that the queue's own default holds.</summary>
public sealed record JobDefaultsConfig : ConfigBlock
{
    internal JobDefaultsConfig(Dictionary<string, object?> values) : base(ProjectSchema.JobDefaults, values)
    {
    }

    /// <summary>The longest that one attempt may run; above zero.</summary>
    public TimeSpan? Timeout => Get<TimeSpan?>("timeout");

    /// <summary>Retries after the first attempt; 0 or more.</summary>
    public int? MaxRetries => Get<int?>("max_retries");

    /// <summary>Seconds before the first retry; 0 or more.</summary>
    public double? RetryDelay => Get<double?>("retry_delay");

    /// <summary>How long a completed job is kept; above zero.</summary>
    public TimeSpan? ResultTtl => Get<TimeSpan?>("result_ttl");

    /// <summary>How long a failed job is kept; above zero.</summary>
    public TimeSpan? FailureTtl => Get<TimeSpan?>("failure_ttl");
}
