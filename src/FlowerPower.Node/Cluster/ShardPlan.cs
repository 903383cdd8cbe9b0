namespace FlowerPower.Node.Cluster;

/// <summary>A shard that is on this node.</summary>
/// <param name="IsServing">It has been claimed and read; else it is on its way.</param>
/// <param name="Since">How long it has served, or been on its way.</param>
/// <param name="IsLeaving">It is being handed over.</param>
internal readonly record struct HeldShard(int Shard, bool IsServing, TimeSpan Since, bool IsLeaving)
{
    /// <summary>Its store went back, and only this node can write again what was lost: it does not go to another before that is done.</summary>
    public bool IsMending { get; init; }
}

/// <summary>How a node brings the shards that it has and those that belong to it into agreement.</summary>
/// <param name="MaxMoving">Shards that are handed over at once while the node stays; 1 or more.</param>
/// <param name="MinResidence">How long a shard stays at least before it is handed over to balance the cluster, so that none wanders.</param>
internal sealed record ShardPlan(int MaxMoving, TimeSpan MinResidence)
{
    /// <summary>For a cluster on defaults.</summary>
    public static ShardPlan Default { get; } = new(MaxMoving: 4, MinResidence: TimeSpan.FromSeconds(30));

    /// <summary>Shards that are handed over at once when the node leaves: all at once would wait for each other, each of them missed meanwhile; 1 or more.</summary>
    public int MaxLeaving { get; init; } = 8;

    /// <summary>Owners of a shard that may end one after the other while they have it; one more, and it is parked, unless <see cref="FewOf"/> says otherwise.</summary>
    public int MostFalls { get; init; } = 3;

    /// <summary>A shard that was served for so long does not kill its owners: nothing is held against it any more.</summary>
    public TimeSpan AcquitAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many shards may be suspect at a time: if more are, the nodes die of something else, and to park their shards would only take the jobs away too.</summary>
    public static int FewOf(int shards) => Math.Max(1, shards / 8);

    /// <summary>What to do now.</summary>
    /// <param name="me">This node's incarnation.</param>
    /// <param name="placed">Whom each shard belongs to; <see langword="null"/>: nobody.</param>
    /// <param name="held">The shards that are here.</param>
    /// <param name="isLeaving">The node gives everything away.</param>
    /// <param name="parked">Shards that nobody takes by itself.</param>
    public ShardSteps Next(string me, IReadOnlyList<string?> placed, IReadOnlyCollection<HeldShard> held, bool isLeaving, IReadOnlySet<int> parked)
    {
        var here = held.Select(h => h.Shard).ToHashSet();
        var toStart = isLeaving
            ? []
            : Enumerable.Range(0, placed.Count).Where(shard => placed[shard] == me && !here.Contains(shard) && !parked.Contains(shard)).ToList();

        var foreign = held.Where(h => !h.IsLeaving && (isLeaving || !h.IsMending) && (isLeaving || (placed[h.Shard] is { } owner && owner != me) || (!h.IsServing && parked.Contains(h.Shard)))).ToList();
        // One that does not serve yet is not missed; its claim, if it has one, is given back.
        var toGive = foreign.Where(h => !h.IsServing).ToList();
        var young = foreign.Where(h => h.IsServing && !isLeaving && h.Since < MinResidence).ToList();
        var most = isLeaving ? MaxLeaving : MaxMoving;
        var moving = held.Count(h => h.IsLeaving && h.IsServing);
        toGive.AddRange(foreign.Where(h => h.IsServing).Except(young).OrderByDescending(h => h.Since).Take(Math.Max(0, most - moving)));
        TimeSpan? again = young.Count > 0 ? young.Min(h => MinResidence - h.Since) : null;
        return new ShardSteps(toStart, [.. toGive.Select(h => h.Shard)], again);
    }
}

/// <summary>What a node does about its shards now.</summary>
/// <param name="Start">Shards to claim and read.</param>
/// <param name="Give">Shards to hand over.</param>
/// <param name="Again">When to look again although nothing has happened; <see langword="null"/>: not.</param>
internal sealed record ShardSteps(IReadOnlyList<int> Start, IReadOnlyList<int> Give, TimeSpan? Again);
