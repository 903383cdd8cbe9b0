using FlowerPower.Actors;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node;

/// <summary>What a node is made with. Checked by <see cref="Validate"/> before anything starts.</summary>
public sealed record NodeOptions
{
    /// <summary>The node's name, for people; not empty. Each incarnation adds its process and chance to it.</summary>
    public string Name { get; init; } = "local";

    /// <summary>Jobs that run at once here; 0: none, the node only stores and answers.</summary>
    public int WorkerSlots { get; init; }

    /// <summary>The queues that its workers serve; <see langword="null"/>: all.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>Events that a shard's log may hold, a large one for each 4 KiB of it, before its oldest jobs are written to their records and the log is cut; 1 or more.</summary>
    public int LogEvents { get; init; } = 20_000;

    /// <summary>Job actors that a shard keeps in memory; a waiting job beyond it costs an index entry only. 1 or more.</summary>
    public int MaxActiveJobsPerShard { get; init; } = 5_000;

    /// <summary>How often expired records are looked for; 1 ms to <see cref="LongestWait"/>.</summary>
    public TimeSpan PruneEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stop waits for running jobs before it cancels them and hands them back; zero to <see cref="LongestWait"/>.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop then waits for the jobs to hear that they were handed back; 1 ms to <see cref="LongestWait"/>.</summary>
    public TimeSpan HandBackTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the worker asks, of each running attempt, whether it is still its own; 1 ms to <see cref="LongestWait"/>.</summary>
    public TimeSpan HeartbeatEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest of these spans: timers have a greatest length (2^32 ms), a little above it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(49);

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1); // as fine as timers are

    /// <summary>
    /// How long what the store acknowledged is kept in memory in case the store forgets it while this node lives, as a Redis may that is
    /// restarted or replaced; zero or more. Zero is right for a store that ends with this process.
    /// </summary>
    public TimeSpan RepairWindow { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where ids and jitter come from.</summary>
    public NodeChance Chance { get; init; } = NodeChance.Secure;

    /// <summary>Where what operators should know goes; <see langword="null"/>: nowhere.</summary>
    public Action<NodeNotice>? OnNotice { get; init; }

    /// <summary>
    /// Told of each attempt that has ended here, once its outcome is stored (or is known not to be); one at a time, beside the node's own
    /// business. If it throws, that is a notice. <see langword="null"/>: nobody is told.
    /// </summary>
    public Action<AttemptReport>? OnAttemptEnded { get; init; }

    /// <summary>Where it is noted that the node stopped in order; <see langword="null"/>: nowhere. Only one node at a time may use a folder.</summary>
    internal string? NotesFolder { get; init; }

    /// <summary>Who runs the actors' turns, the attempts and all that waits for them; <see langword="null"/>: the thread pool.</summary>
    internal IDispatcher? Dispatcher { get; init; }

    /// <summary>How much goes into one batch; tests make it small.</summary>
    internal JournalLimits Journal { get; init; } = new();

    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    internal void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Name), nameof(Name), "must not be empty");
        Require(WorkerSlots is >= 0 and <= 100_000, nameof(WorkerSlots), "must be 0 to 100,000");
        Require(LogEvents >= 1, nameof(LogEvents), "must be 1 or more");
        Require(MaxActiveJobsPerShard >= 1, nameof(MaxActiveJobsPerShard), "must be 1 or more");
        RequireSpan(PruneEvery, ShortestWait, nameof(PruneEvery));
        RequireSpan(HandBackTimeout, ShortestWait, nameof(HandBackTimeout));
        RequireSpan(HeartbeatEvery, ShortestWait, nameof(HeartbeatEvery));
        RequireSpan(DrainTimeout, TimeSpan.Zero, nameof(DrainTimeout));
    }

    private static void RequireSpan(TimeSpan span, TimeSpan least, string option) =>
        Require(
            span >= least && span <= LongestWait,
            option,
            FormattableString.Invariant($"must be {least.TotalSeconds} s to {LongestWait.TotalDays} days, not {span:c}"));

    private static void Require(bool holds, string option, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"Node option {option} {rule}.", option);
        }
    }
}

/// <summary>Something that an operator should know: it went wrong, or may; or, if <see cref="IsRecord"/>, somebody did it for good.</summary>
/// <param name="Text">One sentence.</param>
public sealed record NodeNotice(string Text)
{
    /// <summary>Nothing went wrong: this is to be written down, because no job tells it any more (a deletion).</summary>
    public bool IsRecord { get; init; }
}
