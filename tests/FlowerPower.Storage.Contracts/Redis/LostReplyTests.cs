using System.Diagnostics;
using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>Each reply of each call is lost once, whichever round trip of it that is; the call says so in time, and its repetition ends well.</summary>
public sealed class LostReplyTests : IAsyncLifetime
{
    private const int MostTransfers = 40;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    // Two deadlines (a script that must be loaded is called twice), and patience with a busy machine.
    private static readonly TimeSpan Longest = (2 * Deadline) + TimeSpan.FromSeconds(6);

    private RedisServer server = null!;
    private TcpProxy proxy = null!;
    private RedisShardStore store = null!;
    private RedisShardStore witness = null!;

    public static TheoryData<ProxyFault> EachFault => [ProxyFault.CutBeforeRequest, ProxyFault.CutBeforeReply];

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync("repl-diskless-sync-delay 0");
        proxy = TcpProxy.Start(server.Port);
        store = await OpenAsync();
        witness = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = 4 });
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await witness.DisposeAsync();
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_opening(ProxyFault fault) => await LoseEachAsync(
        fault,
        async () =>
        {
            await using var opened = await OpenAsync();
            Assert.Equal(witness.StoreId, opened.StoreId);
        });

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_a_claim(ProxyFault fault)
    {
        var claims = 0;
        ShardOwner Next() => new($"Ada {++claims}", TestIds.NextClaim());
        var (mine, previous) = (Next(), (ClaimId?)null);
        await LoseEachAsync(
            fault,
            async () => Assert.Equal(mine, Assert.IsType<ClaimOutcome.Granted>(await store.ClaimAsync(0, mine, previous, default)).Head.Owner),
            async () =>
            {
                Assert.Equal(mine, (await witness.ReadHeadAsync(0, default)).Owner);
                (mine, previous) = (Next(), mine.Claim);
            });
    }

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_an_append(ProxyFault fault)
    {
        var ada = await ShardWriter.TakeAsync(witness, 0);
        var mine = ada.On(store);
        var number = 1;
        var batch = mine.Batch([ShardWriter.Event("a", 1)], [ShardWriter.Record("a", 1)]);
        await LoseEachAsync(
            fault,
            async () => Assert.True(await mine.SendAsync(batch) is AppendOutcome.Stored or AppendOutcome.Duplicate),
            async () =>
            {
                Assert.Equal(Enumerable.Range(1, number).Select(i => (long)i), (await Stored.LogAsync(witness, 0)).Select(e => e.Events.Single().Version));
                Assert.Equal(number, (await witness.ReadRecordAsync(0, "a", default))!.Version);
                Assert.Equal([new(1, 1L)], await witness.CountByStatusAsync(default));
                number++;
                batch = mine.Batch([ShardWriter.Event("a", number)], [ShardWriter.Record("a", number)]);
            });
    }

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_a_prune(ProxyFault fault)
    {
        var ada = await ShardWriter.TakeAsync(witness, 0);
        async Task FillAsync() => await ada.StoreAsync([], [ShardWriter.Record("old", isLive: false, expiresAt: ShardWriter.T0), ShardWriter.Record("live", status: 2)]);
        await FillAsync();
        await LoseEachAsync(
            fault,
            async () => Assert.InRange((await store.PruneAsync(0, ada.Claim, ShardWriter.T0.AddDays(1), 10, default))!.Value, 0, 1),
            async () =>
            {
                Assert.Equal([new(2, 1L)], await witness.CountByStatusAsync(default));
                Assert.Null(await witness.ReadRecordAsync(0, "old", default));
                await FillAsync();
            });
    }

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_a_release(ProxyFault fault)
    {
        var ada = await ShardWriter.TakeAsync(witness, 0);
        await LoseEachAsync(
            fault,
            async () => await store.ReleaseAsync(0, ada.Claim, default),
            async () =>
            {
                Assert.Null((await witness.ReadHeadAsync(0, default)).Owner);
                ada = await ShardWriter.TakeAsync(witness, 0);
            });
    }

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_every_read(ProxyFault fault)
    {
        var ada = await ShardWriter.TakeAsync(witness, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a"), ShardWriter.Record("b", isLive: false, status: 2)]);
        var before = await Stored.DumpAsync(witness);
        Func<Task>[] reads =
        [
            async () => Assert.Equal(ada.Token, (await store.ReadHeadAsync(0, default)).Token),
            async () => Assert.Single((await store.ReadLogAsync(0, 0, 10, default)).Entries),
            async () => Assert.Equal("a", Assert.Single(await store.ReadLiveAsync(0, null, 10, default)).EntityId),
            async () => Assert.Equal(2, (await store.ReadRecordAsync(0, "b", default))!.Index.Status),
            async () => Assert.Equal(["b", "a"], (await store.ListAsync(new RecordQuery(), default)).Records.Select(r => r.EntityId)),
            async () => Assert.Equal(2, (await store.CountByStatusAsync(default)).Count),
        ];

        foreach (var read in reads)
        {
            await LoseEachAsync(fault, read);
        }

        Assert.Equal(before, await Stored.DumpAsync(witness));
    }

    [Theory]
    [MemberData(nameof(EachFault))]
    public async Task Of_taking_and_renewing_a_lease(ProxyFault fault)
    {
        var holder = new LeaseHolder("a1", "Ada");
        RedisLease? lease = null;
        proxy.Arm(fault, 1);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.TakeLeaseAsync(holder, TimeSpan.FromSeconds(3)));
        lease = await Repeat.UntilAnsweredAsync(() => store.TakeLeaseAsync(holder, TimeSpan.FromSeconds(3)));
        var heard = new List<LeaseEvent>();
        lease.Listen(heard.Add);

        var (taken, faults) = (await TicksAsync(), proxy.Faults);
        proxy.Arm(fault, 1);
        for (var clock = Stopwatch.StartNew(); proxy.Faults == faults || await TicksAsync() < taken + 3; await Task.Delay(20))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "The lease is not renewed any more.");
        }

        Assert.Empty(heard);
        await Assert.ThrowsAsync<StoreRefusedException>(() => witness.TakeLeaseAsync(new LeaseHolder("b1", "Bob")));
    }

    [Fact]
    public async Task A_peer_that_fell_silent_without_a_word_is_left_for_a_new_connection()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync();
        var connections = proxy.Connections;
        var batch = ada.Batch([ShardWriter.Event("a")]);
        proxy.Arm(ProxyFault.SilentFromReply, 1);
        var clock = Stopwatch.StartNew();

        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        var took = clock.Elapsed;
        var outcome = await Repeat.UntilAnsweredAsync(() => ada.SendAsync(batch));

        Assert.Contains("did not answer in time", error.Message, StringComparison.Ordinal);
        Assert.InRange(took, Deadline * 0.9, Longest);
        Assert.Equal(new AppendOutcome.Duplicate(2), outcome);
        Assert.InRange(proxy.Connections - connections, 1, 3); // a knock and a connection
    }

    /// <summary>Call again and again, and lose the first transfer, then the second, until a call has no more of them.</summary>
    /// <param name="verify">What must be so after the repetition, and the preparation of the next call.</param>
    private async Task LoseEachAsync(ProxyFault fault, Func<Task> call, Func<Task>? verify = null)
    {
        var losses = 0;
        for (var nth = 1; ; nth++)
        {
            Assert.True(nth <= MostTransfers, $"A call has more than {MostTransfers} transfers.");
            await server.CommandAsync("SCRIPT", "FLUSH");
            var faults = proxy.Faults;
            proxy.Arm(fault, nth);
            var clock = Stopwatch.StartNew();
            var isLost = false;
            try
            {
                await call();
            }
            catch (StoreUnavailableException)
            {
                isLost = true;
            }

            var took = clock.Elapsed;
            proxy.Disarm();
            var isHit = proxy.Faults > faults;
            Assert.True(isHit || !isLost, "A call failed that lost nothing.");
            Assert.True(took < Longest, $"With transfer {nth} lost the call took {took}.");
            if (isLost)
            {
                losses++;
                await Repeat.UntilAnsweredAsync(async () =>
                {
                    await call();
                    return true;
                });
            }

            if (verify is not null)
            {
                await verify();
            }

            if (!isHit)
            {
                Assert.True(losses > 0, "No call has failed: the proxy lost nothing.");
                return;
            }
        }
    }

    private async Task<long> TicksAsync() => long.Parse((await server.CommandAsync("HGET", "{flowerpower}:leases", "tick")).Split("\r\n")[1]);

    private Task<RedisShardStore> OpenAsync() => RedisShardStore.OpenAsync(new RedisStoreOptions
    {
        Address = RedisAddress.Parse(proxy.Url),
        ShardCount = 4,
        CommandTimeout = Deadline,
        BulkTimeout = Deadline,
    });
}
