using System.Diagnostics;
using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>A Redis that goes away, sleeps, forgets its scripts or fills up under a store that is open.</summary>
public sealed class RedisOutageTests : IAsyncLifetime
{
    private RedisServer server = null!;
    private RedisShardStore store = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync("appendfsync always");
        store = await RedisShardStore.OpenAsync(new RedisStoreOptions
        {
            Address = RedisAddress.Parse(server.Url),
            ShardCount = 4,
            CommandTimeout = TimeSpan.FromSeconds(1),
        });
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_frozen_redis_makes_outcomes_unknown_and_the_repetition_finds_them_stored()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync(); // the script is known from here on, so what is sent to a sleeping server is carried out when it wakes
        var batch = ada.Batch([ShardWriter.Event("a")]);
        server.Freeze();
        var clock = Stopwatch.StartNew();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        var waited = clock.Elapsed;
        var whileFrozen = store.State;
        server.Thaw();

        // The first sending sat in the socket and was carried out on waking: the same batch again must not be a second entry.
        Assert.Equal(new AppendOutcome.Duplicate(2), await RepeatAsync(() => ada.SendAsync(batch)));
        Assert.Equal(2, (await Stored.LogAsync(store, 0)).Count);
        Assert.InRange(waited, TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(15));
        Assert.Equal((RedisState.Suspect, RedisState.Ok), (whileFrozen, store.State));
    }

    [Fact]
    public async Task A_killed_redis_is_found_again_with_its_scripts_gone_and_nothing_lost()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        await server.KillAsync();
        var batch = ada.Batch([ShardWriter.Event("b")]);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        await server.StartAgainAsync();

        Assert.Equal(new AppendOutcome.Stored(2), await RepeatAsync(() => ada.SendAsync(batch)));
        Assert.Equal([1L, 2L], (await Stored.LogAsync(store, 0)).Select(e => e.Sequence));
        Assert.NotNull(await store.ReadRecordAsync(0, "a", default));
    }

    [Fact]
    public async Task Forgotten_scripts_are_loaded_again_without_anybody_noticing()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        await server.CommandAsync("SCRIPT", "FLUSH");

        Assert.Equal(2, await ada.StoreAsync([ShardWriter.Event("b")]));
        await server.CommandAsync("SCRIPT", "FLUSH");
        Assert.Single((await store.ListAsync(new RecordQuery(), default)).Records);
        await server.CommandAsync("SCRIPT", "FLUSH");
        Assert.Equal(0, await store.PruneAsync(0, ada.Claim, ShardWriter.T0, 10, default));
    }

    [Fact]
    public async Task A_redis_that_forgot_everything_gives_its_numbers_again_and_no_record_is_called_damaged()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([], [ShardWriter.Record("a", status: 1, group: "etl"), ShardWriter.Record("b", status: 2, group: "report")]);
        Assert.Equal(2, (await store.ListAsync(new RecordQuery(), default)).Records.Count);
        Assert.Equal("etl", (await store.ReadRecordAsync(0, "a", default))!.Index.Group);

        await server.CommandAsync("FLUSHALL");
        ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([], [ShardWriter.Record("c", status: 3, group: "other")]);

        Assert.Equal("other", (await store.ReadRecordAsync(0, "c", default))!.Index.Group);
        Assert.Equal("c", Assert.Single((await store.ListAsync(new RecordQuery { Group = "other" }, default)).Records).EntityId);
        Assert.Equal("c", Assert.Single(await Stored.LiveAsync(store, 0)).EntityId);
        Assert.Equal([new(3, 1L)], await store.CountByStatusAsync(default));
    }

    [Fact]
    public async Task A_redis_out_of_memory_refuses_writes_with_the_remedy_and_still_reads()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        var before = await Stored.DumpAsync(store);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        var batch = ada.Batch([ShardWriter.Event("b")]);

        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        var during = await Stored.DumpAsync(store);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");

        Assert.Contains("out of memory", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, during);
        Assert.Equal(new AppendOutcome.Stored(2), await ada.SendAsync(batch));
    }

    [Fact]
    public async Task A_master_that_becomes_a_replica_refuses_writes_and_nothing_is_half_written()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        await using var master = await RedisServer.StartAsync();
        // A replica of nobody who answers: it stays read-only and keeps its data.
        await server.CommandAsync("REPLICAOF", "127.0.0.1", $"{RedisServer.FreePort()}");
        var batch = ada.Batch([ShardWriter.Event("b")], [ShardWriter.Record("b")]);

        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        await server.CommandAsync("REPLICAOF", "NO", "ONE");

        Assert.Contains("read-only replica", error.Message, StringComparison.Ordinal);
        Assert.Equal(new AppendOutcome.Stored(2), await RepeatAsync(() => ada.SendAsync(batch)));
    }

    [Fact]
    public async Task A_redis_that_cannot_write_to_its_disk_refuses_and_says_so()
    {
        var ada = await ShardWriter.TakeAsync(store, 0);
        await server.CommandAsync("CONFIG", "SET", "save", "3600 1000000");
        // A folder where the snapshot should be: the save fails, and with it every write from then on.
        Directory.CreateDirectory(Path.Combine(server.Folder, "dump.rdb"));
        await server.CommandAsync("BGSAVE");
        var batch = ada.Batch([ShardWriter.Event("a")]);
        StoreUnavailableException? error = null;
        await UntilAsync(async () => error = await RefusalAsync(ada, batch));
        Directory.Delete(Path.Combine(server.Folder, "dump.rdb"));
        await server.CommandAsync("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");

        Assert.Contains("cannot write to its disk", error!.Message, StringComparison.Ordinal);
        Assert.IsNotType<AppendOutcome.Fenced>(await ada.SendAsync(batch));
    }

    private static async Task<StoreUnavailableException?> RefusalAsync(ShardWriter writer, ShardBatch batch)
    {
        try
        {
            await writer.SendAsync(batch);
            return null;
        }
        catch (StoreUnavailableException e)
        {
            // Not a time-out of a busy machine, but what the server says.
            return e.InnerException is TimeoutException ? null : e;
        }
    }

    /// <summary>As an owner does: the same again until there is an outcome.</summary>
    private static async Task<AppendOutcome> RepeatAsync(Func<Task<AppendOutcome>> send)
    {
        AppendOutcome? outcome = null;
        await UntilAsync(async () =>
        {
            try
            {
                return outcome = await send();
            }
            catch (StoreUnavailableException)
            {
                return null;
            }
        });
        return outcome!;
    }

    private static async Task UntilAsync(Func<Task<object?>> attempt)
    {
        for (var clock = Stopwatch.StartNew(); await attempt() is null; await Task.Delay(20))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "It did not happen within 30 s.");
        }
    }
}
