namespace FlowerPower.Actors;

/// <summary>What a parent does about a failed child.</summary>
public enum Directive
{
    /// <summary>Throw the incarnation away and make a new one after a back-off; the ref and the waiting messages stay.</summary>
    Restart = 1,

    /// <summary>Stop the child for good.</summary>
    Stop = 2,

    /// <summary>Fail with the child's exception, so that the grandparent decides about the parent. At the root: stop the child.</summary>
    Escalate = 3,
}

/// <summary>A parent's rule about its failing children: one for one, with exponential back-off and a budget of restarts.</summary>
public sealed record SupervisionStrategy
{
    /// <summary>Restart, 0.1 s to 10 s of back-off, and stop after 10 restarts within a minute.</summary>
    public static SupervisionStrategy Default { get; } = new();

    /// <summary>Stop a failed child.</summary>
    public static SupervisionStrategy Stopping { get; } = new() { Decide = static _ => Directive.Stop };

    /// <summary>Fail with the child.</summary>
    public static SupervisionStrategy Escalating { get; } = new() { Decide = static _ => Directive.Escalate };

    /// <summary>The decision for an exception; by default restart. If it throws, the child is stopped.</summary>
    public Func<Exception, Directive> Decide { get; init; } = static _ => Directive.Restart;

    /// <summary>The wait before the first restart; zero or more.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait before a restart, jitter included; <see cref="MinBackoff"/> or more.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The greatest part of the wait that chance adds to it; 0 or more.</summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>
    /// Restarts allowed <see cref="Within"/> a window, after which a failure stops the child; 0 or more, <see cref="int.MaxValue"/> for
    /// no limit.
    /// </summary>
    public int MaxRestarts { get; init; } = 10;

    /// <summary>
    /// The sliding window of <see cref="MaxRestarts"/>. A child that lived this long since its last restart begins at <see
    /// cref="MinBackoff"/> again.
    /// </summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time to wait before a restart.</summary>
    /// <param name="restart">Which restart in a row; 1-based.</param>
    /// <param name="jitter">A uniform sample in [0, 1).</param>
    /// <returns>min(<see cref="MaxBackoff"/>, <see cref="MinBackoff"/> × 2^(restart − 1) × (1 + jitter × <see cref="Jitter"/>)).</returns>
    internal TimeSpan DelayBefore(int restart, double jitter)
    {
        var seconds = MinBackoff.TotalSeconds * Math.Pow(2, restart - 1) * (1 + (jitter * Jitter));
        return seconds < MaxBackoff.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxBackoff;
    }

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    internal void Check()
    {
        if (MinBackoff < TimeSpan.Zero || MaxBackoff < MinBackoff)
        {
            throw new ArgumentException($"Back-off from {MinBackoff} to {MaxBackoff} is no range: set 0 <= MinBackoff <= MaxBackoff.");
        }

        if (Jitter < 0 || MaxRestarts < 0 || Within <= TimeSpan.Zero)
        {
            throw new ArgumentException($"Jitter {Jitter}, MaxRestarts {MaxRestarts} and Within {Within} must be 0 or more, and Within more than 0.");
        }
    }
}

/// <summary>A child's restarts, kept by its parent's turns.</summary>
internal sealed class RestartRecord
{
    private readonly Queue<long> recent = new();
    private long last;
    private int inARow;

    /// <summary>The wait before the next restart, or <see langword="null"/> if the budget is spent.</summary>
    public TimeSpan? Next(SupervisionStrategy strategy, TimeProvider time, double jitter)
    {
        var now = time.GetTimestamp();
        if (inARow > 0 && time.GetElapsedTime(last, now) > strategy.Within)
        {
            inARow = 0;
        }

        if (strategy.MaxRestarts != int.MaxValue)
        {
            while (recent.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) > strategy.Within)
            {
                recent.Dequeue();
            }

            if (recent.Count >= strategy.MaxRestarts)
            {
                return null;
            }

            recent.Enqueue(now);
        }

        inARow++;
        var delay = strategy.DelayBefore(inARow, jitter);
        last = now + (long)(delay.TotalSeconds * time.TimestampFrequency);
        return delay;
    }
}
