namespace FlowerPower.Jobs;

/// <summary>What holds for all jobs of a queue. Of a queue that nobody has set anything for, nothing does.</summary>
public sealed record QueueSettings
{
    /// <summary>Who paused it, when and why; <see langword="null"/>: it is not paused.</summary>
    public QueuePause? Pause { get; init; }

    /// <summary>How many of its jobs may run at once, on all nodes together; 1 or more; <see langword="null"/>: any number.</summary>
    public int? Concurrency
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Concurrency), value, "A queue's concurrency is 1 or more; pause the queue for none.");
    }

    /// <summary>How many of its attempts may start in how long; <see langword="null"/>: any number.</summary>
    public StartRate? Rate { get; init; }

    /// <summary>Nothing is set.</summary>
    public bool IsPlain => Pause is null && Concurrency is null && Rate is null;

    /// <summary>Of a queue that nobody has set anything for.</summary>
    public static QueueSettings Plain { get; } = new();
}

/// <summary>A queue stands still.</summary>
/// <param name="By">Who wanted it.</param>
/// <param name="Reason">Why; <see langword="null"/>: not told.</param>
public sealed record QueuePause(string By, DateTimeOffset At, string? Reason);

/// <summary>A number of starts in a length of time.</summary>
/// <param name="Count">1 to <see cref="MaxCount"/>.</param>
/// <param name="Per">Above zero, at most <see cref="LongestPer"/>. In every span of this length, wherever it begins, at most so many attempts start.</param>
public sealed record StartRate(int Count, TimeSpan Per)
{
    /// <summary>The greatest <see cref="Count"/>: each start is remembered for the length of time.</summary>
    public const int MaxCount = 10_000;

    /// <summary>The greatest <see cref="Per"/>.</summary>
    public static readonly TimeSpan LongestPer = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public int Count { get; init; } = Count is >= 1 and <= MaxCount
        ? Count
        : throw new ArgumentOutOfRangeException(nameof(Count), Count, $"A rate is 1 to {MaxCount} starts in a length of time.");

    /// <inheritdoc/>
    public TimeSpan Per { get; init; } = Per > TimeSpan.Zero && Per <= LongestPer
        ? Per
        : throw new ArgumentOutOfRangeException(nameof(Per), Per, "A rate's length of time is above zero and at most a day.");
}
