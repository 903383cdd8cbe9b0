using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>A shard whose owners die one after the other.</summary>
public sealed class ParkedShardTests
{
    [Fact]
    public async Task A_shard_whose_owners_died_four_times_in_a_row_is_taken_by_nobody_until_an_operator_says_so()
    {
        await using var rig = new ClusterRig(shards: 1);
        var first = await rig.StartAsync("n1", slots: 0);
        var id = (await ClusterRig.EnqueueAsync(first.Queue, 1))[0];
        await KillAsync(rig, first);
        for (var i = 2; i <= 4; i++)
        {
            var next = await rig.StartAsync($"n{i}", slots: 0);
            await rig.SettledAsync(next);
            await KillAsync(rig, next);
        }

        var last = await rig.StartAsync("n5");
        await UntilAsync(last, () => last.Peers.View.Parked.Count > 0);
        await using var client = await ClusterClient.ConnectAsync(new ClusterClientOptions { Nodes = [last.Address], Name = "test" }).Within();

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => client.FindAsync(id).Within());
        Assert.StartsWith("Shard 0 is parked: 4 nodes ended one after the other while they had it (the last was n4-", error.Message, StringComparison.Ordinal);
        Assert.Equal(["shard 0 (parked)"], (await client.ListAsync(new JobFilter()).Within()).Missing!);
        Assert.Contains("cluster unpark 0", (await client.LookAsync().Within()).WhyParked(0), StringComparison.Ordinal);
        Assert.Equal(0, last.ShardsServed);

        Assert.True(await client.UnparkAsync(0).Within());
        await rig.SettledAsync(last);
        Assert.Equal(JobStatus.Completed, (await rig.EndAsync(last.Queue, id)).Status);
        Assert.False(await client.UnparkAsync(0).Within());
    }

    [Fact]
    public async Task A_shard_that_was_served_for_long_enough_is_not_held_to_account_for_its_owners()
    {
        var acquitted = new Announced();
        await using var rig = new ClusterRig(shards: 1, acquitAfter: TimeSpan.Zero) { Way = table => new WatchedTable(table, acquitted) };
        var node = await rig.StartAsync("n0", slots: 0);
        await rig.SettledAsync(node);

        for (var i = 1; i <= 6; i++)
        {
            await KillAsync(rig, node);
            var acquittal = acquitted.Next();
            node = await rig.StartAsync($"n{i}", slots: 0);
            await acquittal.Within("the node to say that it serves the shard and lives");
        }

        Assert.Empty((await rig.Table.ReadAsync(default)).Parked);
        Assert.Equal(1, node.ShardsServed);
    }

    [Fact]
    public async Task Nodes_that_are_killed_again_and_again_lose_no_shard_to_suspicion()
    {
        await using var rig = new ClusterRig(shards: 64);
        for (var i = 1; i <= 6; i++)
        {
            var node = await rig.StartAsync($"n{i}", slots: 0);
            await KillAsync(rig, node);
        }

        var last = await rig.StartAsync("last", slots: 0);
        await rig.SettledAsync(last);

        Assert.Equal(64, last.ShardsServed);
    }

    [Fact]
    public async Task Nodes_that_leave_in_order_are_not_held_against_their_shards()
    {
        await using var rig = new ClusterRig(shards: 1);
        for (var i = 1; i <= 5; i++)
        {
            var node = await rig.StartAsync($"n{i}", slots: 0);
            await rig.SettledAsync(node);
            await rig.StopAsync(node);
        }

        var last = await rig.StartAsync("last", slots: 0);
        await rig.SettledAsync(last);

        Assert.Empty((await rig.Table.ReadAsync(default)).Parked);
    }

    /// <summary>A process that ends from one moment to the next, of which the others know at once.</summary>
    private static async Task KillAsync(ClusterRig rig, ClusterNode node)
    {
        await rig.SettledAsync(node);
        await rig.VanishAsync(node);
        await rig.Table.DeclareDeadAsync(node.Name, default);
    }

    private static async Task UntilAsync(ClusterNode node, Func<bool> isSo)
    {
        for (var change = node.Peers.Directory.Changed; !isSo(); change = node.Peers.Directory.Changed)
        {
            if (!isSo())
            {
                await change.Within("the node to see what is parked");
            }
        }
    }

    private sealed class Announced
    {
        private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Next() => (next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public void Tell() => next.TrySetResult();
    }

    private sealed class WatchedTable(IMemberTable inner, Announced acquitted) : IMemberTable
    {
        public ValueTask<MemberRenewal.Renewed> JoinAsync(MemberInfo me, TimeSpan lease, MemberStatus status, CancellationToken cancellationToken) =>
            inner.JoinAsync(me, lease, status, cancellationToken);

        public ValueTask<MemberRenewal> RenewAsync(
            string incarnation, MemberStatus status, TimeSpan lease, long knownVersion, CancellationToken cancellationToken) =>
            inner.RenewAsync(incarnation, status, lease, knownVersion, cancellationToken);

        public ValueTask<bool> DeclareDeadAsync(string incarnation, CancellationToken cancellationToken) => inner.DeclareDeadAsync(incarnation, cancellationToken);

        public ValueTask<ShardFalls> CountFallAsync(int shard, string owner, ClaimId claim, int most, int few, CancellationToken cancellationToken) =>
            inner.CountFallAsync(shard, owner, claim, most, few, cancellationToken);

        public async ValueTask<bool> AcquitAsync(int shard, ClaimId? after, CancellationToken cancellationToken)
        {
            var wasParked = await inner.AcquitAsync(shard, after, cancellationToken);
            acquitted.Tell();
            return wasParked;
        }

        public ValueTask<MemberView> ReadAsync(CancellationToken cancellationToken) => inner.ReadAsync(cancellationToken);
    }
}
