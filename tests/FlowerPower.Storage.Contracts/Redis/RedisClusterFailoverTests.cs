using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>A Redis Cluster in which a master dies and its replica takes its place; the lease is kept by another master.</summary>
public sealed class RedisClusterFailoverTests : IAsyncLifetime
{
    private const int Shards = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private RedisCluster cluster = null!;
    private RedisServer victim = null!;
    private RedisServer replica = null!;
    private RedisShardStore store = null!;
    private int shard;

    public async Task InitializeAsync()
    {
        cluster = await RedisCluster.StartAsync();
        var keeper = await cluster.MasterOfAsync("{flowerpower}:leases");
        while ((victim = await cluster.MasterOfAsync($"{{flowerpower:{shard}}}:head")) == keeper)
        {
            shard++;
        }

        replica = await cluster.AddReplicaAsync(victim);
        store = await RedisShardStore.OpenAsync(new RedisStoreOptions
        {
            Address = RedisAddress.Parse(cluster.Url),
            ShardCount = Shards,
            CommandTimeout = TimeSpan.FromSeconds(1),
        });
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_promoted_replica_that_is_behind_is_noticed_by_an_owner_that_writes_nothing()
    {
        await using var lease = await store.TakeLeaseAsync(new LeaseHolder("a1", "Ada"), TimeSpan.FromMilliseconds(1_500));
        var doubted = new TaskCompletionSource<LeaseEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        lease.Listen(e => doubted.TrySetResult(e));
        var ada = await ShardWriter.TakeAsync(store, shard);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        var kept = ada.Token;
        await UntilReplicatedAsync(kept);
        await RedisCluster.CutOffAsync(victim, replica);
        await ada.StoreAsync([ShardWriter.Event("a", 2)]); // acknowledged, and only the master has it
        Assert.False(doubted.Task.IsCompleted);

        await victim.KillAsync();
        await RedisCluster.UntilPromotedAsync(replica);

        Assert.Equal(LeaseEvent.HistoryDoubted, await doubted.Task.WaitAsync(Patience));
        var next = ada.Batch([ShardWriter.Event("a", 3)]);
        Assert.Equal(new AppendOutcome.Conflict(1, kept), await Repeat.UntilAnsweredAsync(() => ada.SendAsync(next)));
    }

    [Fact]
    public async Task After_a_failover_under_appends_the_owners_batches_stand_on_the_promoted_replica_once_and_without_a_gap()
    {
        var owner = new BusyOwner(await ShardWriter.TakeAsync(store, shard));
        await owner.UntilStoredAsync(20);

        await victim.KillAsync();
        await RedisCluster.UntilPromotedAsync(replica);
        var beforeFailover = owner.Stored;
        while (owner.Refusal is null && owner.Stored < beforeFailover + 5)
        {
            await owner.AfterAsync(1);
        }

        var stored = await owner.StopAsync();
        var log = await Repeat.UntilAnsweredAsync(() => Stored.LogAsync(store, shard)); // another connection, which has to move as well
        Assert.Equal(Enumerable.Range(1, log.Count).Select(i => $"{i}: {i}"), log.Select(e => $"{e.Sequence}: {e.Events.Single().Version}"));
        if (owner.Refusal is null)
        {
            Assert.Equal(stored, log.Count);
        }
        else
        {
            // The replica lacked what the master had acknowledged: nothing was put on top of the hole.
            Assert.Equal(new AppendOutcome.Conflict(log.Count, log.Count == 0 ? BatchToken.Start : log[^1].Token), owner.Refusal);
            Assert.InRange(log.Count, 0, stored - 1);
        }
    }

    private async Task UntilReplicatedAsync(BatchToken token)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!(await victim.CommandAsync("INFO", "replication")).Contains("state=online", StringComparison.Ordinal)
            || !(await victim.CommandAsync("WAIT", "1", "1000")).StartsWith(":1", StringComparison.Ordinal))
        {
            await Task.Delay(10, patience.Token);
        }

        Assert.Contains(token.ToString(), await victim.CommandAsync("HGET", $"{{flowerpower:{shard}}}:head", "tok"), StringComparison.Ordinal);
    }
}
