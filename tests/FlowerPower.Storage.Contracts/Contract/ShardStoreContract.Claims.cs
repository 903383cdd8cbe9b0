namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    [Fact]
    public async Task A_new_store_has_shards_without_owner_log_or_records()
    {
        Assert.Equal(ShardCount, Store.ShardCount);
        for (var shard = 0; shard < ShardCount; shard++)
        {
            Assert.Equal(new ShardHead(null, 0, BatchToken.Start, 0), await Store.ReadHeadAsync(shard, default));
            Assert.Empty((await Store.ReadLogAsync(shard, 0, 10, default)).Entries);
            Assert.Empty(await Store.ReadLiveAsync(shard, null, 10, default));
        }

        Assert.Empty((await Store.ListAsync(new RecordQuery(), default)).Records);
        Assert.Empty(await Store.CountByStatusAsync(default));
    }

    [Fact]
    public async Task A_claim_of_a_free_shard_is_granted_with_the_head()
    {
        var ada = new ShardOwner("Ada", TestIds.NextClaim());

        var outcome = await Store.ClaimAsync(1, ada, previous: null, default);

        Assert.Equal(new ClaimOutcome.Granted(new ShardHead(ada, 0, BatchToken.Start, 0)), outcome);
        Assert.Equal(ada, (await Store.ReadHeadAsync(1, default)).Owner);
        Assert.Null((await Store.ReadHeadAsync(2, default)).Owner);
    }

    [Fact]
    public async Task A_claim_that_names_the_present_owner_takes_over_with_the_chain_as_it_stands()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        var bob = new ShardOwner("Bob", TestIds.NextClaim());

        var outcome = await Store.ClaimAsync(0, bob, ada.Claim, default);

        Assert.Equal(new ClaimOutcome.Granted(new ShardHead(bob, 1, ada.Token, 0)), outcome);
    }

    [Fact]
    public async Task A_claim_from_an_outdated_view_is_refused_and_names_the_owner()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var bob = new ShardOwner("Bob", TestIds.NextClaim());

        Assert.Equal(new ClaimOutcome.Held(ada.Owner), await Store.ClaimAsync(0, bob, previous: null, default));
        Assert.Equal(new ClaimOutcome.Held(ada.Owner), await Store.ClaimAsync(0, bob, TestIds.NextClaim(), default));
        Assert.Equal(ada.Owner, (await Store.ReadHeadAsync(0, default)).Owner);
    }

    [Fact]
    public async Task A_claim_against_an_owner_that_has_released_is_refused_with_nobody_as_owner()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await Store.ReleaseAsync(0, ada.Claim, default);

        var outcome = await Store.ClaimAsync(0, new ShardOwner("Bob", TestIds.NextClaim()), ada.Claim, default);

        Assert.Equal(new ClaimOutcome.Held(null), outcome);
    }

    [Fact]
    public async Task A_repeated_claim_is_granted_again_whatever_it_names_as_previous()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);
        var expected = new ClaimOutcome.Granted(new ShardHead(ada.Owner, 1, ada.Token, 0));

        Assert.Equal(expected, await Store.ClaimAsync(0, ada.Owner, previous: null, default));
        Assert.Equal(expected, await Store.ClaimAsync(0, ada.Owner, TestIds.NextClaim(), default));
    }

    [Fact]
    public async Task A_claim_whose_reply_was_lost_is_granted_when_repeated()
    {
        var ada = new ShardOwner("Ada", TestIds.NextClaim());
        Faults.FailNext(StoreStep.AfterWrite, StoreOperation.Claim);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ClaimAsync(0, ada, null, default));

        Assert.IsType<ClaimOutcome.Granted>(await Store.ClaimAsync(0, ada, null, default));
    }

    [Fact]
    public async Task A_former_owner_does_not_get_the_shard_back_by_repeating_its_claim()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0, "Ada");
        var bob = await ShardWriter.TakeAsync(Store, 0, "Bob");

        Assert.Equal(new ClaimOutcome.Held(bob.Owner), await Store.ClaimAsync(0, ada.Owner, null, default));
    }

    [Fact]
    public async Task Of_two_claimers_at_once_exactly_one_wins_in_each_of_1000_rounds()
    {
        ClaimId? previous = null;
        for (var round = 0; round < 1000; round++)
        {
            ShardOwner[] claimers = [new("Ada", TestIds.NextClaim()), new("Bob", TestIds.NextClaim())];
            using var start = new Barrier(2);
            var seen = previous;
            var outcomes = await Task.WhenAll(claimers.Select(c => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Store.ClaimAsync(2, c, seen, default).AsTask();
                },
                default,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));

            var winner = Assert.Single(outcomes.OfType<ClaimOutcome.Granted>()).Head.Owner!;
            Assert.Equal(winner, Assert.Single(outcomes.OfType<ClaimOutcome.Held>()).Owner);
            previous = winner.Claim;
        }
    }

    [Fact]
    public async Task A_release_frees_the_shard_and_keeps_its_chain()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        await ada.StoreAsync([ShardWriter.Event("a")]);

        await Store.ReleaseAsync(0, ada.Claim, default);

        Assert.Equal(new ShardHead(null, 1, ada.Token, 0), await Store.ReadHeadAsync(0, default));
        await Store.ReleaseAsync(0, ada.Claim, default); // again: nothing happens
        var bob = await ShardWriter.TakeAsync(Store, 0, "Bob");
        Assert.Equal(2, await bob.StoreAsync([ShardWriter.Event("b")]));
    }

    [Fact]
    public async Task Claims_survive_a_crash()
    {
        var ada = await ShardWriter.TakeAsync(Store, 3);

        await CrashAsync();

        Assert.Equal(ada.Owner, (await Store.ReadHeadAsync(3, default)).Owner);
    }
}
