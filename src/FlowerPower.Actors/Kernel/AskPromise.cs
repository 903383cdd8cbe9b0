namespace FlowerPower.Actors;

/// <summary>The sender of an Ask: takes one reply, then counts late ones.</summary>
internal sealed class AskPromise<T> : ActorRef
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActorRef target;
    private readonly string? entityId;
    private readonly Type asked;
    private readonly TimeSpan timeout;
    private readonly ITimer? deadline;
    private readonly CancellationTokenRegistration cancellation;

    public AskPromise(
        ActorSystem system, ActorRef target, string? entityId, object message, TimeSpan timeout, CancellationToken cancellationToken)
        : base(system)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        this.target = target;
        this.entityId = entityId;
        this.timeout = timeout;
        asked = message.GetType();
        if (cancellationToken.IsCancellationRequested)
        {
            completion.SetCanceled(cancellationToken);
            return;
        }

        deadline = system.StartTimer(static state => ((AskPromise<T>)state!).OnDeadline(), this, timeout, Timeout.InfiniteTimeSpan);
        if (cancellationToken.CanBeCanceled)
        {
            cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((AskPromise<T>)state!).OnCancelled(token), this);
        }
    }

    public override string Path => $"ask<{typeof(T).Name}>({Asked})";

    private string Asked => entityId is null ? target.Path : $"{target.Path}/{entityId}";

    public Task<T> Task => completion.Task;

    public override void Tell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var taken = message switch
        {
            Failure failure when typeof(T) != typeof(Failure) => completion.TrySetException(new ActorFailedException(failure.Reason)),
            T reply => completion.TrySetResult(reply),
            _ => completion.TrySetException(new UnexpectedReplyException(
                $"{Asked} answered {asked.Name} with {message.GetType().Name}, but the caller asked for {typeof(T).Name}.")),
        };
        if (taken)
        {
            Release();
        }
        else
        {
            Home!.DeadLetters.Record(DeadLetterReason.LateReply, message, this, sender);
        }
    }

    internal override void OnDropped(DeadLetterReason reason, object message, ActorRef recipient)
    {
        if (completion.TrySetException(new ActorFailedException(new MessageDroppedException(reason, message, recipient))))
        {
            Release();
        }
    }

    private void OnDeadline()
    {
        if (completion.TrySetException(new AskTimeoutException(
            $"{Asked} did not answer {asked.Name} with {typeof(T).Name} within {timeout}.")))
        {
            Release();
        }
    }

    private void OnCancelled(CancellationToken token)
    {
        if (completion.TrySetCanceled(token))
        {
            Release();
        }
    }

    private void Release()
    {
        deadline?.Dispose();
        cancellation.Unregister();
    }
}
