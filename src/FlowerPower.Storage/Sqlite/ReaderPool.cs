namespace FlowerPower.Storage;

/// <summary>The connections that read, beside the writer's.</summary>
/// <remarks>
/// A connection that is free takes what waits, one read after the other, on one thread of the pool until nothing waits any more: many reads at
/// once do not cost several hops over the pool each.
/// </remarks>
internal sealed class ReaderPool : IDisposable
{
    /// <summary>The number of connections; further reads wait.</summary>
    public const int Size = 2;

    private readonly Lock gate = new();
    private readonly Queue<ReadRequest> waiting = new();
    private readonly Stack<ReadSession> free = new(Size);
    private readonly TaskCompletionSource allFree = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isClosed;

    public ReaderPool(Func<Database> open)
    {
        for (var i = 0; i < Size; i++)
        {
            free.Push(new ReadSession(open()));
        }
    }

    /// <summary>Read on a thread of the pool: the caller's thread does not wait for the disk.</summary>
    /// <param name="cancellationToken">Heeded until a connection has taken the read.</param>
    public Task<T> ReadAsync<T>(Func<ReadSession, T> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var request = new ReadRequest<T>(read, cancellationToken);
        lock (gate)
        {
            if (isClosed)
            {
                return Task.FromException<T>(new ObjectDisposedException(nameof(SqliteShardStore)));
            }

            waiting.Enqueue(request);
            if (free.TryPop(out var session))
            {
                ThreadPool.UnsafeQueueUserWorkItem(new Turn(this, session), preferLocal: false);
            }
        }

        return request.Task;
    }

    /// <summary>Close the connections once the reads that run are done; those that wait hear that the store is closed.</summary>
    public async Task CloseAsync()
    {
        List<ReadRequest> late;
        lock (gate)
        {
            isClosed = true;
            late = [.. waiting];
            waiting.Clear();
            EndIfAllFree();
        }

        late.ForEach(request => request.Fail(new ObjectDisposedException(nameof(SqliteShardStore))));
        await allFree.Task.ConfigureAwait(false);
        Dispose();
    }

    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            while (free.TryPop(out var session))
            {
                session.Dispose();
            }
        }
    }

    private void Serve(ReadSession session)
    {
        while (true)
        {
            ReadRequest? next;
            lock (gate)
            {
                if (!waiting.TryDequeue(out next))
                {
                    free.Push(session);
                    EndIfAllFree();
                    return;
                }
            }

            next.Run(session);
        }
    }

    private void EndIfAllFree()
    {
        if (isClosed && free.Count == Size)
        {
            allFree.TrySetResult();
        }
    }

    private sealed class Turn(ReaderPool pool, ReadSession session) : IThreadPoolWorkItem
    {
        public void Execute() => pool.Serve(session);
    }
}
