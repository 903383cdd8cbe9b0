namespace FlowerPower.Node;

/// <summary>The times of a node's life in a cluster. They must fit each other: <see cref="Validate"/> says how.</summary>
public sealed record LeaseTimes
{
    private static readonly TimeSpan ShortestLease = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(10);

    /// <summary>How long a node lives that does not renew; 100 ms to 10 minutes. Others may claim its shards from then on.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(9);

    /// <summary>How often a node renews; so often that one renewal may fail.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long before the end of its lease a node stops serving; a tenth to a half of the lease.</summary>
    public TimeSpan Guard { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>By how much the node's clock may run slower than the table's; 0 to 0.1, 0.01 is one in a hundred.</summary>
    public double Drift { get; init; } = 0.01;

    /// <summary>How long after it <em>sent</em> its last good renewal a node may serve.</summary>
    public TimeSpan SelfStopAfter => (Lease * (1 - Drift)) - Guard;

    /// <summary>How long a renewal may take before it counts as failed.</summary>
    internal TimeSpan CallTimeout => RenewEvery / 2;

    /// <summary>How soon a failed renewal is repeated.</summary>
    internal TimeSpan RetryAfter => RenewEvery / 12;

    /// <summary>How late a turn of the node's own loop may come before the node no longer trusts what it knows.</summary>
    internal TimeSpan StallAfter => RenewEvery / 3;

    /// <summary>How long after the end of another's lease a node looks whether that one is dead.</summary>
    internal TimeSpan LookAfter => RenewEvery / 30;

    /// <exception cref="ArgumentException">The times do not fit; the message names the figure and the remedy.</exception>
    public void Validate()
    {
        Require(
            Lease >= ShortestLease && Lease <= LongestLease,
            nameof(Lease),
            $"{nameof(Lease)} is {Text(Lease)}: choose {Text(ShortestLease)} to {Text(LongestLease)}");
        Require(Drift is >= 0 and <= 0.1, nameof(Drift), FormattableString.Invariant($"{nameof(Drift)} is {Drift}: choose 0 to 0.1 (0.01 is 1 %)"));
        Require(RenewEvery > TimeSpan.Zero, nameof(RenewEvery), $"{nameof(RenewEvery)} is {Text(RenewEvery)}: choose more than 0, for example {Text(Lease / 3)}");
        Require(
            Guard >= Lease / 10,
            nameof(Guard),
            $"{nameof(Guard)} is {Text(Guard)}, too short for what was checked just before the node stops to be done before others may claim: choose {Text(Lease / 10)} or more, or a shorter {nameof(Lease)}");
        Require(
            Guard <= Lease / 2,
            nameof(Guard),
            $"{nameof(Guard)} is {Text(Guard)}, more than half of the {nameof(Lease)}, {Text(Lease)}: choose {Text(Lease / 2)} or less, or a longer {nameof(Lease)}");
        Require(
            RenewEvery * 2 < SelfStopAfter,
            nameof(RenewEvery),
            $"{nameof(RenewEvery)} is {Text(RenewEvery)}, and two of them do not fit into the {Text(SelfStopAfter)} that a node serves on one renewal ({nameof(Lease)} less {nameof(Drift)} and {nameof(Guard)}), so one failed renewal would stop it: choose less than {Text(SelfStopAfter / 2)}, or a longer {nameof(Lease)}");
    }

    private static string Text(TimeSpan span) => FormattableString.Invariant($"{span.TotalSeconds:0.###} s");

    private static void Require(bool holds, string option, string sentence)
    {
        if (!holds)
        {
            throw new ArgumentException($"The cluster's times do not fit: {sentence}.", option);
        }
    }
}
