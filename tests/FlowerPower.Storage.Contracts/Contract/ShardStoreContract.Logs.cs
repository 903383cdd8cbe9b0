namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(11)]
    public async Task Pages_of_the_log_join_without_gap_or_overlap(int pageSize)
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        for (var i = 1; i <= 10; i++)
        {
            await ada.StoreAsync([ShardWriter.Event("a", i)]);
        }

        var log = await Stored.LogAsync(Store, 0, pageSize: pageSize);

        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), log.Select(e => e.Sequence));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), log.Select(e => e.Events.Single().Version));
    }

    [Fact]
    public async Task A_page_begins_after_the_number_asked_for_and_never_before_the_cut()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        for (var i = 1; i <= 6; i++)
        {
            await ada.StoreAsync([ShardWriter.Event("a", i)], cutThrough: i == 5 ? 3 : null);
        }

        Assert.Equal([4L, 5L], (await Store.ReadLogAsync(0, 0, 2, default)).Entries.Select(e => e.Sequence));
        Assert.Equal([4L, 5L, 6L], (await Store.ReadLogAsync(0, 2, 9, default)).Entries.Select(e => e.Sequence));
        Assert.Equal([6L], (await Store.ReadLogAsync(0, 5, 9, default)).Entries.Select(e => e.Sequence));
        Assert.Empty((await Store.ReadLogAsync(0, 6, 9, default)).Entries);
        Assert.Empty((await Store.ReadLogAsync(0, 700, 9, default)).Entries);
    }

    [Fact]
    public async Task A_batch_may_cut_the_whole_log_including_itself_and_the_chain_goes_on()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        await ada.StoreAsync([ShardWriter.Event("a", 2)], [ShardWriter.Record("a", 2)], cutThrough: 2);

        Assert.Empty(await Stored.LogAsync(Store, 0));
        Assert.Equal(new ShardHead(ada.Owner, 2, ada.Token, 2), await Store.ReadHeadAsync(0, default));
        Assert.Equal(3, await ada.StoreAsync([ShardWriter.Event("a", 3)], cutThrough: 1)); // an older cut undoes nothing
        Assert.Equal(new ShardHead(ada.Owner, 3, ada.Token, 2), await Store.ReadHeadAsync(0, default));
        Assert.Equal([3L], (await Stored.LogAsync(Store, 0)).Select(e => e.Sequence));
    }

    [Fact]
    public async Task A_cut_beyond_the_batch_itself_is_a_mistake_and_writes_nothing()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        var before = await Stored.DumpAsync(Store);

        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => ada.SendAsync(ada.Batch([ShardWriter.Event("b")], [ShardWriter.Record("b")], cutThrough: 3)));

        Assert.Contains("cuts the log of shard 0 through 3", error.Message);
        Assert.Equal(before, await Stored.DumpAsync(Store));
        Assert.Equal(2, await ada.StoreAsync());
    }

    [Fact]
    public async Task A_garbled_entry_is_found_when_it_is_read()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a", 1, "the first payload")]);
        await ada.StoreAsync([ShardWriter.Event("a", 2, "the second payload")]);

        await GarbleLastEntryAsync(Store, 0);

        Assert.Single((await Store.ReadLogAsync(0, 0, 1, default)).Entries);
        var error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await Store.ReadLogAsync(0, 1, 1, default));
        Assert.Contains("entry 2", error.Message);
        Assert.Empty(await Stored.LogAsync(Store, 1)); // the other shards are none the worse
    }

    [Fact]
    public async Task A_missing_entry_is_found_when_the_log_is_read()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        await ada.StoreAsync([ShardWriter.Event("a", 2)]);

        await LoseOldestEntryAsync(Store, 0);

        var error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await Store.ReadLogAsync(0, 0, 9, default));
        Assert.Contains("entry 1 is missing", error.Message);
        await LoseOldestEntryAsync(Store, 0);
        await Assert.ThrowsAsync<StoreCorruptException>(async () => await Store.ReadLogAsync(0, 0, 9, default));
    }

    [Fact]
    public async Task Reading_outside_what_a_store_has_is_a_mistake()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ReadHeadAsync(ShardCount, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ReadLogAsync(-1, 0, 1, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ReadLogAsync(0, -1, 1, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ReadLogAsync(0, 0, 0, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ReadLiveAsync(0, null, 0, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.ListAsync(new RecordQuery { Limit = 10_001 }, default));
    }

    [Fact]
    public async Task A_batch_in_a_wrong_form_is_refused_before_it_is_written()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        ShardBatch[] wrong =
        [
            ada.Batch() with { Shard = ShardCount },
            ada.Batch() with { Token = BatchToken.Start },
            ada.Batch() with { Token = ada.Token },
            ada.Batch(cutThrough: -1),
            ada.Batch([ShardWriter.Event("")]),
            ada.Batch([ShardWriter.Event(new string('x', 129))]),
            ada.Batch([ShardWriter.Event("a{b}")]),
            ada.Batch([ShardWriter.Event("line\nbreak")]),
            ada.Batch([ShardWriter.Event("half a pair \uD83C")]),
            ada.Batch([ShardWriter.Event("a", version: 0)]),
            ada.Batch(records: [ShardWriter.Record("a", status: 0)]),
            ada.Batch(records: [ShardWriter.Record("a", isLive: true, expiresAt: ShardWriter.T0)]),
        ];

        foreach (var batch in wrong)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.AppendAsync(batch, default));
        }

        Assert.Equal(0, (await Store.ReadHeadAsync(0, default)).Sequence);
    }
}
