namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    [Fact]
    public async Task Appends_of_many_shards_at_once_keep_each_shards_order_and_lose_nothing()
    {
        const int batches = 60;
        var sent = await Task.WhenAll(Enumerable.Range(0, ShardCount).Select(shard => Task.Run(async () =>
        {
            var writer = await ShardWriter.TakeAsync(Store, shard);
            var entries = new List<string>();
            for (var i = 1; i <= batches; i++)
            {
                var batch = writer.Batch([ShardWriter.Event($"job-{shard}", i)], [ShardWriter.Record($"job-{shard}-{i}", status: 1 + (i % 3))]);
                Assert.Equal(new AppendOutcome.Stored(i), await writer.SendAsync(batch));
                entries.Add(Stored.Text(new LogEntry(i, batch.Token, batch.Events)));
            }

            return entries;
        })));

        await CrashAsync();

        for (var shard = 0; shard < ShardCount; shard++)
        {
            Assert.Equal(sent[shard], (await Stored.LogAsync(Store, shard)).Select(Stored.Text));
            Assert.Equal(batches, (await Stored.LiveAsync(Store, shard)).Count);
        }

        const long each = ShardCount * batches / 3;
        Assert.Equal([new(1, each), new(2, each), new(3, each)], (await Store.CountByStatusAsync(default)).OrderBy(c => c.Key));
    }

    [Fact]
    public async Task Refused_batches_do_not_hinder_those_beside_them()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        var zombie = await ShardWriter.TakeAsync(Store, 1);
        var bob = await ShardWriter.TakeAsync(Store, 1, "Bob");
        var carrier = await ShardWriter.TakeAsync(Store, 2);

        // All at once, so that a store which gathers calls has good and bad ones in one transaction.
        for (var round = 1; round <= 50; round++)
        {
            var good = ada.SendAsync(ada.Batch([ShardWriter.Event("a", round)], [ShardWriter.Record("a", round)]));
            var fenced = zombie.SendAsync(zombie.Batch([ShardWriter.Event("z", round)], [ShardWriter.Record("z", round)]));
            var astray = carrier.SendAsync(carrier.Batch([ShardWriter.Event("c", round)]) with { Previous = TestIds.NextToken() });
            var wrong = carrier.SendAsync(carrier.Batch([ShardWriter.Event("c", round)], cutThrough: 900));
            Assert.Equal(new AppendOutcome.Stored(round), await good);
            Assert.Equal(new AppendOutcome.Fenced(bob.Owner), await fenced);
            Assert.Equal(new AppendOutcome.Conflict(0, BatchToken.Start), await astray);
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => wrong);
        }

        Assert.Equal(50, (await Stored.LogAsync(Store, 0)).Count);
        Assert.Empty(await Stored.LogAsync(Store, 1));
        Assert.Empty(await Stored.LogAsync(Store, 2));
        Assert.Null(await Store.ReadRecordAsync(1, "z", default));
    }

    [Fact]
    public async Task A_take_over_in_the_middle_of_appends_ends_them_at_one_point()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0, "Ada");
        var firstStored = new TaskCompletionSource();
        var writing = Task.Run(async () =>
        {
            for (var stored = 0L; ; stored++)
            {
                if (await ada.SendAsync(ada.Batch([ShardWriter.Event("a", stored + 1)])) is not AppendOutcome.Stored)
                {
                    return (stored, ada.Token);
                }

                firstStored.TrySetResult();
            }
        });

        await firstStored.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var granted = (ClaimOutcome.Granted)await Store.ClaimAsync(0, new ShardOwner("Bob", TestIds.NextClaim()), ada.Claim, default);

        var (stored, token) = await writing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((granted.Head.Sequence, granted.Head.Token), (stored, token));
        Assert.Equal(granted.Head, await Store.ReadHeadAsync(0, default));
    }

    [Fact]
    public async Task A_read_sees_every_write_that_was_acknowledged_before_it_began()
    {
        var ada = await ShardWriter.TakeAsync(Store, 0);
        for (var i = 1; i <= 50; i++)
        {
            await ada.StoreAsync([ShardWriter.Event("a", i)], [ShardWriter.Record("a", i, status: i)]);

            Assert.Equal(i, (await Store.ReadHeadAsync(0, default)).Sequence);
            Assert.Equal(i, (await Store.ReadRecordAsync(0, "a", default))!.Version);
            Assert.Equal(i, (await Stored.LogAsync(Store, 0, i - 1))[0].Sequence);
            Assert.Equal([new(i, 1L)], await Store.CountByStatusAsync(default));
        }
    }
}
