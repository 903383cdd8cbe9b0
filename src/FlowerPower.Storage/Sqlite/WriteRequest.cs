namespace FlowerPower.Storage;

/// <summary>One call that waits for the writer thread.</summary>
internal abstract class WriteRequest(long bytes)
{
    /// <summary>How much it writes, about.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Do it in the open transaction; the outcome is kept back until <see cref="Complete"/>.</summary>
    public abstract void Apply(WriteSession session);

    /// <summary>The transaction is durable: tell the caller.</summary>
    public abstract void Complete();

    /// <summary>It cannot be done, or nobody knows: tell the caller.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>A call with its answer.</summary>
internal sealed class WriteRequest<T>(long bytes, Func<WriteSession, T> write) : WriteRequest(bytes)
{
    // The caller goes on elsewhere: the writer thread must not run its code.
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? outcome;
    private ArgumentException? misuse;

    public Task<T> Task => completion.Task;

    public override void Apply(WriteSession session)
    {
        try
        {
            misuse = null;
            outcome = write(session);
        }
        catch (ArgumentException e)
        {
            // The rules found it before anything was written, so its neighbours in the transaction need not suffer.
            misuse = e;
        }
    }

    public override void Complete()
    {
        if (misuse is not null)
        {
            completion.SetException(misuse);
        }
        else
        {
            completion.SetResult(outcome!);
        }
    }

    public override void Fail(Exception error) => completion.SetException(error);
}
