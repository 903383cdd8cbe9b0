namespace FlowerPower.Jobs;

/// <summary>What happens after a failed attempt: FlowerPower's <c>retry</c> block, kept by the queue.</summary>
public sealed record RetryPolicy
{
    /// <summary>FlowerPower's defaults: 3 retries, 1 s, 10 % jitter, any exception.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>Retries after the first attempt; 0 or more. Attempts in all: one more.</summary>
    public int MaxRetries
    {
        get;
        init => field = value is >= 0 and < int.MaxValue
            ? value
            : throw new ArgumentException($"A job's max_retries must be 0 or more, not {value}; 0 means that it is tried once.");
    } = 3;

    /// <summary>The wait before the first retry; zero or more. It doubles with each further one.</summary>
    public TimeSpan Delay { get; init => field = NotNegative(value, "retry_delay"); } = TimeSpan.FromSeconds(1);

    /// <summary>The greatest part of the wait that chance adds to it; 0 or more. It never shortens the wait.</summary>
    public double JitterFactor
    {
        get;
        init => field = value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentException(FormattableString.Invariant(
                $"A job's jitter_factor must be 0 or more, not {value}; 0 means that every wait is exact."));
    } = 0.1;

    /// <summary>
    /// Type names of the exceptions that are retried, with or without their namespace, of which only the last part is compared;
    /// <c>Exception</c> stands for all. Empty: none is.
    /// </summary>
    public IReadOnlyList<string> Exceptions { get; init; } = ["Exception"];

    /// <summary>The longest wait, jitter included: FlowerPower has no such cap, so twenty retries there wait six days.</summary>
    public TimeSpan MaxDelay { get; init => field = NotNegative(value, "max_delay"); } = TimeSpan.FromHours(1);

    /// <summary>Attempts in all; 1 or more.</summary>
    public int MaxAttempts => MaxRetries + 1;

    /// <summary>May an attempt that failed with this error be tried again, attempts permitting?</summary>
    public bool Covers(JobError error) =>
        Exceptions.Any(name => ShortName(name) is "Exception" || error.Types.Contains(ShortName(name)));

    /// <summary>Time to wait after a failed attempt: exponential, with additive jitter.</summary>
    /// <param name="attempt">The attempt that failed; 1-based.</param>
    /// <param name="jitter">A uniform sample in [0, 1), given by the caller so that runs repeat.</param>
    /// <returns>min(<see cref="MaxDelay"/>, <see cref="Delay"/> × 2^(attempt − 1) × (1 + jitter × <see cref="JitterFactor"/>)).</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    /// <remarks>Source: FlowerPower 0.37, <c>retry_delay · 2^k + uniform[0,1) · jitter_factor</c> of that, with k from 0.</remarks>
    public TimeSpan DelayAfter(int attempt, double jitter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(jitter);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(jitter, 1.0);
        if (Delay == TimeSpan.Zero)
        {
            return TimeSpan.Zero; // zero times an infinite power of two would not be a number
        }

        var seconds = Delay.TotalSeconds * Math.Pow(2, attempt - 1) * (1 + (jitter * JitterFactor));
        return seconds < MaxDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxDelay;
    }

    /// <inheritdoc/>
    public bool Equals(RetryPolicy? other) =>
        other is not null && MaxRetries == other.MaxRetries && Delay == other.Delay && JitterFactor.Equals(other.JitterFactor)
        && MaxDelay == other.MaxDelay && Exceptions.SequenceEqual(other.Exceptions);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MaxRetries, Delay, JitterFactor, MaxDelay, Exceptions.Count);

    private static string ShortName(string name) => name[(name.LastIndexOfAny(['.', '+']) + 1)..];

    private static TimeSpan NotNegative(TimeSpan value, string name) =>
        value >= TimeSpan.Zero ? value : throw new ArgumentException($"A job's {name} must be zero or more, not {value:c}.");
}
