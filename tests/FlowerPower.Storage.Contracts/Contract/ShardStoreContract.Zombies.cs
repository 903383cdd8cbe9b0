namespace FlowerPower.Storage.Contracts;

/// <summary>I2: once B has claimed a shard, nothing written under A's claim changes anything in it.</summary>
public abstract partial class ShardStoreContract
{
    /// <summary>Every kind of write that a former owner can still send.</summary>
    public static TheoryData<string> ZombieWrites => ["events", "checkpoint", "deletion", "cut", "repetition", "prune", "release", "claim"];

    /// <summary>Without a claim: nobody holds the shard, so its former owner may claim it again like anybody else.</summary>
    public static TheoryData<string> WritesAfterRelease => ["events", "checkpoint", "deletion", "cut", "repetition", "prune", "release"];

    [Theory]
    [MemberData(nameof(ZombieWrites))]
    public async Task A_former_owner_changes_nothing_by(string kind)
    {
        var (ada, last) = await AdaWithAHistoryAsync();
        var bob = await ShardWriter.TakeAsync(Store, 0, "Bob");
        await bob.StoreAsync([ShardWriter.Event("live", 3)]);
        var before = await Stored.DumpAsync(Store);

        await WriteAsZombieAsync(kind, ada, last, bob.Owner);

        Assert.Equal(before, await Stored.DumpAsync(Store));
        Assert.Equal(5, await bob.StoreAsync([ShardWriter.Event("live", 4)]));
    }

    [Theory]
    [MemberData(nameof(WritesAfterRelease))]
    public async Task An_owner_that_has_released_changes_nothing_by(string kind)
    {
        var (ada, last) = await AdaWithAHistoryAsync();
        await Store.ReleaseAsync(0, ada.Claim, default);
        var before = await Stored.DumpAsync(Store);

        await WriteAsZombieAsync(kind, ada, last, owner: null);

        Assert.Equal(before, await Stored.DumpAsync(Store));
    }

    private async Task<(ShardWriter Ada, ShardBatch Last)> AdaWithAHistoryAsync()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0, "Ada");
        await ada.StoreAsync([ShardWriter.Event("live")], [ShardWriter.Record("live")]);
        await ada.StoreAsync([], [ShardWriter.Record("old", isLive: false, expiresAt: ShardWriter.T0)]);
        var last = ada.Batch([ShardWriter.Event("live", 2)]);
        Assert.Equal(new AppendOutcome.Stored(3), await ada.SendAsync(last));
        return (ada, last);
    }

    private async Task WriteAsZombieAsync(string kind, ShardWriter ada, ShardBatch last, ShardOwner? owner)
    {
        // With the chain's true end in hand the claim alone must stop it.
        var end = (await Store.ReadHeadAsync(0, default)).Token;
        ShardBatch Batch(EventFrame[]? events = null, RecordChange[]? records = null, long? cutThrough = null) =>
            ada.Batch(events, records, cutThrough) with { Previous = end };

        switch (kind)
        {
            case "events":
                Assert.Equal(new AppendOutcome.Fenced(owner), await ada.SendAsync(Batch([ShardWriter.Event("live", 3)])));
                break;
            case "checkpoint":
                Assert.Equal(new AppendOutcome.Fenced(owner), await ada.SendAsync(Batch(records: [ShardWriter.Record("live", 9, status: 9)])));
                break;
            case "deletion":
                Assert.Equal(new AppendOutcome.Fenced(owner), await ada.SendAsync(Batch(records: [ShardWriter.Deletion("live")])));
                break;
            case "cut":
                Assert.Equal(new AppendOutcome.Fenced(owner), await ada.SendAsync(Batch(cutThrough: 2)));
                break;
            case "repetition":
                Assert.Equal(new AppendOutcome.Fenced(owner), await ada.SendAsync(last));
                break;
            case "prune":
                Assert.Null(await Store.PruneAsync(0, ada.Claim, ShardWriter.T0.AddYears(1), 100, default));
                break;
            case "release":
                await Store.ReleaseAsync(0, ada.Claim, default);
                break;
            case "claim":
                Assert.Equal(new ClaimOutcome.Held(owner), await Store.ClaimAsync(0, ada.Owner, previous: null, default));
                break;
            default:
                Assert.Fail($"There is no zombie write '{kind}'.");
                break;
        }
    }
}
