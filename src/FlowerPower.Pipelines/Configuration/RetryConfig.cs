using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>The <c>retry</c> block: what happens after a failed attempt.</summary>
public sealed record RetryConfig : ConfigBlock
{
    /// <summary>A block in which nothing is set.</summary>
    public RetryConfig() : base(RunSchema.Retry)
    {
    }

    internal RetryConfig(Dictionary<string, object?> values) : base(RunSchema.Retry, values)
    {
    }

    /// <summary>Retries after the first attempt; 0 or more, by default 3.</summary>
    /// <exception cref="ArgumentException">Less than 0.</exception>
    public int MaxRetries { get => Get<int>("max_retries"); init => Set("max_retries", value); }

    /// <summary>Seconds before the first retry, doubling with each further one; 0 or more, by default 1.</summary>
    /// <exception cref="ArgumentException">Less than 0, or no number.</exception>
    public double RetryDelay { get => Get<double>("retry_delay"); init => Set("retry_delay", value); }

    /// <summary>The greatest part of the wait that chance adds to it; 0 or more, by default 0.1.</summary>
    /// <exception cref="ArgumentException">Less than 0, or no number.</exception>
    public double JitterFactor { get => Get<double>("jitter_factor"); init => Set("jitter_factor", value); }

    /// <summary>Names of the exception types that are retried, with or without namespace; by default <c>Exception</c>: all.</summary>
    public IReadOnlyList<string> RetryExceptions { get => Get<string[]>("retry_exceptions"); init => Set("retry_exceptions", value); }
}
