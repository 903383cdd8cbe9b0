namespace FlowerPower.Actors;

/// <summary>What code holds of an actor: an address that outlives restarts. Compared by identity.</summary>
public abstract class ActorRef
{
    private protected ActorRef(ActorSystem? system) => Home = system;

    /// <summary>The ref that stands for no actor: what is told to it is a dead letter of the sender's system.</summary>
    public static ActorRef Nobody { get; } = new NobodyRef();

    /// <summary>Where the actor sits, for logs and operators: <c>system/parent/name</c>.</summary>
    public abstract string Path { get; }

    /// <summary>
    /// The system that counts this ref's dead letters and times its Asks; <see langword="null"/> for <see cref="Nobody"/> only.
    /// </summary>
    internal ActorSystem? Home { get; }

    /// <summary>
    /// Sends without waiting: at most once, in order per sender and receiver. Never blocks and never throws for a dead receiver.
    /// </summary>
    /// <param name="message">An immutable object.</param>
    /// <param name="sender">Who is answered; by default <see cref="Nobody"/>.</param>
    public abstract void Tell(object message, ActorRef? sender = null);

    /// <summary>Sends and waits for one reply.</summary>
    /// <param name="timeout">How long to wait by the system's clock; more than zero and finite.</param>
    /// <param name="cancellationToken">Ends the wait early; the message stays sent.</param>
    /// <exception cref="ActorFailedException">The reply was a <see cref="Failure"/>, or the message became a dead letter.</exception>
    /// <exception cref="AskTimeoutException">No reply came in time: whether the message was handled is unknown.</exception>
    /// <exception cref="UnexpectedReplyException">The reply was no <typeparamref name="T"/>.</exception>
    public Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Home is null)
        {
            return Task.FromException<T>(new ActorFailedException(
                new MessageDroppedException(DeadLetterReason.NoRecipient, message, this)));
        }

        var promise = new AskPromise<T>(Home, this, null, message, timeout, cancellationToken);
        if (!promise.Task.IsCompleted)
        {
            Tell(message, promise);
        }

        return promise.Task;
    }

    /// <inheritdoc/>
    public override string ToString() => Path;

    /// <summary>The system lane. What is no actor answers a watch as a dead one would and ignores the rest.</summary>
    internal virtual void SendSystem(SystemMessage message)
    {
        if (message is SystemMessage.Watch watch)
        {
            watch.Watcher.SendSystem(new SystemMessage.DeathNotice(this));
        }
    }

    /// <summary>Called when a message that this ref sent became a dead letter: an Ask need not wait for its deadline then.</summary>
    internal virtual void OnDropped(DeadLetterReason reason, object message, ActorRef recipient)
    {
    }

    private sealed class NobodyRef() : ActorRef(null)
    {
        public override string Path => "nobody";

        public override void Tell(object message, ActorRef? sender = null)
        {
            ArgumentNullException.ThrowIfNull(message);
            if (sender?.Home is { } home)
            {
                home.DeadLetters.Record(DeadLetterReason.NoRecipient, message, this, sender);
            }
            else
            {
                DeadLetters.CountWithoutSystem(DeadLetterReason.NoRecipient);
            }
        }
    }
}
