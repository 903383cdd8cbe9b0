namespace FlowerPower.Storage.Contracts.Sqlite;

public sealed class ReaderPoolTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestFolder folder = new();
    private readonly ManualResetEventSlim goOn = new();
    private ReaderPool? opened;

    private ReaderPool Pool => opened!;

    public async Task InitializeAsync()
    {
        var path = folder.File("store.db");
        await (await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path, ShardCount = 2 })).DisposeAsync();
        opened = new ReaderPool(() => Database.Open(path));
    }

    public async Task DisposeAsync()
    {
        goOn.Set();
        await Pool.CloseAsync().WaitAsync(Patience);
        folder.Dispose();
    }

    [Fact]
    public async Task Many_reads_at_once_get_an_answer_each()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Pool.ReadAsync(s => (i, s.Head(i % 2).Sequence), default))).WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 500).Select(i => (i, 0L)), answers);
    }

    [Fact]
    public async Task A_read_that_fails_does_not_take_its_connection_with_it()
    {
        var failing = Enumerable.Range(0, 2 * ReaderPool.Size).Select(_ => Pool.ReadAsync<int>(_ => throw new FormatException("the read's own"), default));
        foreach (var read in failing)
        {
            await Assert.ThrowsAsync<FormatException>(() => read.WaitAsync(Patience));
        }

        Assert.Equal(0, (await Pool.ReadAsync(s => s.Head(1), default).WaitAsync(Patience)).Sequence);
    }

    [Fact]
    public async Task A_read_that_was_cancelled_while_it_waited_is_not_done()
    {
        var busy = await KeepAllBusyAsync();
        using var cancellation = new CancellationTokenSource();
        var isDone = false;
        var waiting = Pool.ReadAsync(_ => isDone = true, cancellation.Token);

        await cancellation.CancelAsync();
        goOn.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        await Task.WhenAll(busy).WaitAsync(Patience);
        Assert.False(isDone);
    }

    [Fact]
    public async Task A_close_waits_for_the_reads_that_run_and_tells_those_that_wait()
    {
        var busy = await KeepAllBusyAsync();
        var waiting = Pool.ReadAsync(s => s.Head(0), default);

        var close = Pool.CloseAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Pool.ReadAsync(s => s.Head(0), default));
        Assert.False(close.IsCompleted);
        goOn.Set();
        await close.WaitAsync(Patience);
        Assert.All(await Task.WhenAll(busy), sequence => Assert.Equal(0, sequence));
    }

    /// <summary>Every connection is in the middle of a read until the test lets it go on.</summary>
    private async Task<List<Task<long>>> KeepAllBusyAsync()
    {
        using var begun = new CountdownEvent(ReaderPool.Size);
        var reads = Enumerable.Range(0, ReaderPool.Size).Select(_ => Pool.ReadAsync(
            session =>
            {
                begun.Signal();
                goOn.Wait(Patience);
                return session.Head(0).Sequence;
            },
            default)).ToList();
        Assert.True(await Task.Run(() => begun.Wait(Patience)));
        return reads;
    }
}
