namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    /// <summary>Each step of a write, with a crash of the process after it or without.</summary>
    public static TheoryData<StoreStep, bool> EachStep => new()
    {
        { StoreStep.BeforeWrite, false }, { StoreStep.BeforeWrite, true },
        { StoreStep.DuringWrite, false }, { StoreStep.DuringWrite, true },
        { StoreStep.AfterWrite, false }, { StoreStep.AfterWrite, true },
    };

    [Theory]
    [MemberData(nameof(EachStep))]
    public async Task A_failed_append_is_all_there_or_not_at_all_and_its_repetition_ends_well(StoreStep step, bool crash)
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a"), ShardWriter.Record("gone")]);
        await ada.StoreAsync([ShardWriter.Event("b")]);
        var before = await Stored.DumpAsync(Store);
        var batch = ada.Batch(
            [ShardWriter.Event("a", 2), ShardWriter.Event("c")],
            [ShardWriter.Record("a", 2, status: 4), ShardWriter.Record("c", isLive: false), ShardWriter.Deletion("gone")],
            cutThrough: 1);
        Faults.FailNext(step, StoreOperation.Append);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        if (crash)
        {
            await CrashAsync();
        }

        var isStored = step == StoreStep.AfterWrite;
        if (!isStored)
        {
            Assert.Equal(before, await Stored.DumpAsync(Store));
        }

        AppendOutcome expected = isStored ? new AppendOutcome.Duplicate(3) : new AppendOutcome.Stored(3);
        Assert.Equal(expected, await ada.On(Store).SendAsync(batch));
        Assert.Equal([2L, 3L], (await Stored.LogAsync(Store, 0)).Select(e => e.Sequence));
        Assert.Equal(4, (await Store.ReadRecordAsync(0, "a", default))!.Index.Status);
        Assert.NotNull(await Store.ReadRecordAsync(0, "c", default));
        Assert.Null(await Store.ReadRecordAsync(0, "gone", default));
        Assert.Equal([new(1, 1L), new(4, 1L)], (await Store.CountByStatusAsync(default)).OrderBy(c => c.Key));
    }

    [Theory]
    [MemberData(nameof(EachStep))]
    public async Task A_failed_claim_took_the_shard_or_left_it_alone(StoreStep step, bool crash)
    {
        var ada = await ShardWriter.TakeAsync(Store, 0, "Ada");
        var bob = new ShardOwner("Bob", TestIds.NextClaim());
        Faults.FailNext(step, StoreOperation.Claim);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ClaimAsync(0, bob, ada.Claim, default));
        if (crash)
        {
            await CrashAsync();
        }

        var owner = (await Store.ReadHeadAsync(0, default)).Owner;
        Assert.Equal(step == StoreStep.AfterWrite ? bob : ada.Owner, owner);
        Assert.IsType<ClaimOutcome.Granted>(await Store.ClaimAsync(0, bob, ada.Claim, default));
        Assert.IsType<AppendOutcome.Fenced>(await ada.On(Store).SendAsync(ada.Batch()));
    }

    [Theory]
    [MemberData(nameof(EachStep))]
    public async Task A_failed_prune_or_release_did_all_of_it_or_nothing(StoreStep step, bool crash)
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([], [.. Enumerable.Range(0, 5).Select(i => ShardWriter.Record($"old{i}", isLive: false, expiresAt: ShardWriter.T0))]);
        Faults.FailNext(step, StoreOperation.Prune);
        Faults.FailNext(step, StoreOperation.Release);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.PruneAsync(0, ada.Claim, ShardWriter.T0, 3, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ReleaseAsync(0, ada.Claim, default));
        if (crash)
        {
            await CrashAsync();
        }

        var isDone = step == StoreStep.AfterWrite;
        Assert.Equal([new(1, isDone ? 2L : 5L)], await Store.CountByStatusAsync(default));
        Assert.Equal(isDone ? null : ada.Owner, (await Store.ReadHeadAsync(0, default)).Owner);
    }

    [Fact]
    public async Task A_failed_read_says_so_and_the_next_one_works()
    {
        Faults.FailNext(StoreStep.BeforeRead);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ReadHeadAsync(0, default));

        Assert.Equal(0, (await Store.ReadHeadAsync(0, default)).Sequence);
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_whole_and_the_store_goes_on_when_there_is_space()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a")]);
        var before = await Stored.DumpAsync(Store);
        await FillDiskAsync(Store);
        var batch = ada.Batch(LargeEvents("a"), [ShardWriter.Record("b", status: 2)], cutThrough: 1);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.SendAsync(batch));
        Assert.Equal(before, await Stored.DumpAsync(Store));

        await FreeDiskAsync(Store);
        Assert.Equal(new AppendOutcome.Stored(2), await ada.SendAsync(batch));
        Assert.Equal(3, await ada.StoreAsync([ShardWriter.Event("a", 2)]));
        await CrashAsync();
        Assert.Equal([2L, 3L], (await Stored.LogAsync(Store, 0)).Select(e => e.Sequence));
        Assert.NotNull(await Store.ReadRecordAsync(0, "b", default));
    }

    [Fact]
    public async Task Closing_and_opening_changes_nothing()
    {
        var ada = await ShardWriter.TakeAsync(Store, 2);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a"), ShardWriter.Record("b", isLive: false, status: 2)]);
        await ada.StoreAsync([ShardWriter.Event("a", 2)], cutThrough: 1);
        var before = await Stored.DumpAsync(Store);

        await CloseAndReopenAsync();

        Assert.Equal(before, await Stored.DumpAsync(Store));
    }

    [Fact]
    public async Task A_closed_store_refuses_every_call_and_may_be_closed_again()
    {
        var closed = Store;
        var ada = await ShardWriter.TakeAsync(closed, 0);
        await closed.DisposeAsync();
        await closed.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => ada.SendAsync(ada.Batch()));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await closed.ReadHeadAsync(0, default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await closed.ListAsync(new RecordQuery(), default));
    }
}
