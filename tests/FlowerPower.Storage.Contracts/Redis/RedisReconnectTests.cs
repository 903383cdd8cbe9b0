using System.Diagnostics;
using System.Globalization;
using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>A Redis that goes away for a while: what calls hear, how soon all lanes work again, and how many connections that takes.</summary>
public sealed class RedisReconnectTests : IAsyncLifetime
{
    private const int Lanes = 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3); // for a machine that does other things

    private RedisServer server = null!;

    public async Task InitializeAsync() => server = await RedisServer.StartAsync("appendfsync always");

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task After_ten_seconds_away_every_lane_works_again_within_two_and_with_few_connections()
    {
        await using var gate = await ConnectAsync(server.Url);
        await server.KillAsync();

        var longest = await CallAllLanesForAsync(gate, TimeSpan.FromSeconds(10));
        await server.StartAgainAsync();
        var back = Stopwatch.StartNew();
        await Task.WhenAll(Enum.GetValues<RedisLane>().Select(lane => Repeat.UntilAnsweredAsync(() => PingAsync(gate, lane))));
        var took = back.Elapsed;

        Assert.InRange(longest, TimeSpan.Zero, Deadline + Slack);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2) + Slack);
        // A knock and a connection for each lane, and this test's own questions.
        Assert.InRange(await ConnectionsAsync(), Lanes, (2 * Lanes) + 14);
        Assert.Equal(RedisState.Ok, gate.State);
    }

    [Fact]
    public async Task A_door_that_opens_and_shuts_again_is_not_stormed()
    {
        await using var proxy = TcpProxy.Start(server.Port);
        await using var gate = await ConnectAsync(proxy.Url);
        var before = proxy.Connections;
        await server.KillAsync(); // the proxy goes on accepting, and closes at once

        await CallAllLanesForAsync(gate, TimeSpan.FromSeconds(4));
        var attempts = proxy.Connections - before;
        await server.StartAgainAsync();
        var back = Stopwatch.StartNew();
        await Task.WhenAll(Enum.GetValues<RedisLane>().Select(lane => Repeat.UntilAnsweredAsync(() => PingAsync(gate, lane))));

        // Each lane at 0, 0.1, 0.3, 0.7, 1.5, 2.5 and 3.5 s, and as its connection broke.
        Assert.InRange(attempts, 1, Lanes * 9);
        Assert.InRange(back.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2) + Slack);
    }

    [Fact]
    public async Task A_lane_that_nobody_used_meanwhile_has_come_back_by_itself()
    {
        await using var gate = await ConnectAsync(server.Url);
        await server.KillAsync();
        await server.StartAgainAsync();

        // One call, not repeated: it waits for the connection that is on its way.
        await PingAsync(gate, RedisLane.Bulk);
        await PingAsync(gate, RedisLane.Leases);
        await PingAsync(gate, RedisLane.Commands);

        Assert.Equal(RedisState.Ok, gate.State);
    }

    [Theory]
    [InlineData("well")]
    [InlineData("gone")]
    [InlineData("frozen")]
    public async Task Closing_a_store_takes_no_second_when_redis_is(string how)
    {
        var store = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = 4 });
        await store.TakeLeaseAsync(new LeaseHolder("a1", "Ada"));
        if (how == "gone")
        {
            await server.KillAsync();
        }
        else if (how == "frozen")
        {
            server.Freeze();
        }

        var clock = Stopwatch.StartNew();
        await store.DisposeAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_call_that_waits_for_redis_hears_of_the_closing()
    {
        var gate = await ConnectAsync(server.Url);
        server.Freeze();
        var call = PingAsync(gate, RedisLane.Bulk);

        await gate.DisposeAsync();
        var ended = await Task.WhenAny(call, Task.Delay(TimeSpan.FromSeconds(10)));
        server.Thaw();

        Assert.Same(call, ended);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => PingAsync(gate, RedisLane.Commands));
    }

    private static async Task<TimeSpan> CallAllLanesForAsync(RedisGate gate, TimeSpan length)
    {
        var longest = TimeSpan.Zero;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < length;)
        {
            var call = Stopwatch.StartNew();
            await Task.WhenAll(Enum.GetValues<RedisLane>().Select(lane => Assert.ThrowsAsync<StoreUnavailableException>(() => PingAsync(gate, lane))));
            longest = call.Elapsed > longest ? call.Elapsed : longest;
        }

        return longest;
    }

    private static Task<TimeSpan> PingAsync(RedisGate gate, RedisLane lane) =>
        gate.SendAsync(lane, d => d.PingAsync(RedisGate.MasterOnly), default).AsTask();

    private static Task<RedisGate> ConnectAsync(string url) => RedisGate.ConnectAsync(
        new RedisStoreOptions { Address = RedisAddress.Parse(url), CommandTimeout = Deadline },
        TimeSpan.FromSeconds(6),
        default);

    private async Task<int> ConnectionsAsync()
    {
        var stats = await server.CommandAsync("INFO", "stats");
        var line = stats.Split("\r\n").Single(l => l.StartsWith("total_connections_received:", StringComparison.Ordinal));
        return int.Parse(line.AsSpan(line.IndexOf(':') + 1), CultureInfo.InvariantCulture);
    }
}
