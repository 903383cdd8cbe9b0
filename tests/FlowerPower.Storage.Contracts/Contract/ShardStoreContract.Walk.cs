using System.Text;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Contracts;

public abstract partial class ShardStoreContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_operations_leave_what_a_naive_model_has(int seed)
    {
        var walk = new Walk(this, new Random(seed));
        try
        {
            await walk.RunAsync(steps: 240);
        }
        catch (Exception e)
        {
            Assert.Fail($"Seed {seed}, step {walk.Step}: {e}");
        }
    }

    /// <summary>Random batches, prunes, take-overs, lost replies and crashes, and everything readable compared after every few of them.</summary>
    private sealed class Walk(ShardStoreContract contract, Random random)
    {
        private static readonly string?[] Groups = [null, "", "alpha", "beta"];
        private static readonly string?[] Queues = [null, "default", "slow"];
        private static readonly int?[] Statuses = [null, 1, 2, 3, 4];

        private readonly StoreModel model = new(ShardCount);
        private readonly List<LogEntry>[] logs = [.. Enumerable.Range(0, ShardCount).Select(_ => new List<LogEntry>())];
        private readonly ShardWriter[] owners = new ShardWriter[ShardCount];

        public int Step { get; private set; }

        private IShardStore Store => contract.Store;

        public async Task RunAsync(int steps)
        {
            for (var shard = 0; shard < ShardCount; shard++)
            {
                owners[shard] = await ShardWriter.TakeAsync(Store, shard);
            }

            for (Step = 1; Step <= steps; Step++)
            {
                var shard = random.Next(ShardCount);
                switch (random.Next(20))
                {
                    case 0:
                        owners[shard] = await ShardWriter.TakeAsync(Store, shard, "Bob");
                        break;
                    case 1 or 2:
                        await PruneAsync(shard);
                        break;
                    case 3:
                        await contract.CrashAsync();
                        Array.ForEach([0, 1, 2, 3], s => owners[s] = owners[s].On(Store));
                        break;
                    default:
                        await AppendAsync(shard);
                        break;
                }

                if (Step % 8 == 0)
                {
                    await CompareListsAsync();
                    await CompareShardAsync(random.Next(ShardCount));
                }
            }
        }

        private async Task AppendAsync(int shard)
        {
            var events = Enumerable.Range(0, random.Next(4)).Select(i => ShardWriter.Event(Id(shard), Step, $"event {i}")).ToArray();
            var records = Enumerable.Range(0, random.Next(5)).Select(_ => Change(shard)).ToArray();
            var sequence = (logs[shard].Count == 0 ? 0 : logs[shard][^1].Sequence) + 1;
            long? cut = random.Next(10) == 0 ? random.NextInt64(sequence) : null;
            var batch = owners[shard].Batch(events, records, cut);
            if (random.Next(4) == 0)
            {
                var step = random.Next(3) switch { 0 => StoreStep.BeforeWrite, 1 => StoreStep.DuringWrite, _ => StoreStep.AfterWrite };
                contract.Faults.FailNext(step, StoreOperation.Append);
                await Assert.ThrowsAsync<StoreUnavailableException>(() => owners[shard].SendAsync(batch));
                AppendOutcome expected = step == StoreStep.AfterWrite ? new AppendOutcome.Duplicate(sequence) : new AppendOutcome.Stored(sequence);
                Assert.Equal(expected, await owners[shard].SendAsync(batch));
            }
            else
            {
                Assert.Equal(new AppendOutcome.Stored(sequence), await owners[shard].SendAsync(batch));
            }

            logs[shard].Add(new LogEntry(sequence, batch.Token, events));
            Array.ForEach(records, r => model.Apply(shard, r));
            if (cut is { } through)
            {
                // The last entry stays, so that the model knows where the chain is.
                logs[shard].RemoveAll(e => e.Sequence <= through);
            }
        }

        private async Task PruneAsync(int shard)
        {
            var now = ShardWriter.T0.AddHours(random.Next(8));
            Assert.Equal(model.Prune(shard, now), await Store.PruneAsync(shard, owners[shard].Claim, now, 1000, default));
        }

        private async Task CompareListsAsync()
        {
            foreach (var status in Statuses)
            {
                foreach (var group in Groups)
                {
                    foreach (var queue in Queues)
                    {
                        var query = new RecordQuery { Status = status, Group = group, Queue = queue, Limit = random.Next(1, 30) };
                        var expected = model.List(status, group, queue).Select(Stored.Text);
                        Assert.Equal(expected, (await Stored.ListAsync(Store, query)).Select(Stored.Text));
                    }
                }
            }

            Assert.Equal(model.Counts(), (await Store.CountByStatusAsync(default)).OrderBy(c => c.Key));
            var bare = await Stored.ListAsync(Store, new RecordQuery { WithBodies = false, Limit = 50 });
            Assert.Equal(
                model.List(null, null, null).Select(r => Stored.Text(r with { Body = default })),
                bare.Select(Stored.Text));
        }

        private async Task CompareShardAsync(int shard)
        {
            Assert.Equal(model.Live(shard).Select(Stored.Text), (await Stored.LiveAsync(Store, shard, random.Next(1, 9))).Select(Stored.Text));
            Assert.Equal(logs[shard].Select(Stored.Text), (await Stored.LogAsync(Store, shard, 0, random.Next(1, 9))).Select(Stored.Text));
            var id = Id(shard);
            var (found, expected) = (await Store.ReadRecordAsync(shard, id, default), model.Find(shard, id));
            Assert.Equal(expected is null ? null : Stored.Text(expected), found is null ? null : Stored.Text(found));
        }

        private RecordChange Change(int shard)
        {
            if (random.Next(6) == 0)
            {
                return ShardWriter.Deletion(Id(shard));
            }

            var isLive = random.Next(2) == 0;
            var index = new RecordIndex(
                random.Next(1, 5),
                Groups[random.Next(1, Groups.Length)]!,
                Queues[random.Next(1, Queues.Length)]!,
                ShardWriter.T0.AddMinutes(random.Next(6))); // few instants: the id decides often
            DateTimeOffset? expiresAt = isLive || random.Next(3) == 0 ? null : ShardWriter.T0.AddHours(random.Next(12));
            return new RecordChange(Id(shard), Step, isLive, index, expiresAt, Encoding.UTF8.GetBytes($"body of step {Step}"));
        }

        /// <summary>One of a few ids that belong to the shard, so that writes meet.</summary>
        private string Id(int shard)
        {
            for (; ; )
            {
                var id = $"job-{random.Next(160)}";
                if (ShardKey.Of(id, ShardCount) == shard)
                {
                    return id;
                }
            }
        }
    }
}
