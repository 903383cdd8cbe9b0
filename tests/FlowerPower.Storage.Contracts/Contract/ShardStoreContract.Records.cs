using System.Text;

namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    [Fact]
    public async Task A_record_comes_back_as_written_in_universal_time()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var sortAt = new DateTimeOffset(2025, 6, 1, 14, 0, 0, 123, 456, TimeSpan.FromHours(2)).AddTicks(7);
        var change = ShardWriter.Record("ä-日本-🌻", 42, isLive: false, 7, "pipeline ü", "queue", sortAt, sortAt.AddDays(7), "body");

        await ada.StoreAsync([], [change]);

        var record = await Store.ReadRecordAsync(0, "ä-日本-🌻", default);
        Assert.NotNull(record);
        Assert.Equal((42, false, change.Index, change.ExpiresAt), (record.Version, record.IsLive, record.Index, record.ExpiresAt));
        Assert.Equal(TimeSpan.Zero, record.Index.SortAt.Offset);
        Assert.Equal("body", Encoding.UTF8.GetString(record.Body.Span));
        Assert.Null(await Store.ReadRecordAsync(1, "ä-日本-🌻", default));
    }

    [Fact]
    public async Task A_write_replaces_the_whole_record_whatever_its_version()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var changes = new[]
        {
            ShardWriter.Record("a", 5, isLive: true, 1, "g", "q", body: "one"),
            ShardWriter.Record("a", 3, isLive: false, 2, "h", "r", ShardWriter.T0.AddDays(1), ShardWriter.T0.AddDays(9), "two"),
            ShardWriter.Record("a", 4, isLive: false, 2, "h", "r", ShardWriter.T0.AddDays(1), ShardWriter.T0.AddDays(9), "three"),
            ShardWriter.Record("a", 6, isLive: true, 2, "", "", ShardWriter.T0.AddDays(1), null, ""),
        };
        foreach (var change in changes)
        {
            await ada.StoreAsync([], [change]);

            var record = await Store.ReadRecordAsync(0, "a", default);
            Assert.Equal(Stored.Text(Expected(change)), Stored.Text(record!));
            Assert.Equal(change.IsLive ? ["a"] : [], (await Stored.LiveAsync(Store, 0)).Select(r => r.EntityId));
            Assert.Equal([new(change.Index!.Status, 1L)], await Store.CountByStatusAsync(default));
            Assert.Equal(Stored.Text(record!), Stored.Text(Assert.Single((await Store.ListAsync(new RecordQuery(), default)).Records)));
        }
    }

    [Fact]
    public async Task The_last_of_several_writes_to_a_record_in_one_batch_counts()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);

        await ada.StoreAsync([], [ShardWriter.Record("a", 1, status: 1), ShardWriter.Deletion("a"), ShardWriter.Record("a", 2, status: 3)]);

        Assert.Equal(2, (await Store.ReadRecordAsync(0, "a", default))!.Version);
        Assert.Equal([new(3, 1L)], await Store.CountByStatusAsync(default));
    }

    [Fact]
    public async Task A_list_that_goes_on_after_an_instant_without_an_id_begins_before_that_instant()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([], [.. Enumerable.Range(0, 6).Select(i => ShardWriter.Record($"a{i}", 1, isLive: false, 5, sortAt: ShardWriter.T0.AddSeconds(i / 2)))]);

        var page = await Store.ListAsync(new RecordQuery { Status = 5, After = new RecordCursor(ShardWriter.T0.AddSeconds(2), "") }, default);
        var all = await Store.ListAsync(new RecordQuery { After = new RecordCursor(ShardWriter.T0.AddSeconds(1), "") }, default);

        Assert.Equal(["a3", "a2", "a1", "a0"], page.Records.Select(record => record.EntityId));
        Assert.Equal(["a1", "a0"], all.Records.Select(record => record.EntityId));
    }

    [Fact]
    public async Task Deleting_a_record_that_is_not_there_does_nothing()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);

        await ada.StoreAsync([], [ShardWriter.Deletion("a")]);

        Assert.Null(await Store.ReadRecordAsync(0, "a", default));
        Assert.Empty(await Store.CountByStatusAsync(default));
    }

    [Fact]
    public async Task Live_records_are_paged_by_id_in_the_order_of_their_bytes()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        // U+FF5E sorts before the sunflower by bytes and after it by UTF-16 units.
        string[] ids = ["A", "Z", "a", "a-", "a.b", "b", "é", "～", "🌻", "🌻a"];
        await ada.StoreAsync([], [.. ids.Reverse().Select(id => ShardWriter.Record(id)), ShardWriter.Record("done", isLive: false)]);
        var bob = await ShardWriter.TakeAsync(Store, 1);
        await bob.StoreAsync([], [ShardWriter.Record("elsewhere")]);

        foreach (var pageSize in new[] { 1, 3, ids.Length, 100 })
        {
            Assert.Equal(ids, (await Stored.LiveAsync(Store, 0, pageSize)).Select(r => r.EntityId));
        }

        Assert.Equal(["b", "é"], (await Store.ReadLiveAsync(0, "az", 2, default)).Select(r => r.EntityId)); // after an id that is not there
        Assert.Empty(await Store.ReadLiveAsync(0, "🌻a", 2, default));
    }

    [Fact]
    public async Task Pruning_deletes_what_has_expired_the_longest_first_and_no_more_than_asked_for()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([], [.. Enumerable.Range(0, 10).Select(i =>
            ShardWriter.Record($"old{i}", isLive: false, status: 5, expiresAt: ShardWriter.T0.AddHours(i)))]);
        await ada.StoreAsync([], [ShardWriter.Record("kept", isLive: false), ShardWriter.Record("live")]);
        var bob = await ShardWriter.TakeAsync(Store, 1, "Bob");
        await bob.StoreAsync([], [ShardWriter.Record("other", isLive: false, status: 5, expiresAt: ShardWriter.T0)]);

        var noon = ShardWriter.T0.AddHours(4);
        Assert.Equal(0, await Store.PruneAsync(0, ada.Claim, ShardWriter.T0.AddTicks(-1), 100, default));
        Assert.Equal(3, await Store.PruneAsync(0, ada.Claim, noon, 3, default));
        Assert.Null(await Store.ReadRecordAsync(0, "old2", default));
        Assert.NotNull(await Store.ReadRecordAsync(0, "old3", default));
        Assert.Equal(2, await Store.PruneAsync(0, ada.Claim, noon, 100, default)); // an instant that has come has passed
        Assert.Equal(0, await Store.PruneAsync(0, ada.Claim, noon, 100, default));

        Assert.Equal([new(1, 2L), new(5, 6L)], (await Store.CountByStatusAsync(default)).OrderBy(c => c.Key));
        Assert.NotNull(await Store.ReadRecordAsync(1, "other", default));
        Assert.Equal(8, (await Stored.ListAsync(Store, new RecordQuery())).Count);
    }

    [Fact]
    public async Task A_record_that_no_longer_expires_is_not_pruned()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([], [ShardWriter.Record("a", isLive: false, expiresAt: ShardWriter.T0)]);
        await ada.StoreAsync([], [ShardWriter.Record("a", 2)]);

        Assert.Equal(0, await Store.PruneAsync(0, ada.Claim, ShardWriter.T0.AddYears(1), 100, default));
        Assert.NotNull(await Store.ReadRecordAsync(0, "a", default));
    }

    private static StoredRecord Expected(RecordChange change) =>
        new(change.EntityId, change.Version, change.IsLive, change.Index!, change.ExpiresAt, change.Body);
}
