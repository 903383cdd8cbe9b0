using System.Text;

namespace FlowerPower.Storage.Contracts.Sqlite;

/// <summary>What a store makes of the file that it is given: foreign, torn, of another version or shape.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string Path => folder.File("store.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_folder_of_a_new_store_is_made()
    {
        var path = System.IO.Path.Combine(folder.File("a"), "b", "store.db");

        await using var store = await OpenAsync(path);

        Assert.True(File.Exists(path));
        Assert.Equal(8, store.ShardCount);
    }

    [Fact]
    public async Task A_closed_store_leaves_one_whole_file_that_says_what_it_is()
    {
        await WriteSomeAsync();

        Assert.False(File.Exists(Path + "-wal"));
        Assert.False(File.Exists(Path + ".holder"));
        Assert.Equal(["ok"], SqliteFile.Rows(Path, "PRAGMA integrity_check"));
        Assert.Equal([SqliteSchema.ApplicationId.ToString()], SqliteFile.Rows(Path, "PRAGMA application_id"));
        Assert.Equal(["format 1", "shards 8"], SqliteFile.Rows(Path, "SELECT name, value FROM meta WHERE name != 'store' ORDER BY name"));
    }

    [Fact]
    public async Task A_text_file_is_not_taken_for_a_store()
    {
        await File.WriteAllTextAsync(Path, string.Concat(Enumerable.Repeat("These are the minutes of the last meeting.\n", 300)));
        var before = await File.ReadAllBytesAsync(Path);

        await AssertRefusedAsync<StoreCorruptException>("restore it from a backup, or move it away to start empty");

        Assert.Equal(before, await File.ReadAllBytesAsync(Path));
    }

    [Fact]
    public async Task Another_programs_database_is_not_taken_for_a_store()
    {
        SqliteFile.Execute(Path, "CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')");

        await AssertRefusedAsync<StoreCorruptException>("a database of another program");

        Assert.Equal(["soup"], SqliteFile.Rows(Path, "SELECT name FROM recipe"));
        Assert.Equal(["delete"], SqliteFile.Rows(Path, "PRAGMA journal_mode"));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.5)]
    [InlineData(0.1)]
    public async Task A_torn_file_is_not_opened(double part)
    {
        await WriteSomeAsync();
        using (var file = File.OpenWrite(Path))
        {
            file.SetLength((long)(file.Length * part));
        }

        await AssertRefusedAsync<StoreCorruptException>("is damaged");
    }

    [Fact]
    public async Task A_file_torn_to_nothing_beside_its_log_is_not_taken_for_a_new_one()
    {
        await using (var store = await OpenAsync(Path))
        {
            await (await ShardWriter.TakeAsync(store, 0)).StoreAsync([ShardWriter.Event("a")]);
            SqliteFile.CopyAsAKillWouldLeaveIt(Path, folder.File("torn.db"));
        }

        await File.WriteAllBytesAsync(folder.File("torn.db"), []);

        var error = await Assert.ThrowsAsync<StoreCorruptException>(() => OpenAsync(folder.File("torn.db")));
        Assert.Contains("write-ahead log is not", error.Message);
    }

    [Fact]
    public async Task An_empty_file_becomes_a_new_store()
    {
        await File.WriteAllBytesAsync(Path, []);

        await using var store = await OpenAsync(Path);

        Assert.Equal(0, (await store.ReadHeadAsync(0, default)).Sequence);
    }

    [Fact]
    public async Task Garbled_pages_are_found_by_whoever_reads_them()
    {
        await WriteSomeAsync();
        var bytes = await File.ReadAllBytesAsync(Path);
        var random = new Random(7);
        for (var at = 8192 * 2; at < bytes.Length; at += 512)
        {
            bytes[at + random.Next(512)] ^= (byte)random.Next(1, 256);
        }

        await File.WriteAllBytesAsync(Path, bytes);

        var error = await Assert.ThrowsAsync<StoreCorruptException>(async () =>
        {
            await using var store = await OpenAsync(Path);
            for (var shard = 0; shard < store.ShardCount; shard++)
            {
                await Stored.LogAsync(store, shard);
                await Stored.LiveAsync(store, shard);
            }
        });
        Assert.Contains(Path, error.Message);
    }

    [Fact]
    public async Task A_garbled_record_is_found_when_it_is_read()
    {
        await WriteSomeAsync();
        SqliteFile.Execute(Path, "UPDATE record SET body = CAST('{\"a\":2}' AS BLOB) WHERE id = 'job-1'");
        SqliteFile.Execute(Path, "UPDATE record SET version = version + 1 WHERE id = 'job-2'");
        await using var store = await OpenAsync(Path);

        var error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await store.ReadRecordAsync(0, "job-1", default));
        Assert.Contains("'job-1'", error.Message);
        await Assert.ThrowsAsync<StoreCorruptException>(async () => await store.ReadRecordAsync(0, "job-2", default));
        Assert.NotNull(await store.ReadRecordAsync(0, "job-3", default));
    }

    [Fact]
    public async Task A_log_that_lost_its_newest_entry_is_found_broken()
    {
        await WriteSomeAsync();
        SqliteFile.Execute(Path, "DELETE FROM log WHERE place = (SELECT max(place) FROM log)");
        await using var store = await OpenAsync(Path);

        var error = await Assert.ThrowsAsync<StoreCorruptException>(() => Stored.LogAsync(store, 0));

        Assert.Contains("should end with entry 40", error.Message);
    }

    [Fact]
    public async Task A_newer_format_is_refused_with_what_to_do()
    {
        await WriteSomeAsync();
        SqliteFile.Execute(Path, "PRAGMA user_version = 99");

        await AssertRefusedAsync<StoreRefusedException>("has format 99 and this version knows 1");
    }

    [Fact]
    public async Task Another_shard_count_is_refused_and_0_accepts_what_is_there()
    {
        await WriteSomeAsync();

        await AssertRefusedAsync<StoreRefusedException>("set the shard count to 8", shardCount: 16);
        await using var store = await OpenAsync(Path, shardCount: 0);
        Assert.Equal(8, store.ShardCount);
    }

    [Fact]
    public async Task Accepting_what_is_there_makes_nothing_where_nothing_is()
    {
        var path = System.IO.Path.Combine(folder.File("none"), "store.db");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(path, shardCount: 0));

        Assert.Contains("There is no store at", error.Message);
        Assert.False(Directory.Exists(folder.File("none")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused()
    {
        await File.WriteAllTextAsync(folder.File("file"), "");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(System.IO.Path.Combine(folder.File("file"), "store.db")));

        Assert.Contains("is a file and should be the folder", error.Message);
    }

    [Fact]
    public async Task A_path_that_is_a_folder_is_refused()
    {
        Directory.CreateDirectory(Path);

        await AssertRefusedAsync<StoreRefusedException>("cannot be opened for writing");
    }

    [Fact]
    public async Task Options_outside_their_range_are_mistakes()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => OpenAsync(Path, shardCount: -1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => OpenAsync(Path, shardCount: SqliteStoreOptions.MaxShardCount + 1));
        await Assert.ThrowsAsync<ArgumentException>(() => OpenAsync(""));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = Path, Synchronous = default }));
        Assert.False(File.Exists(Path));
    }

    [Theory]
    [InlineData(SqliteSynchronous.Off, 0)]
    [InlineData(SqliteSynchronous.Normal, 1)]
    [InlineData(SqliteSynchronous.Full, 2)]
    public async Task The_durability_asked_for_is_the_writers(SqliteSynchronous synchronous, int expected)
    {
        await using var store = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = Path, Synchronous = synchronous });

        Assert.Equal(expected, await store.PragmaAsync("synchronous"));
        Assert.Equal(1, await (await ShardWriter.TakeAsync(store, 0)).StoreAsync([ShardWriter.Event("a")]));
    }

    [Fact]
    public async Task The_write_ahead_log_is_emptied_once_the_reader_that_made_it_grow_is_gone()
    {
        const int limit = 1 << 20;
        await using var store = await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = Path, MaxLogBytes = limit });
        var ada = await ShardWriter.TakeAsync(store, 0);
        using (var reader = SqliteFile.Open(Path))
        {
            using var transaction = reader.BeginTransaction(deferred: true);
            using var command = reader.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "SELECT count(*) FROM log";
            command.ExecuteScalar(); // from here on it sees the file as it is now
            await ada.StoreAsync(ShardStoreContract.LargeEvents("a"));
            await ada.StoreAsync(ShardStoreContract.LargeEvents("a"));
            Assert.InRange(new FileInfo(Path + "-wal").Length, 4 * limit, 6 * limit);
        }

        await ada.StoreAsync(ShardStoreContract.LargeEvents("a"));
        await ada.StoreAsync([ShardWriter.Event("b")]); // its turn comes after the checkpoint

        Assert.InRange(new FileInfo(Path + "-wal").Length, 1, limit);
        Assert.Equal(4, (await Stored.LogAsync(store, 0)).Count);
    }

    private static Task<SqliteShardStore> OpenAsync(string path, int shardCount = 8) =>
        SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path, ShardCount = shardCount });

    private async Task AssertRefusedAsync<T>(string message, int shardCount = 8)
        where T : StoreException
    {
        var error = await Assert.ThrowsAsync<T>(() => OpenAsync(Path, shardCount));
        Assert.Contains(Path, error.Message);
        Assert.Contains(message, error.Message);
        // A refusal gives the file back: whoever mends it can open it.
        Assert.Null(StoreHolder.Read(Path));
    }

    private async Task WriteSomeAsync()
    {
        await using var store = await OpenAsync(Path);
        var ada = await ShardWriter.TakeAsync(store, 0);
        for (var i = 1; i <= 40; i++)
        {
            var body = Encoding.UTF8.GetString(Enumerable.Repeat((byte)('a' + (i % 26)), 3000).ToArray());
            await ada.StoreAsync([ShardWriter.Event($"job-{i}", 1, body)], [ShardWriter.Record($"job-{i}", body: body)]);
        }
    }
}
