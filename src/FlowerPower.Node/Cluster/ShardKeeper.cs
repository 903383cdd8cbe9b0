namespace FlowerPower.Node.Cluster;

/// <summary>Keeps on this node the shards that belong to it: starts what is missing, hands over what belongs to another.</summary>
internal sealed class ShardKeeper : IAsyncDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    private readonly ClusterPeers peers;
    private readonly ShardPlan plan;
    private readonly TimeProvider time;
    private readonly Action<string> warn;
    private readonly Lock gate = new();
    private readonly Dictionary<int, Held> held = [];
    private readonly ITimer again;
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isLeaving;
    private bool isStopped;

    public ShardKeeper(ClusterPeers peers, ShardPlan plan, TimeProvider time, Action<string> warn)
    {
        this.peers = peers;
        this.plan = plan;
        this.time = time;
        this.warn = warn;
        again = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        peers.MembersApplied += Look;
        peers.ShardServing += OnServing;
    }

    /// <summary>Hands over everything.</summary>
    /// <returns>Done when nothing is left here.</returns>
    public Task GiveAwayAsync()
    {
        lock (gate)
        {
            isLeaving = true;
            if (held.Count == 0)
            {
                empty.TrySetResult();
            }
        }

        Look();
        return empty.Task;
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isStopped = true;
        }

        peers.MembersApplied -= Look;
        peers.ShardServing -= OnServing;
        await again.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Do what is to be done now; from any thread.</summary>
    public void Look()
    {
        lock (gate)
        {
            if (isStopped)
            {
                return;
            }

            var now = time.GetTimestamp();
            var steps = plan.Next(
                peers.Me.Incarnation,
                peers.Directory.Placed,
                [.. held.Select(h => new HeldShard(h.Key, h.Value.IsServing, time.GetElapsedTime(h.Value.Since, now), h.Value.IsLeaving)
                {
                    IsMending = peers.IsMending(h.Key),
                })],
                isLeaving,
                peers.View.Parked.Select(parked => parked.Shard).ToHashSet());
            foreach (var shard in steps.Start)
            {
                held[shard] = new Held { Since = now };
                peers.Region.StartShard(shard);
            }

            foreach (var shard in steps.Give)
            {
                held[shard].IsLeaving = true;
                _ = GiveAsync(shard, held[shard].IsServing);
            }

            if (steps.Again is { } wait)
            {
                again.Change(wait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task GiveAsync(int shard, bool isMove)
    {
        var isInOrder = true;
        try
        {
            await peers.Region.StopShardAsync(shard, DrainTimeout).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            isInOrder = false;
            warn($"Shard {shard} could not be handed over in order; whoever it belongs to takes it: {error.Message}");
        }

        peers.GiveUpMending(shard);
        if (isMove)
        {
            ClusterMeter.Moved(isInOrder);
        }

        peers.Released(shard);
        lock (gate)
        {
            held.Remove(shard);
            if (isLeaving && held.Count == 0)
            {
                empty.TrySetResult();
            }
        }

        Look();
    }

    private void OnServing(int shard, bool serves)
    {
        lock (gate)
        {
            if (held.TryGetValue(shard, out var mine))
            {
                mine.IsServing = serves;
                mine.Since = time.GetTimestamp();
            }
        }

        if (serves)
        {
            Look(); // the next may start
        }
    }

    private sealed class Held
    {
        public bool IsServing { get; set; }

        public bool IsLeaving { get; set; }

        public long Since { get; set; }
    }
}
