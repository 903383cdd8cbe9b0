using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>A replica is promoted while the old master still lives and serves its side: two histories, of which one must win whole.</summary>
/// <remarks>A number that counts owners can be handed out on both sides; the claim and the chain cannot.</remarks>
public sealed class SplitRedisTests : IAsyncLifetime
{
    private RedisServer oldMaster = null!;
    private RedisServer newMaster = null!;
    private RedisShardStore oldSide = null!;
    private RedisShardStore newSide = null!;
    private ShardWriter ada = null!;
    private ShardBatch last = null!;

    /// <summary>Every kind of write that the owner on the old side can bring with it.</summary>
    public static TheoryData<string> ZombieWrites => ShardStoreContract.ZombieWrites;

    public async Task InitializeAsync()
    {
        oldMaster = await RedisServer.StartAsync("repl-diskless-sync-delay 0");
        newMaster = await RedisServer.StartAsync("repl-diskless-sync-delay 0");
        oldSide = await OpenAsync(oldMaster);
        ada = await ShardWriter.TakeAsync(oldSide, 0, "Ada");
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a"), ShardWriter.Record("old", isLive: false, expiresAt: ShardWriter.T0)]);
        await newMaster.CommandAsync("REPLICAOF", oldMaster.Host, $"{oldMaster.Port}");
        for (var i = 0; await newMaster.CommandAsync("HGET", "{flowerpower:0}:head", "tok") != await oldMaster.CommandAsync("HGET", "{flowerpower:0}:head", "tok"); i++)
        {
            Assert.True(i < 1_000, "The replica does not follow.");
            await Task.Delay(10);
        }

        // The link is cut here, and both sides go on.
        await newMaster.CommandAsync("REPLICAOF", "NO", "ONE");
        newSide = await OpenAsync(newMaster);
        await ada.StoreAsync([ShardWriter.Event("a", 2)], [ShardWriter.Record("a", 2, status: 2)]);
        last = ada.Batch([ShardWriter.Event("a", 3)]);
        Assert.Equal(new AppendOutcome.Stored(3), await ada.SendAsync(last));
    }

    public async Task DisposeAsync()
    {
        await oldSide.DisposeAsync();
        await newSide.DisposeAsync();
        await oldMaster.DisposeAsync();
        await newMaster.DisposeAsync();
    }

    [Fact]
    public async Task What_follows_batches_that_the_new_master_lacks_is_a_conflict_and_writes_nothing()
    {
        var moved = ada.On(newSide);
        var before = await Stored.DumpAsync(newSide);
        var end = (await newSide.ReadHeadAsync(0, default)).Token;

        Assert.Equal(new AppendOutcome.Conflict(1, end), await moved.SendAsync(moved.Batch([ShardWriter.Event("a", 4)])));
        Assert.Equal(new AppendOutcome.Conflict(1, end), await moved.SendAsync(last));
        Assert.Equal(new AppendOutcome.Conflict(1, end), await moved.SendAsync(moved.Batch(records: [ShardWriter.Record("a", 9)])));

        Assert.Equal(before, await Stored.DumpAsync(newSide));
        Assert.Equal(ada.Owner, (await newSide.ReadHeadAsync(0, default)).Owner);
    }

    [Fact]
    public async Task A_claim_that_was_made_on_the_old_side_after_the_split_is_no_claim_on_the_new_one()
    {
        var hers = await ShardWriter.TakeAsync(oldSide, 0, "Ada");
        var bob = await ShardWriter.TakeAsync(newSide, 0, "Bob");
        // Both sides may have counted the same number of owners by now: the numbers are made equal, which must not matter.
        await newMaster.CommandAsync("HSET", "{flowerpower:0}:head", "epoch", "7");
        await oldMaster.CommandAsync("HSET", "{flowerpower:0}:head", "epoch", "7");

        var end = bob.Token;
        var outcome = await hers.On(newSide).SendAsync(hers.Batch([ShardWriter.Event("a", 4)]) with { Previous = end });

        Assert.Equal(new AppendOutcome.Fenced(bob.Owner), outcome);
        Assert.Equal(2, await bob.StoreAsync([ShardWriter.Event("a", 2)]));
        Assert.Equal(["a 1", "a 2"], (await Stored.LogAsync(newSide, 0)).Select(e => $"{e.Events[0].EntityId} {e.Events[0].Version}"));
    }

    [Theory]
    [MemberData(nameof(ZombieWrites))]
    public async Task Once_somebody_has_claimed_on_the_new_side_the_old_sides_owner_changes_nothing_there_by(string kind)
    {
        var bob = await ShardWriter.TakeAsync(newSide, 0, "Bob");
        await bob.StoreAsync([ShardWriter.Event("a", 2)]);
        var before = await Stored.DumpAsync(newSide);

        await WriteAsZombieAsync(kind, ada.On(newSide), bob);

        Assert.Equal(before, await Stored.DumpAsync(newSide));
        Assert.Equal(3, await bob.StoreAsync([ShardWriter.Event("a", 3)]));
    }

    private async Task WriteAsZombieAsync(string kind, ShardWriter zombie, ShardWriter bob)
    {
        // Even with the new chain's end in hand.
        var outcome = kind switch
        {
            "events" => await zombie.SendAsync(zombie.Batch([ShardWriter.Event("a", 3)]) with { Previous = bob.Token }),
            "checkpoint" => await zombie.SendAsync(zombie.Batch(records: [ShardWriter.Record("a", 9, status: 9)]) with { Previous = bob.Token }),
            "deletion" => await zombie.SendAsync(zombie.Batch(records: [ShardWriter.Deletion("a")]) with { Previous = bob.Token }),
            "cut" => await zombie.SendAsync(zombie.Batch(cutThrough: 1) with { Previous = bob.Token }),
            "repetition" => await zombie.SendAsync(last),
            _ => null,
        };
        if (outcome is not null)
        {
            Assert.Equal(new AppendOutcome.Fenced(bob.Owner), outcome);
            return;
        }

        switch (kind)
        {
            case "prune":
                Assert.Null(await newSide.PruneAsync(0, zombie.Claim, ShardWriter.T0.AddYears(1), 100, default));
                break;
            case "release":
                await newSide.ReleaseAsync(0, zombie.Claim, default);
                break;
            case "claim":
                Assert.Equal(new ClaimOutcome.Held(bob.Owner), await newSide.ClaimAsync(0, zombie.Owner, previous: null, default));
                Assert.Equal(new ClaimOutcome.Held(bob.Owner), await newSide.ClaimAsync(0, zombie.Owner, zombie.Claim, default));
                break;
            default:
                Assert.Fail($"There is no zombie write '{kind}'.");
                break;
        }
    }

    private static Task<RedisShardStore> OpenAsync(RedisServer server) =>
        RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(server.Url), ShardCount = 4 });
}
