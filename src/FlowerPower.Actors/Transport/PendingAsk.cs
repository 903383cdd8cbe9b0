using System.Collections.Concurrent;

namespace FlowerPower.Actors.Transport;

/// <summary>One Ask that waits for its reply.</summary>
internal abstract class PendingAsk
{
    /// <summary>Was it replied to, cancelled, timed out or given up?</summary>
    public abstract bool IsOver { get; }

    /// <returns>Was it the first end?</returns>
    public abstract bool Reply(PeerIdentity from, object message);

    /// <inheritdoc cref="Reply"/>
    public abstract bool Fail(Exception error);
}

/// <summary>The Asks to one peer.</summary>
internal sealed class AskTable
{
    private readonly ConcurrentDictionary<long, PendingAsk> asks = new();
    private long last;

    public int Count => asks.Count;

    /// <summary>Registers an Ask until it ends.</summary>
    /// <param name="describe">What was asked of whom, for the exception of a time-out.</param>
    public (long Correlation, PendingAsk<T> Ask) Begin<T>(TimeProvider time, TimeSpan timeout, Func<string> describe, CancellationToken cancellationToken)
    {
        var correlation = Interlocked.Increment(ref last);
        var ask = new PendingAsk<T>(this, correlation, timeout, describe);
        asks[correlation] = ask;
        ask.Arm(time, cancellationToken);
        return (correlation, ask);
    }

    public PendingAsk? Take(long correlation) => asks.TryRemove(correlation, out var ask) ? ask : null;

    /// <summary>Ends all of them.</summary>
    public void FailAll(Func<PendingAsk, Exception> reason)
    {
        foreach (var (correlation, ask) in asks)
        {
            asks.TryRemove(correlation, out _);
            ask.Fail(reason(ask));
        }
    }
}

/// <inheritdoc/>
internal sealed class PendingAsk<T>(AskTable table, long correlation, TimeSpan timeout, Func<string> describe) : PendingAsk
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? timer;
    private CancellationTokenRegistration cancellation;

    public Task<T> Task => completion.Task;

    public override bool IsOver => completion.Task.IsCompleted;

    public void Arm(TimeProvider time, CancellationToken cancellationToken)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            timer = time.CreateTimer(static ask => ((PendingAsk<T>)ask!).OnTimeout(), this, timeout, Timeout.InfiniteTimeSpan);
        }

        if (cancellationToken.CanBeCanceled)
        {
            cancellation = cancellationToken.UnsafeRegister(static (ask, token) => ((PendingAsk<T>)ask!).OnCancelled(token), this);
        }

        if (IsOver)
        {
            Disarm(); // it ended before both fields were set
        }
    }

    public override bool Reply(PeerIdentity from, object message)
    {
        var isFirst = message switch
        {
            T expected => completion.TrySetResult(expected),
            RemoteFailure failure => completion.TrySetException(new RemoteFailureException(from, failure.Code, failure.Detail)),
            _ => completion.TrySetException(new UnexpectedReplyException(
                $"{from} replied with {message.GetType().Name}, and {typeof(T).Name} was expected.")),
        };
        Disarm();
        return isFirst;
    }

    public override bool Fail(Exception error)
    {
        var isFirst = completion.TrySetException(error);
        Disarm();
        return isFirst;
    }

    private void OnTimeout()
    {
        table.Take(correlation);
        Fail(new AskTimeoutException($"{describe()} within {timeout}: whether it was handled is unknown."));
    }

    private void OnCancelled(CancellationToken token)
    {
        table.Take(correlation);
        completion.TrySetCanceled(token);
        Disarm();
    }

    private void Disarm()
    {
        timer?.Dispose();
        cancellation.Unregister(); // not Dispose: that would wait for a callback which may be what calls this
    }
}
