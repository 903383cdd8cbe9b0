using System.Threading.Channels;

namespace FlowerPower.Storage;

/// <summary>The one thread that writes: it gathers whatever calls wait, of all shards, into one transaction.</summary>
/// <remarks>While one group is written the next one gathers, so the price of a commit is shared by as many calls as there are waiting.</remarks>
internal sealed class GroupWriter : IAsyncDisposable
{
    /// <summary>The greatest number of calls that wait; further callers wait before the door.</summary>
    public const int MaxWaiting = 1024;

    /// <summary>The greatest number of calls in one transaction.</summary>
    public const int MaxGroup = 1024;

    /// <summary>A transaction is closed once it has this many bytes of events and bodies.</summary>
    public const long MaxGroupBytes = 32L << 20;

    private readonly Channel<WriteRequest> waiting = Channel.CreateBounded<WriteRequest>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Database database;
    private readonly WriteSession session;
    private readonly Thread thread;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long maxLogBytes;
    private long sinceLogCheck;

    /// <param name="database">The writer's own connection; closed with the writer.</param>
    /// <param name="maxLogBytes">The length at which the write-ahead log is emptied, even if readers must be waited for a moment.</param>
    public GroupWriter(Database database, long maxLogBytes, IStoreFaults? faults)
    {
        this.maxLogBytes = maxLogBytes;
        this.database = database;
        session = new WriteSession(database, faults);
        thread = new Thread(Run) { IsBackground = true, Name = "store writer" };
        thread.Start();
    }

    /// <summary>Hand a call to the writer.</summary>
    /// <param name="cancellationToken">Heeded until the writer has the call; after that its outcome is waited for, because half-known outcomes help nobody.</param>
    public async Task<T> WriteAsync<T>(long bytes, Func<WriteSession, T> write, CancellationToken cancellationToken)
    {
        var request = new WriteRequest<T>(bytes, write);
        try
        {
            await waiting.Writer.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(SqliteShardStore));
        }

        return await request.Task.ConfigureAwait(false);
    }

    /// <summary>Write what waits, then end the thread and close its connection.</summary>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await stopped.Task.ConfigureAwait(false);
    }

    /// <summary>For tests: read or set a number of SQLite's on the writer's connection.</summary>
    public Task<long?> PragmaAsync(string pragma) => WriteAsync(0, _ => database.Number($"PRAGMA {pragma}"), CancellationToken.None);

    private void Run()
    {
        try
        {
            var group = new List<WriteRequest>();
            while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (Gather(group))
                {
                    WriteGroup(group);
                    KeepLogShort(group);
                    group.Clear();
                }
            }
        }
        finally
        {
            Close();
        }
    }

    private bool Gather(List<WriteRequest> group)
    {
        long bytes = 0;
        while (group.Count < MaxGroup && bytes < MaxGroupBytes && waiting.Reader.TryRead(out var request))
        {
            group.Add(request);
            bytes += request.Bytes;
        }

        return group.Count > 0;
    }

    private void WriteGroup(List<WriteRequest> group)
    {
        if (TryWrite(group) is not { } error)
        {
            return;
        }

        if (group.Count == 1)
        {
            group[0].Fail(error);
            return;
        }

        // One call that cannot be stored (too large for what space is left) must not take its neighbours with it.
        foreach (var request in group)
        {
            if (TryWrite([request]) is { } own)
            {
                request.Fail(own);
            }
        }
    }

    /// <returns>What went wrong: then nothing was written and nobody was told.</returns>
    private Exception? TryWrite(List<WriteRequest> group)
    {
        try
        {
            session.Begin();
            foreach (var request in group)
            {
                request.Apply(session);
            }

            session.Commit();
        }
        catch (Exception error)
        {
            return TryRollBack() ?? error;
        }

        foreach (var request in group)
        {
            request.Complete();
        }

        return null;
    }

    private StoreException? TryRollBack()
    {
        try
        {
            session.RollBack();
            return null;
        }
        catch (StoreException error)
        {
            return error;
        }
    }

    // SQLite checkpoints by itself as it goes, but begins the log anew only in a moment without a reader.
    private void KeepLogShort(List<WriteRequest> group)
    {
        foreach (var request in group)
        {
            sinceLogCheck += request.Bytes;
        }

        if (sinceLogCheck < maxLogBytes / 8)
        {
            return;
        }

        sinceLogCheck = 0;
        TryCheckpoint(fromBytes: maxLogBytes);
    }

    private void TryCheckpoint(long fromBytes)
    {
        try
        {
            if (new FileInfo(database.Path + "-wal") is { Exists: true } log && log.Length >= fromBytes)
            {
                database.Checkpoint();
            }
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            // The log keeps what was written; if the disk is ill, the next write says so to somebody who can act on it.
        }
    }

    private void Close()
    {
        waiting.Writer.TryComplete();
        while (waiting.Reader.TryRead(out var request))
        {
            request.Fail(new StoreUnavailableException($"The store '{database.Path}' was closed before this call was written."));
        }

        TryCheckpoint(fromBytes: 0);
        database.Dispose();
        stopped.SetResult();
    }
}
