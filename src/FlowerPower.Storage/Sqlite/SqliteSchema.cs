using System.Security.Cryptography;

namespace FlowerPower.Storage;

/// <summary>The tables of a store's file: how they are made, and how a file is recognised as ours, whole, and of this version.</summary>
internal static class SqliteSchema
{
    /// <summary>The version of the tables; a file with a greater one is refused.</summary>
    public const int Format = 1;

    /// <summary>Marks the file as ours, for us and for the <c>file</c> command: "FPWR".</summary>
    public const int ApplicationId = 0x46505752;

    /// <summary>Bits of a log entry's key that its sequence number has; the shard has those above.</summary>
    public const int SequenceBits = 40;

    private const string PageSize = "PRAGMA page_size = 8192";

    // The log's key joins shard and sequence number, so that a shard's entries lie side by side and need no second index.
    // Records have a rowid rather than (shard, id) as their key. With bodies of 400 bytes both cost the same (100,000 writes measured
    // with these indexes), and a rowid is the better of the two when bodies grow: they would make such a tree's inner pages wide.
    // Each list has the index that gives its order; the group's and the queue's contain the status, and a list over all
    // statuses merges them, which costs a write one index less each.
    private const string Tables = """
        CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE shard (
            shard INTEGER NOT NULL PRIMARY KEY, node TEXT, claim BLOB,
            seq INTEGER NOT NULL, token BLOB NOT NULL, cut INTEGER NOT NULL);
        CREATE TABLE log (
            place INTEGER NOT NULL PRIMARY KEY, -- shard << 40 | seq
            token BLOB NOT NULL, sum INTEGER NOT NULL, events BLOB NOT NULL);
        CREATE TABLE record (
            place INTEGER NOT NULL PRIMARY KEY, shard INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
            live INTEGER NOT NULL, status INTEGER NOT NULL, grp TEXT NOT NULL, queue TEXT NOT NULL,
            sort_at INTEGER NOT NULL, expires_at INTEGER, -- ticks of 100 ns, UTC, since the year 1
            sum INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE UNIQUE INDEX record_entity ON record (shard, id);
        CREATE INDEX record_live ON record (shard, id) WHERE live = 1;
        CREATE INDEX record_newest ON record (sort_at, id);
        CREATE INDEX record_status ON record (status, sort_at, id);
        CREATE INDEX record_group ON record (grp, status, sort_at, id);
        CREATE INDEX record_queue ON record (queue, status, sort_at, id);
        CREATE INDEX record_expiry ON record (shard, expires_at) WHERE expires_at IS NOT NULL;
        CREATE TABLE tally (status INTEGER NOT NULL PRIMARY KEY, records INTEGER NOT NULL);
        """;

    /// <summary>The key of a log entry.</summary>
    public static long LogPlace(int shard, long sequence) => ((long)shard << SequenceBits) | sequence;

    /// <summary>Make the tables if the file is new; else check that it is ours, whole, of this version, and has the shards asked for.</summary>
    /// <param name="shardCount">0 accepts what is there.</param>
    /// <returns>The file's own number of shards.</returns>
    public static int Ensure(Database database, int shardCount)
    {
        CheckLeftovers(database);
        if (database.Number("PRAGMA application_id") == 0 && database.Number("SELECT count(*) FROM sqlite_schema") == 0)
        {
            Create(database, shardCount);
        }

        return Check(database, shardCount);
    }

    /// <summary>The error for a file that is not there and must not be made.</summary>
    public static StoreRefusedException Missing(string path) =>
        new($"There is no store at '{path}' yet: start a node that makes it, or give the number of shards that it shall have.");

    // SQLite takes a file without a byte for a new one and throws its write-ahead log away: that would be amnesia without a word.
    private static void CheckLeftovers(Database database)
    {
        var log = new FileInfo(database.Path + "-wal");
        if (new FileInfo(database.Path) is { Exists: false } or { Length: 0 } && log is { Exists: true, Length: > 0 })
        {
            throw SqliteCorruption.Of(database.Path, "the file is empty, but its write-ahead log is not");
        }
    }

    private static void Create(Database database, int shardCount)
    {
        if (shardCount == 0)
        {
            throw Missing(database.Path);
        }

        database.Execute(PageSize);
        UseWriteAheadLog(database);
        database.Execute("PRAGMA synchronous = FULL");
        database.Execute("BEGIN IMMEDIATE");
        database.Execute($"PRAGMA application_id = {ApplicationId}");
        database.Execute($"PRAGMA user_version = {Format}");
        database.Execute(Tables);
        database.Execute($"INSERT INTO meta VALUES ('format', '{Format}'), ('shards', '{shardCount}'), "
            + $"('store', '{RandomNumberGenerator.GetHexString(32, lowercase: true)}')");
        using (var insert = database.Prepare("INSERT INTO shard VALUES (?1, NULL, NULL, 0, zeroblob(16), 0)"))
        {
            for (var shard = 0; shard < shardCount; shard++)
            {
                using var run = insert.Begin();
                run.Bind(1, shard);
                run.Execute();
            }
        }

        database.Execute("COMMIT");
    }

    private static int Check(Database database, int shardCount)
    {
        if (database.Number("PRAGMA application_id") != ApplicationId)
        {
            throw new StoreCorruptException(
                $"'{database.Path}' is a database of another program: choose another path; the file was not changed.");
        }

        var format = database.Number("PRAGMA user_version");
        if (format > Format)
        {
            throw new StoreRefusedException(
                $"The store '{database.Path}' has format {format} and this version knows {Format}: use the version that made it, or a newer one.");
        }

        UseWriteAheadLog(database);
        CheckLength(database);
        var there = database.Text("SELECT value FROM meta WHERE name = 'shards'");
        if (!int.TryParse(there, out var count) || database.Number("SELECT count(*) FROM shard") != count)
        {
            throw SqliteCorruption.Of(database.Path, $"it should have {there ?? "a number of"} shards and has others");
        }

        return shardCount == 0 || shardCount == count
            ? count
            : throw new StoreRefusedException(
                $"The store '{database.Path}' has {count} shards, not {shardCount}, and keeps them for life: set the shard count to {count}, or begin a new file.");
    }

    // A file system without shared memory keeps the old journal without an error.
    private static void UseWriteAheadLog(Database database)
    {
        if (database.Text("PRAGMA journal_mode = WAL") != "wal")
        {
            throw new StoreRefusedException(
                $"The store '{database.Path}' cannot have a write-ahead log on this file system: put it on a local disk.");
        }
    }

    // SQLite notices a lost tail only when it comes to a page there. Once the write-ahead log is in the file, the length tells.
    private static void CheckLength(Database database)
    {
        if (!database.Checkpoint())
        {
            return;
        }

        var expected = database.Number("PRAGMA page_count") * database.Number("PRAGMA page_size");
        var length = new FileInfo(database.Path).Length;
        if (length < expected)
        {
            throw SqliteCorruption.Of(database.Path, $"the file has {length} bytes of {expected}");
        }
    }
}
