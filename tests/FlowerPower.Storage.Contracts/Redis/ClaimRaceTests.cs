namespace FlowerPower.Storage.Contracts;

/// <summary>Many who want one shard at once, on connections of their own.</summary>
public sealed class ClaimRaceTests(RedisServerFixture fixture) : IClassFixture<RedisServerFixture>, IAsyncLifetime
{
    private RedisShardStore ada = null!;
    private RedisShardStore bob = null!;

    public async Task InitializeAsync()
    {
        var name = fixture.NextName();
        await fixture.Server.CommandAsync("CONFIG", "SET", "appendfsync", "everysec"); // speed: nothing is killed here
        ada = await RedisShardStore.OpenAsync(fixture.Options(name, 4));
        bob = await RedisShardStore.OpenAsync(fixture.Options(name, 4));
    }

    public async Task DisposeAsync()
    {
        await ada.DisposeAsync();
        await bob.DisposeAsync();
    }

    [Fact]
    public async Task Of_two_who_claim_at_once_one_wins_in_each_of_10000_rounds()
    {
        ClaimId? previous = null;
        for (var round = 0; round < 10_000; round++)
        {
            var (hers, his) = (new ShardOwner("Ada", TestIds.NextClaim()), new ShardOwner("Bob", TestIds.NextClaim()));
            var outcomes = await Task.WhenAll(
                ada.ClaimAsync(0, hers, previous, default).AsTask(),
                bob.ClaimAsync(0, his, previous, default).AsTask());
            var winner = outcomes[0] is ClaimOutcome.Granted ? hers : his;
            Assert.Single(outcomes.OfType<ClaimOutcome.Granted>());
            Assert.Equal(winner, Assert.Single(outcomes.OfType<ClaimOutcome.Held>()).Owner);
            previous = winner.Claim;
        }
    }

    [Fact]
    public async Task An_append_that_races_a_claim_is_whole_before_it_or_refused_after_it()
    {
        var stored = 0;
        for (var round = 0; round < 1_000; round++)
        {
            var writer = await ShardWriter.TakeAsync(ada, 1);
            var sequence = (await ada.ReadHeadAsync(1, default)).Sequence;
            var batch = writer.Batch([ShardWriter.Event("a", round + 1)], [ShardWriter.Record("a", round + 1)]);
            var append = writer.SendAsync(batch);
            var claim = bob.ClaimAsync(1, new ShardOwner("Bob", TestIds.NextClaim()), writer.Claim, default).AsTask();
            var outcome = await append;
            var head = Assert.IsType<ClaimOutcome.Granted>(await claim).Head;

            if (outcome is AppendOutcome.Stored)
            {
                stored++;
                Assert.Equal((sequence + 1, batch.Token), (head.Sequence, head.Token));
                Assert.Equal(round + 1, (await bob.ReadRecordAsync(1, "a", default))!.Version);
            }
            else
            {
                Assert.IsType<AppendOutcome.Fenced>(outcome);
                Assert.Equal(sequence, head.Sequence);
                Assert.NotEqual(round + 1, (await bob.ReadRecordAsync(1, "a", default))?.Version);
            }
        }

        // Both orders must have been seen, or the race was none.
        Assert.InRange(stored, 1, 1_000);
    }
}
