using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

public sealed class RedisLeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly LeaseHolder Ada = new("a1", "Ada", Seat: "desk");
    private static readonly LeaseHolder Bob = new("b1", "Bob", Seat: "bench");

    private RedisServer server = null!;
    private RedisShardStore ada = null!;
    private RedisShardStore bob = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync("appendfsync always");
        ada = await OpenAsync();
        bob = await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await ada.DisposeAsync();
        await bob.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_held_lease_is_refused_with_its_holder_and_a_returned_one_is_free_at_once()
    {
        var hers = await ada.TakeLeaseAsync(Ada with { Name = "Ada (process 7)" });

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => bob.TakeLeaseAsync(Bob));
        await hers.DisposeAsync();
        await using var his = await bob.TakeLeaseAsync(Bob);

        Assert.Contains("is served by Ada (process 7): stop it first, or wait 9 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_nobody_renews_ends_by_redis_clock()
    {
        await using var hers = await ada.TakeLeaseAsync(Ada, length: TimeSpan.FromMilliseconds(600));
        await ada.DisposeAsync(); // her process is gone, as far as Redis can tell

        await using var his = await UntilTakenAsync(() => bob.TakeLeaseAsync(Bob));

        Assert.Equal("$3\r\nBob\r\n", await server.CommandAsync("HGET", "{flowerpower}:leases", "holder"));
    }

    [Fact]
    public async Task A_lease_is_renewed_for_as_long_as_it_is_held()
    {
        await using var hers = await ada.TakeLeaseAsync(Ada, length: TimeSpan.FromMilliseconds(900));
        var ticks = await TicksAsync();

        await UntilAsync(async () => await TicksAsync() >= ticks + 5); // more than one length later

        await Assert.ThrowsAsync<StoreRefusedException>(() => bob.TakeLeaseAsync(Bob));
    }

    [Fact]
    public async Task Whoever_takes_a_seat_need_not_wait_for_its_former_holder_who_hears_that_it_lost()
    {
        await using var hers = await ada.TakeLeaseAsync(Ada, length: TimeSpan.FromMilliseconds(900));
        var lost = new TaskCompletionSource<LeaseEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        hers.Listen(e => lost.TrySetResult(e));

        await using var his = await bob.TakeLeaseAsync(Bob with { Seat = "desk" });

        Assert.Equal(LeaseEvent.Lost, await lost.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_redis_that_was_restarted_makes_histories_doubtful()
    {
        await using var hers = await ada.TakeLeaseAsync(Ada, length: TimeSpan.FromMilliseconds(900));
        var doubted = new TaskCompletionSource<LeaseEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        hers.Listen(e => doubted.TrySetResult(e));

        await server.KillAsync();
        await server.StartAgainAsync();

        Assert.Equal(LeaseEvent.HistoryDoubted, await doubted.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_redis_whose_renewals_went_back_makes_histories_doubtful()
    {
        await using var hers = await ada.TakeLeaseAsync(Ada, length: TimeSpan.FromMilliseconds(900));
        var doubted = new TaskCompletionSource<LeaseEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        await UntilAsync(async () => await TicksAsync() >= 3);
        hers.Listen(e => doubted.TrySetResult(e));

        await server.CommandAsync("HSET", "{flowerpower}:leases", "tick", "0");

        Assert.Equal(LeaseEvent.HistoryDoubted, await doubted.Task.WaitAsync(Patience));
    }

    private async Task<long> TicksAsync() => long.Parse((await server.CommandAsync("HGET", "{flowerpower}:leases", "tick")).Split("\r\n")[1]);

    private static async Task<RedisLease> UntilTakenAsync(Func<Task<RedisLease>> take)
    {
        RedisLease? lease = null;
        await UntilAsync(async () =>
        {
            try
            {
                lease = await take();
                return true;
            }
            catch (StoreRefusedException)
            {
                return false;
            }
        });
        return lease!;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private Task<RedisShardStore> OpenAsync() =>
        RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = 4 });
}
