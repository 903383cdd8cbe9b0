namespace FlowerPower.Storage.Contracts.Sqlite;

public sealed class StoreLockTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string Path => folder.File("store.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_second_opening_in_the_same_process_is_refused()
    {
        await using var store = await OpenAsync(Path);

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(Path));

        Assert.Contains("this very process ('flowerpower queue worker start', since 2025-06-01 12:00:00Z)", error.Message);
    }

    [Fact]
    public async Task A_link_to_an_open_store_is_the_same_store()
    {
        await using var store = await OpenAsync(Path);
        File.CreateSymbolicLink(folder.File("link.db"), Path);

        await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(folder.File("link.db")));
        Assert.NotNull(StoreHolder.Read(folder.File("link.db")));
    }

    [Fact]
    public async Task The_holder_is_told_while_the_file_is_held_and_not_afterwards()
    {
        Assert.Null(StoreHolder.Read(Path));
        await using (await OpenAsync(Path))
        {
            Assert.Equal(
                new StoreHolder("flowerpower queue worker start", Environment.ProcessId, ShardWriter.T0),
                StoreHolder.Read(Path));
        }

        Assert.Null(StoreHolder.Read(Path));
        await using var again = await OpenAsync(Path);
        Assert.NotNull(StoreHolder.Read(Path));
    }

    [Fact]
    public async Task A_note_left_behind_by_a_killed_holder_holds_nothing()
    {
        await File.WriteAllTextAsync(Path + ".holder", """{"name":"gone","processId":1,"since":"2025-01-01T00:00:00+00:00"}""");
        await File.WriteAllTextAsync(Path + ".lock", "");

        Assert.Null(StoreHolder.Read(Path));
        await using var store = await OpenAsync(Path);
        Assert.Equal("flowerpower queue worker start", StoreHolder.Read(Path)?.Name);
    }

    [Fact]
    public async Task A_holder_whose_note_cannot_be_read_still_holds_the_file()
    {
        await using var store = await OpenAsync(Path);
        await File.WriteAllTextAsync(Path + ".holder", "{");

        Assert.Equal("an unknown process", StoreHolder.Read(Path)?.Name);
        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(Path));
        Assert.Contains("in use by another process", error.Message);
    }

    [Fact]
    public async Task A_lock_that_cannot_be_opened_is_not_taken_for_a_held_one()
    {
        Directory.CreateDirectory(Path + ".lock");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(Path));

        Assert.Equal(
            $"The store '{Path}' cannot be locked, because this user may not write '{Path}.lock': give the right to, there and in its folder.",
            error.Message);
    }

    [Fact]
    public async Task A_holders_note_that_cannot_be_written_lets_the_lock_go()
    {
        Directory.CreateDirectory(Path + ".holder.new");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(Path));

        Assert.Contains($"cannot be opened, because this user may not write '{Path}.holder'", error.Message);
        Assert.Null(StoreHolder.Read(Path));
    }

    [Fact]
    public async Task Looking_for_the_holder_does_not_turn_an_opener_away()
    {
        var path = Path;
        await (await OpenAsync(path)).DisposeAsync();
        using var stop = new CancellationTokenSource();
        var looking = Task.Run(() =>
        {
            var looks = 0L;
            while (!stop.IsCancellationRequested)
            {
                StoreHolder.Read(path);
                looks++;
            }

            return looks;
        });

        for (var i = 0; i < 20; i++)
        {
            await using var store = await OpenAsync(path);
        }

        await stop.CancelAsync();
        Assert.True(await looking > 0);
    }

    private static Task<SqliteShardStore> OpenAsync(string path) => SqliteShardStore.OpenAsync(new SqliteStoreOptions
    {
        Path = path,
        HolderName = "flowerpower queue worker start",
        TimeProvider = new StoppedClock(),
    });

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => ShardWriter.T0;
    }
}
