namespace FlowerPower.Storage.Contracts.Sqlite;

public sealed class KilledProcessTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_a_process_acknowledged_before_it_was_killed_is_there_and_whole()
    {
        var path = folder.File("store.db");
        var acknowledged = new long[ChildProcess.ShardCount];
        foreach (var lines in new[] { 1500, 300, 40 }) // each child finds what the one before it left
        {
            using var child = await ChildProcess.StartAsync(path);
            child.Go();
            for (var i = 0; i < lines; i++)
            {
                Note(acknowledged, await child.NextLineAsync());
            }

            await child.KillAsync();
            while (await child.NextLineAsync() is { } line)
            {
                Note(acknowledged, line);
            }

            await CheckAsync(path, acknowledged);
        }
    }

    [Fact]
    public async Task A_second_process_is_refused_and_told_who_holds_the_file()
    {
        var path = folder.File("store.db");
        using var child = await ChildProcess.StartAsync(path);

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path }));

        Assert.Contains(path, error.Message);
        Assert.Contains(ChildProcess.HolderName, error.Message);
        Assert.Contains($"process {child.Id}", error.Message);
        Assert.Contains("stop it", error.Message);
        Assert.Equal((ChildProcess.HolderName, child.Id), (StoreHolder.Read(path)?.Name, StoreHolder.Read(path)?.ProcessId));

        await child.KillAsync();

        Assert.Null(StoreHolder.Read(path));
        await using var store = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path, ShardCount = ChildProcess.ShardCount });
        Assert.Equal(Environment.ProcessId, StoreHolder.Read(path)?.ProcessId);
    }

    private static void Note(long[] acknowledged, string? line)
    {
        Assert.NotNull(line);
        var parts = line.Split(' ');
        // The kill may cut the last line short; what is left of its number is smaller, and harmless.
        if (parts.Length == 2 && long.TryParse(parts[1], out var sequence))
        {
            var shard = int.Parse(parts[0]);
            acknowledged[shard] = Math.Max(acknowledged[shard], sequence);
        }
    }

    private static async Task CheckAsync(string path, long[] acknowledged)
    {
        await using var store = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path, ShardCount = 0 });
        for (var shard = 0; shard < ChildProcess.ShardCount; shard++)
        {
            var head = await store.ReadHeadAsync(shard, default);
            // One batch may have been stored without its acknowledgement getting out.
            Assert.InRange(head.Sequence, acknowledged[shard], acknowledged[shard] + 1);
            Assert.Equal(ChildProcess.Token(shard, head.Sequence), head.Token);
            var expected = Enumerable.Range(0, (int)(head.Sequence - head.CutThrough)).Select(i =>
            {
                var batch = ChildProcess.Batch(shard, head.CutThrough + i + 1, default);
                return Stored.Text(new LogEntry(head.CutThrough + i + 1, batch.Token, batch.Events));
            });
            Assert.Equal(expected, (await Stored.LogAsync(store, shard)).Select(Stored.Text));
            if (head.Sequence > 0)
            {
                Assert.Equal(head.Sequence, (await store.ReadRecordAsync(shard, $"job-{shard}", default))!.Version);
                Assert.Equal(head.Sequence, (await store.ReadRecordAsync(shard, $"job-{shard}-{head.Sequence % 100}", default))!.Version);
            }
        }

        var live = 0L;
        for (var shard = 0; shard < ChildProcess.ShardCount; shard++)
        {
            live += (await Stored.LiveAsync(store, shard, 1000)).Count;
        }

        Assert.Equal(live, (await store.CountByStatusAsync(default)).Values.Sum());
    }
}
