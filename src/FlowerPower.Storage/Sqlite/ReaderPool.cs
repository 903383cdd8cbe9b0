using System.Collections.Concurrent;

namespace FlowerPower.Storage;

/// <summary>The connections that read, beside the writer's.</summary>
internal sealed class ReaderPool : IDisposable
{
    /// <summary>The number of connections; further readers wait.</summary>
    public const int Size = 2;

    private readonly SemaphoreSlim free = new(Size, Size);
    private readonly ConcurrentBag<ReadSession> sessions = [];
    private volatile bool isClosed;

    public ReaderPool(Func<Database> open)
    {
        for (var i = 0; i < Size; i++)
        {
            sessions.Add(new ReadSession(open()));
        }
    }

    /// <summary>Read in one snapshot, on a thread of the pool: the caller's thread does not wait for the disk.</summary>
    public async Task<T> ReadAsync<T>(Func<ReadSession, T> read, CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(isClosed, typeof(SqliteShardStore));
            return await Task.Run(() => WithSession(read), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            free.Release();
        }
    }

    /// <summary>Close the connections once the reads that run are done.</summary>
    public async Task CloseAsync()
    {
        isClosed = true;
        for (var i = 0; i < Size; i++)
        {
            await free.WaitAsync().ConfigureAwait(false);
        }

        Dispose();
        free.Release(Size); // whoever still waits hears that the store is closed
    }

    public void Dispose()
    {
        isClosed = true;
        while (sessions.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private T WithSession<T>(Func<ReadSession, T> read)
    {
        if (!sessions.TryTake(out var session))
        {
            throw new InvalidOperationException("A reader was let in without a connection for it.");
        }

        try
        {
            return session.InSnapshot(read);
        }
        finally
        {
            sessions.Add(session);
        }
    }
}
