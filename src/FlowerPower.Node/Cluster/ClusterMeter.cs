using System.Diagnostics.Metrics;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>What a node counts of its life in a cluster.</summary>
internal static class ClusterMeter
{
    private static readonly Meter Meter = new("FlowerPower.Cluster");

    private static readonly UpDownCounter<long> Members = Meter.CreateUpDownCounter<long>(
        "flowerpower.cluster.members", "{member}", "Living members as this node sees them, by status.");

    private static readonly Counter<long> Renewals = Meter.CreateCounter<long>(
        "flowerpower.cluster.renewals", "{renewal}", "Renewals of this node's lease, by outcome: good, or failed.");

    private static readonly Histogram<double> RenewalTime = Meter.CreateHistogram<double>(
        "flowerpower.cluster.renewal_time", "s", "How long good renewals of this node's lease took.");

    private static readonly Counter<long> Deaths = Meter.CreateCounter<long>(
        "flowerpower.cluster.deaths", "{member}", "Members that this node has seen die or leave, its own incarnations included.");

    private static readonly Counter<long> Claims = Meter.CreateCounter<long>(
        "flowerpower.cluster.claims", "{shard}", "Shards that this node has claimed, by what they were: free, or taken over from a node that died.");

    private static readonly Counter<long> Moves = Meter.CreateCounter<long>(
        "flowerpower.cluster.moves", "{shard}", "Shards that this node has handed over to others, by how: in order, or not.");

    /// <summary>A renewal was answered, or was not.</summary>
    /// <param name="took">Since it was sent.</param>
    public static void Renewed(bool isGood, TimeSpan took)
    {
        Renewals.Add(1, new KeyValuePair<string, object?>("outcome", isGood ? "good" : "failed"));
        if (isGood)
        {
            RenewalTime.Record(took.TotalSeconds);
        }
    }

    /// <summary>The members have changed.</summary>
    /// <param name="now"><see langword="null"/>: this node looks no more.</param>
    public static void Saw(MemberView before, MemberView? now)
    {
        foreach (var status in (MemberStatus[])[MemberStatus.Joining, MemberStatus.Up, MemberStatus.Leaving])
        {
            if ((now?.Members.Count(m => m.Status == status) ?? 0) - before.Members.Count(m => m.Status == status) is var change and not 0)
            {
                Members.Add(change, new KeyValuePair<string, object?>("status", status.ToString().ToLowerInvariant()));
            }
        }

        if (now is not null && before.Living.Count(m => now.Find(m.Info.Incarnation) is { IsLiving: false }) is var died and > 0)
        {
            Deaths.Add(died);
        }
    }

    /// <summary>This node itself was declared dead.</summary>
    public static void Died() => Deaths.Add(1);

    /// <summary>A shard is this node's.</summary>
    public static void Claimed(bool isTakenOver) => Claims.Add(1, new KeyValuePair<string, object?>("from", isTakenOver ? "taken_over" : "free"));

    /// <summary>A shard went to another node.</summary>
    public static void Moved(bool isInOrder) => Moves.Add(1, new KeyValuePair<string, object?>("how", isInOrder ? "in_order" : "not_in_order"));
}
