namespace FlowerPower.Storage.Contracts.Sqlite;

public sealed class GroupWriterTests : IAsyncLifetime
{
    private readonly TestFolder folder = new();
    private readonly Gate gate = new();
    private SqliteShardStore? opened;

    private SqliteShardStore Store => opened!;

    public async Task InitializeAsync() =>
        opened = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = folder.File("store.db") }, gate, default);

    public async Task DisposeAsync()
    {
        gate.Open();
        await Store.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Calls_that_come_while_one_is_written_are_written_together()
    {
        var writers = await TakeAllAsync();
        gate.Close(shard: 0);
        var first = writers[0].StoreAsync([ShardWriter.Event("a")]);
        await gate.Waiting;
        var frames = PagesInLog();
        var others = writers[1..].Select(w => w.StoreAsync([ShardWriter.Event("b")])).ToList();
        gate.Open();
        await first;
        await Task.WhenAll(others);

        // Seven transactions would write the page of heads seven times; together they write it once, after the first call's.
        Assert.InRange(PagesInLog() - frames, 2, 8);
        Assert.All(Enumerable.Range(0, 8), shard => Assert.Equal(1, Sequence(shard)));
    }

    [Fact]
    public async Task A_batch_that_finds_no_space_does_not_take_its_neighbours_with_it()
    {
        var writers = await TakeAllAsync();
        await Store.PragmaAsync($"max_page_count = {await Store.PragmaAsync("page_count") + 30}");
        gate.Close(shard: 0);
        var first = writers[0].StoreAsync([ShardWriter.Event("a")]);
        await gate.Waiting;
        var large = writers[1].SendAsync(writers[1].Batch(ShardStoreContract.LargeEvents("b")));
        var small = writers[2..].Select(w => w.StoreAsync([ShardWriter.Event("c")], [ShardWriter.Record("c")])).ToList();
        gate.Open();

        await first;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => large);
        await Task.WhenAll(small);
        Assert.Equal(0, Sequence(1));
        Assert.All(Enumerable.Range(2, 6), shard => Assert.Equal(1, Sequence(shard)));
        Assert.Equal([new(1, 6L)], await Store.CountByStatusAsync(default));
    }

    [Fact]
    public async Task Closing_a_store_writes_what_was_waiting()
    {
        var writers = await TakeAllAsync();
        gate.Close(shard: 0);
        var first = writers[0].StoreAsync([ShardWriter.Event("a")]);
        await gate.Waiting;
        var second = writers[1].StoreAsync([ShardWriter.Event("b")]);
        var closing = Store.DisposeAsync().AsTask();
        Assert.False(second.IsCompleted);
        gate.Open();

        Assert.Equal((1, 1), (await first, await second));
        await closing;
        await using var again = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = folder.File("store.db") });
        Assert.Equal(1, (await again.ReadHeadAsync(1, default)).Sequence);
    }

    [Fact]
    public async Task Reads_do_not_wait_for_the_writer()
    {
        var writers = await TakeAllAsync();
        await writers[0].StoreAsync([ShardWriter.Event("a")]);
        gate.Close(shard: 0);
        var second = writers[0].StoreAsync([ShardWriter.Event("a", 2)]);
        await gate.Waiting;

        Assert.Equal(1, (await Store.ReadHeadAsync(0, default)).Sequence);
        Assert.Single(await Stored.LogAsync(Store, 0));

        gate.Open();
        await second;
        Assert.Equal(2, (await Store.ReadHeadAsync(0, default)).Sequence);
    }

    private long Sequence(int shard) => Store.ReadHeadAsync(shard, default).AsTask().Result.Sequence;

    private async Task<ShardWriter[]> TakeAllAsync() =>
        await Task.WhenAll(Enumerable.Range(0, 8).Select(shard => ShardWriter.TakeAsync(Store, shard)));

    private long PagesInLog() => new FileInfo(folder.File("store.db-wal")).Length / (8192 + 24);

    /// <summary>Holds the writer thread in the middle of a shard's append.</summary>
    private sealed class Gate : IStoreFaults
    {
        private readonly ManualResetEventSlim open = new(true);
        private TaskCompletionSource waiting = new();
        private int heldShard;

        public Task Waiting => waiting.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void Close(int shard)
        {
            heldShard = shard;
            waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            open.Reset();
        }

        public void Open() => open.Set();

        public void Reached(StoreStep step, StoreOperation operation, int shard)
        {
            if (step == StoreStep.DuringWrite && shard == heldShard && !open.IsSet)
            {
                waiting.TrySetResult();
                open.Wait();
            }
        }
    }
}
