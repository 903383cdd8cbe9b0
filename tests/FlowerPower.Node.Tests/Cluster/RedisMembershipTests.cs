using System.Globalization;
using System.Text.RegularExpressions;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;
using FlowerPower.TestServers;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Two nodes on a real Redis, with leases that are two thirds as long as the defaults.</summary>
public sealed partial class RedisMembershipTests : IAsyncLifetime
{
    private static readonly LeaseTimes Times = new()
    {
        Lease = TimeSpan.FromSeconds(6),
        RenewEvery = TimeSpan.FromSeconds(2),
        Guard = TimeSpan.FromSeconds(1.2),
    };

    private readonly List<RedisShardStore> stores = [];
    private readonly List<NodeMembership> nodes = [];
    private RedisServer server = null!;

    public async Task InitializeAsync() => server = await RedisServer.StartAsync("appendfsync always");

    public async Task DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }

        await server.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_dies_of_a_redis_that_is_frozen_for_longer_than_a_lease_and_all_serve_again()
    {
        var (ada, bob) = (await StartAsync("ada"), await StartAsync("bob"));
        var stopped = Task.WhenAll(ToServe(ada, false), ToServe(bob, false));
        var death = Task.WhenAny(ada.Died, bob.Died);

        server.Freeze();
        var since = TimeProvider.System.GetTimestamp();
        await stopped.Within("both to stop serving");
        while (TimeProvider.System.GetElapsedTime(since) < Times.Lease + TimeSpan.FromSeconds(1))
        {
            // Their failing renewals are the clock: each takes its time-out.
            var failed = ada.FailedRenewals;
            await UntilAsync(() => ada.FailedRenewals > failed);
        }

        var back = Task.WhenAll(ToServe(ada, true), ToServe(bob, true));
        server.Thaw();
        await back.Within("both to serve again");
        await UntilAsync(() => ada.View.Living.Count() == 2 && bob.View.Living.Count() == 2);

        Assert.False(death.IsCompleted);
    }

    [Fact]
    public async Task A_redis_that_was_killed_and_started_again_with_its_data_costs_doubt_and_no_life()
    {
        var (ada, bob) = (await StartAsync("ada"), await StartAsync("bob"));
        var version = ada.View.Version;
        var doubts = Task.WhenAll(ToDoubt(ada), ToDoubt(bob));

        await server.KillAsync();
        await server.StartAgainAsync();
        await doubts.Within("both to doubt");

        Assert.False(ada.Died.IsCompleted || bob.Died.IsCompleted);
        Assert.Equal(2, ada.View.Living.Count());
        Assert.True(ada.View.Version >= version);
    }

    [Fact]
    public async Task A_redis_that_was_killed_and_started_again_without_its_data_gets_its_members_back()
    {
        var (ada, bob) = (await StartAsync("ada"), await StartAsync("bob"));
        await UntilAsync(() => ada.View.Find("bob")?.Status == MemberStatus.Up);
        var born = ada.View.BornAt;

        await server.KillAsync();
        Directory.Delete(Path.Combine(server.Folder, "appendonlydir"), recursive: true);
        await server.StartAgainAsync();
        await UntilAsync(() => new[] { ada, bob }.All(n => n.View.BornAt > born && n.View.Living.Count(m => m.Status == MemberStatus.Up) == 2));

        Assert.False(ada.Died.IsCompleted || bob.Died.IsCompleted);
        Assert.True(ada.MayServe && bob.MayServe);
    }

    [Fact]
    public async Task A_node_that_vanished_is_seen_dead_soon_after_its_lease()
    {
        var (ada, bob) = (await StartAsync("ada"), await StartAsync("bob"));
        await bob.VanishAsync();
        var dead = new TaskCompletionSource<MemberView>(TaskCreationOptions.RunContinuationsAsynchronously);
        ada.Changed += view =>
        {
            if (view.Find("bob") is { IsLiving: false })
            {
                dead.TrySetResult(view);
            }
        };

        var seen = await dead.Task.Within("bob's death");

        var row = seen.Find("bob")!;
        // By Redis' clock: it became dead when somebody looked, a lease after its last renewal.
        Assert.True(row.ChangedAt - row.JoinedAt >= Times.Lease, $"dead after {row.ChangedAt - row.JoinedAt}");
    }

    [Fact]
    public async Task Each_call_of_a_node_to_redis_is_one_renewal()
    {
        var ada = await StartAsync("ada");
        // In this order, so that a renewal between the two looks is not a call too many.
        var (ticks, calls) = (await TicksAsync(), await CallsAsync());

        await UntilAsync(async () => await TicksAsync() >= ticks + 3);
        var (callsAfter, ticksAfter) = (await CallsAsync(), await TicksAsync());

        Assert.InRange(callsAfter - calls, 2, ticksAfter - ticks);
        Assert.True(ada.MayServe);
    }

    private async Task<NodeMembership> StartAsync(string incarnation)
    {
        var store = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = 4 });
        stores.Add(store);
        var node = new NodeMembership(
            store.OpenMembers(), new MemberInfo(incarnation, incarnation, $"{incarnation}:1", MemberRoles.Queue), Times, TimeProvider.System, () => 0.5);
        nodes.Add(node);
        await node.JoinAsync().Within();
        await node.SetStatusAsync(MemberStatus.Up).Within();
        return node;
    }

    private static Task ToServe(NodeMembership node, bool expected)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.ServingChanged += may =>
        {
            if (may == expected)
            {
                told.TrySetResult();
            }
        };
        return told.Task;
    }

    private static Task ToDoubt(NodeMembership node)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.HistoryDoubted += () => told.TrySetResult();
        return told.Task;
    }

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task<long> TicksAsync() =>
        long.Parse((await server.CommandAsync("HGET", "{flowerpower}:members", "tick")).Split("\r\n")[1], CultureInfo.InvariantCulture);

    private async Task<long> CallsAsync() =>
        ScriptCalls().Matches(await server.CommandAsync("INFO", "commandstats")).Sum(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex("cmdstat_eval(?:sha)?:calls=([0-9]+)")]
    private static partial Regex ScriptCalls();
}
