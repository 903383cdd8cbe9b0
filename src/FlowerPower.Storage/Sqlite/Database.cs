using SQLitePCL;

namespace FlowerPower.Storage;

/// <summary>One connection to a SQLite file, for one thread at a time; its errors are the store's.</summary>
/// <remarks>
/// It stands on the layer below Microsoft.Data.Sqlite's commands, because that keeps statements prepared, binds spans without
/// boxing, and gives the plain result codes: a group commit is a few hundred thousand calls per second.
/// </remarks>
internal sealed class Database : IDisposable
{
    // Only programs that ignore our lock can make a write wait: somebody's SQLite shell.
    private const int PatienceMilliseconds = 5000;

    // A checkpoint that readers stand in the way of can come later; the writes behind it should not wait for them.
    private const int CheckpointPatienceMilliseconds = 100;

    // SQLITE_IOERR_SHMSIZE: the write-ahead log's index could not be made longer, for which a full disk is the reason.
    private const int NoRoomForSharedMemory = raw.SQLITE_IOERR | (19 << 8);

    private readonly sqlite3 handle;
    private readonly List<Statement> statements = [];

    static Database() => Batteries_V2.Init();

    private Database(string path, sqlite3 handle)
    {
        Path = path;
        this.handle = handle;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether a transaction is open.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    /// <summary>Open the file, and make it if it does not exist.</summary>
    public static Database Open(string path)
    {
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX;
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var database = new Database(path, handle);
        // SQLite falls back to reading only, and would say so no sooner than at the first write.
        if (result == raw.SQLITE_OK && raw.sqlite3_db_readonly(handle, "main") != 1)
        {
            raw.sqlite3_busy_timeout(handle, PatienceMilliseconds);
            raw.sqlite3_extended_result_codes(handle, 1);
            return database;
        }

        using (database)
        {
            throw new StoreRefusedException(
                $"The store '{path}' cannot be opened for writing: give this user the right to read and write the file and its folder.",
                result == raw.SQLITE_OK ? null : database.Error(result));
        }
    }

    /// <summary>Run statements that answer nothing.</summary>
    public void Execute(string sql)
    {
        var result = raw.sqlite3_exec(handle, sql);
        if (result != raw.SQLITE_OK)
        {
            throw Error(result);
        }
    }

    /// <summary>The number in the first row's first column; <see langword="null"/> if there is no row.</summary>
    public long? Number(string sql)
    {
        using var statement = Compile(sql);
        using var row = statement.Begin();
        return row.Step() ? row.Number(0) : null;
    }

    /// <summary>The text in the first row's first column; <see langword="null"/> if there is no row.</summary>
    public string? Text(string sql)
    {
        using var statement = Compile(sql);
        using var row = statement.Begin();
        return row.Step() ? row.Text(0) : null;
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        var statement = Compile(sql);
        statements.Add(statement);
        return statement;
    }

    /// <summary>Move the write-ahead log into the file and empty it.</summary>
    /// <returns>Whether that was done: not if somebody goes on reading in it.</returns>
    public bool Checkpoint()
    {
        raw.sqlite3_busy_timeout(handle, CheckpointPatienceMilliseconds);
        var result = raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out var frames, out var moved);
        raw.sqlite3_busy_timeout(handle, PatienceMilliseconds);
        return (result & 0xFF) switch
        {
            raw.SQLITE_OK => frames == moved,
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => false,
            _ => throw Error(result),
        };
    }

    /// <summary>End a transaction without its writes, if one is open: SQLite ends some by itself when they fail.</summary>
    public void RollBack()
    {
        if (IsInTransaction)
        {
            Execute("ROLLBACK");
        }
    }

    public void Dispose()
    {
        foreach (var statement in statements)
        {
            statement.Dispose();
        }

        handle.Dispose();
    }

    /// <summary>What a result code means for a caller.</summary>
    public StoreException Error(int result)
    {
        var text = $"{raw.sqlite3_errmsg(handle).utf8_to_string()}, SQLite code {result}";
        return (result == NoRoomForSharedMemory ? raw.SQLITE_FULL : result & 0xFF) switch
        {
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => SqliteCorruption.Of(Path, text),
            raw.SQLITE_FULL => new StoreUnavailableException(
                $"The store '{Path}' has no space left on its disk ({text}): free some."),
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_READONLY or raw.SQLITE_AUTH => new StoreUnavailableException(
                $"The store '{Path}' cannot be written ({text}): give this user the right to read and write the file and its folder."),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new StoreUnavailableException(
                $"The store '{Path}' is locked by another program ({text}): close what else has the file open; the call may be repeated."),
            _ => new StoreUnavailableException(
                $"The store '{Path}' did not answer ({text}): look at the disk; the call may be repeated."),
        };
    }

    private Statement Compile(string sql)
    {
        var result = raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        return result == raw.SQLITE_OK ? new Statement(this, statement) : throw Error(result);
    }
}
