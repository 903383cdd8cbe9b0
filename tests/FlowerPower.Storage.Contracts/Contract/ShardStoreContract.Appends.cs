using System.Text;

namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    [Fact]
    public async Task Batches_get_consecutive_sequence_numbers_and_are_read_back_as_written()
    {
        var ada = await ShardWriter.TakeAsync(Store, 1);
        var first = ada.Batch([ShardWriter.Event("a", 1, "one"), ShardWriter.Event("b", 1, "")]);
        Assert.Equal(new AppendOutcome.Stored(1), await ada.SendAsync(first));
        var second = ada.Batch([ShardWriter.Event("ä-日本-🌻", 1_000_000_000_000, "two")]);
        Assert.Equal(new AppendOutcome.Stored(2), await ada.SendAsync(second));
        var third = ada.Batch();
        Assert.Equal(new AppendOutcome.Stored(3), await ada.SendAsync(third));

        var log = await Stored.LogAsync(Store, 1);

        var expected = new[] { new LogEntry(1, first.Token, first.Events), new LogEntry(2, second.Token, second.Events), new LogEntry(3, third.Token, []) };
        Assert.Equal(expected.Select(Stored.Text), log.Select(Stored.Text));
        Assert.Equal(new ShardHead(ada.Owner, 3, third.Token, 0), await Store.ReadHeadAsync(1, default));
    }

    [Fact]
    public async Task The_repetition_of_a_batch_is_a_duplicate_and_is_stored_once()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var batch = ada.Batch([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        await ada.SendAsync(batch);
        var before = await Stored.DumpAsync(Store);

        Assert.Equal(new AppendOutcome.Duplicate(1), await ada.SendAsync(batch));
        Assert.Equal(new AppendOutcome.Duplicate(1), await ada.SendAsync(batch));

        Assert.Equal(before, await Stored.DumpAsync(Store));
    }

    [Fact]
    public async Task A_batch_that_does_not_follow_the_chain_is_a_conflict_and_writes_nothing()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var early = ada.Batch([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        await ada.StoreAsync([ShardWriter.Event("b")], [ShardWriter.Record("b")]);
        var before = await Stored.DumpAsync(Store);

        Assert.Equal(new AppendOutcome.Conflict(1, ada.Token), await ada.SendAsync(early));
        Assert.Equal(
            new AppendOutcome.Conflict(1, ada.Token),
            await ada.SendAsync(ada.Batch(cutThrough: 1) with { Previous = TestIds.NextToken() }));

        Assert.Equal(before, await Stored.DumpAsync(Store));
    }

    [Fact]
    public async Task An_older_batch_sent_again_is_a_conflict_not_a_duplicate()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var first = ada.Batch([ShardWriter.Event("a")]);
        await ada.SendAsync(first);
        await ada.StoreAsync([ShardWriter.Event("b")]);

        Assert.IsType<AppendOutcome.Conflict>(await ada.SendAsync(first));
        Assert.Equal(2, (await Store.ReadHeadAsync(0, default)).Sequence);
    }

    [Fact]
    public async Task A_batch_without_a_claim_is_fenced_and_writes_nothing()
    {
        var nobody = new ShardWriter(Store, 0, new ShardOwner("Ada", TestIds.NextClaim()), BatchToken.Start);

        var outcome = await nobody.SendAsync(nobody.Batch([ShardWriter.Event("a")], [ShardWriter.Record("a")]));

        Assert.Equal(new AppendOutcome.Fenced(null), outcome);
        Assert.Equal(new ShardHead(null, 0, BatchToken.Start, 0), await Store.ReadHeadAsync(0, default));
        Assert.Null(await Store.ReadRecordAsync(0, "a", default));
    }

    [Fact]
    public async Task The_fence_comes_before_the_duplicate_and_the_duplicate_before_the_conflict()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0, "Ada");
        var stored = ada.Batch([ShardWriter.Event("a")]);
        await ada.SendAsync(stored);

        // The same token with another previous one could be a duplicate or a conflict.
        Assert.Equal(new AppendOutcome.Duplicate(1), await ada.SendAsync(stored with { Previous = TestIds.NextToken() }));

        var bob = await ShardWriter.TakeAsync(Store, 0, "Bob");
        Assert.Equal(new AppendOutcome.Fenced(bob.Owner), await ada.SendAsync(stored));
        Assert.Equal(new AppendOutcome.Fenced(bob.Owner), await ada.SendAsync(ada.Batch() with { Previous = TestIds.NextToken() }));
    }

    [Fact]
    public async Task The_next_owner_continues_the_chain_that_the_last_one_left()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0, "Ada");
        await ada.StoreAsync([ShardWriter.Event("a")]);
        var bob = await ShardWriter.TakeAsync(Store, 0, "Bob");

        Assert.Equal(ada.Token, bob.Token);
        Assert.Equal(2, await bob.StoreAsync([ShardWriter.Event("b")]));
        Assert.Equal(["a", "b"], (await Stored.LogAsync(Store, 0)).Select(e => e.Events[0].EntityId));
    }

    [Fact]
    public async Task Events_records_and_cut_of_one_batch_are_stored_together()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        await ada.StoreAsync([ShardWriter.Event("b")], [ShardWriter.Record("gone")]);

        await ada.StoreAsync(
            [ShardWriter.Event("c")],
            [ShardWriter.Record("a", status: 2), ShardWriter.Record("b", isLive: false, status: 3), ShardWriter.Deletion("gone")],
            cutThrough: 1);
        await CrashAsync();

        Assert.Equal([2L, 3L], (await Stored.LogAsync(Store, 0)).Select(e => e.Sequence));
        Assert.Equal(1, (await Store.ReadHeadAsync(0, default)).CutThrough);
        Assert.Equal(["a"], (await Stored.LiveAsync(Store, 0)).Select(r => r.EntityId));
        Assert.Equal(3, (await Store.ReadRecordAsync(0, "b", default))?.Index.Status);
        Assert.Null(await Store.ReadRecordAsync(0, "gone", default));
    }

    [Fact]
    public async Task Shards_have_chains_of_their_own()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var bob = await ShardWriter.TakeAsync(Store, 1, "Bob");

        await ada.StoreAsync([ShardWriter.Event("a")]);
        await ada.StoreAsync([ShardWriter.Event("a", 2)]);

        Assert.Equal(1, await bob.StoreAsync([ShardWriter.Event("b")], cutThrough: 1));
        Assert.Equal(2, (await Stored.LogAsync(Store, 0)).Count);
        Assert.Empty(await Stored.LogAsync(Store, 1));
    }

    [Fact]
    public async Task What_the_caller_does_to_its_buffers_afterwards_changes_nothing()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var payload = Encoding.UTF8.GetBytes("payload");
        var body = Encoding.UTF8.GetBytes("body");
        await ada.StoreAsync(
            [new EventFrame("a", 1, "test.happened.v1", payload)],
            [ShardWriter.Record("a") with { Body = body }]);

        payload.AsSpan().Clear();
        body.AsSpan().Clear();

        Assert.Equal("payload", Encoding.UTF8.GetString((await Stored.LogAsync(Store, 0))[0].Events[0].Payload.Span));
        Assert.Equal("body", Encoding.UTF8.GetString((await Store.ReadRecordAsync(0, "a", default))!.Body.Span));
    }

    [Fact]
    public async Task A_payload_and_a_body_of_16_MiB_come_back_whole()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var large = new byte[16 << 20];
        new Random(1).NextBytes(large);

        await ada.StoreAsync([new EventFrame("a", 1, "test.grew.v1", large)], [ShardWriter.Record("a") with { Body = large }]);
        await CrashAsync();

        var payload = (await Stored.LogAsync(Store, 0))[0].Events[0].Payload;
        var body = (await Store.ReadRecordAsync(0, "a", default))!.Body;
        Assert.True(payload.Span.SequenceEqual(large));
        Assert.True(body.Span.SequenceEqual(large));
    }

    [Fact]
    public async Task A_cancelled_append_that_had_not_begun_writes_nothing()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var batch = ada.Batch([ShardWriter.Event("a")]);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.AppendAsync(batch, new CancellationToken(canceled: true)));

        Assert.Equal(0, (await Store.ReadHeadAsync(0, default)).Sequence);
        Assert.Equal(new AppendOutcome.Stored(1), await ada.SendAsync(batch));
    }
}
