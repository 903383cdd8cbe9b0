namespace FlowerPower.Storage;

/// <summary>One read that waits for a connection.</summary>
internal abstract class ReadRequest
{
    /// <summary>Do it, and tell the caller.</summary>
    public abstract void Run(ReadSession session);

    /// <summary>It cannot be done: tell the caller.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>A read with its answer.</summary>
internal sealed class ReadRequest<T>(Func<ReadSession, T> read, CancellationToken cancellationToken) : ReadRequest
{
    // The caller goes on elsewhere: other reads wait for this thread.
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => completion.Task;

    public override void Run(ReadSession session)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            completion.SetCanceled(cancellationToken);
            return;
        }

        try
        {
            completion.SetResult(read(session));
        }
        catch (Exception error)
        {
            completion.SetException(error);
        }
    }

    public override void Fail(Exception error) => completion.SetException(error);
}
