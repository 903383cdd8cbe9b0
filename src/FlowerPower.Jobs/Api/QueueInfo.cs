namespace FlowerPower.Jobs;

/// <summary>A queue at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Settings">What holds for its jobs.</param>
/// <param name="Counts">Its unfinished jobs by status.</param>
/// <param name="Holders">Jobs that have leave to run, of a queue with settings; some of them, if they are many.</param>
/// <param name="Permits">How many have; 0 for a queue without settings.</param>
public sealed record QueueInfo(
    string Name, QueueSettings Settings, IReadOnlyDictionary<JobStatus, long> Counts, IReadOnlyList<JobId> Holders, int Permits)
{
    /// <summary>Who set what, newest last; may be empty.</summary>
    public IReadOnlyList<QueueChanged> Changes { get; init; } = [];

    /// <summary>Nodes that could not be told of a change, and may start jobs as before until they have heard of it; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? Unaware { get; init; }
}

/// <summary>What is to be changed of a queue's settings; what is not set stays as it is.</summary>
public sealed record QueueChange
{
    /// <summary>Pause it, or let it go on; <see langword="null"/>: neither.</summary>
    public bool? Pause { get; init; }

    /// <summary>Why it is paused.</summary>
    public string? Reason { get; init; }

    /// <summary>The limits become those of <see cref="Concurrency"/> and <see cref="Rate"/>.</summary>
    public bool SetsLimits { get; init; }

    /// <summary>How many of its jobs may run at once; <see langword="null"/>: any number.</summary>
    public int? Concurrency { get; init; }

    /// <summary>How many may start in how long; <see langword="null"/>: any number.</summary>
    public StartRate? Rate { get; init; }

    /// <summary>The settings after it.</summary>
    public QueueSettings ApplyTo(QueueSettings settings, string by, DateTimeOffset now)
    {
        var paused = Pause switch
        {
            true => settings with { Pause = settings.Pause ?? new QueuePause(by, now, Reason) },
            false => settings with { Pause = null },
            null => settings,
        };
        return SetsLimits ? paused with { Concurrency = Concurrency, Rate = Rate } : paused;
    }
}
