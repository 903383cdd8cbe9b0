namespace FlowerPower.Actors;

/// <summary>
/// An Ask was answered with a <see cref="Failure"/>, or its message became a dead letter (then <see cref="Reason"/> is a <see
/// cref="MessageDroppedException"/>).
/// </summary>
public sealed class ActorFailedException(Exception reason) : Exception(reason.Message, reason)
{
    /// <summary>What the actor answered with.</summary>
    public Exception Reason { get; } = reason;
}

/// <summary>No reply came in time. Whether the message was handled is unknown.</summary>
public sealed class AskTimeoutException(string message) : TimeoutException(message);

/// <summary>The reply to an Ask was of another type than the caller asked for.</summary>
public sealed class UnexpectedReplyException(string message) : InvalidCastException(message);

/// <summary>A message was certainly not handled: it became a dead letter.</summary>
public sealed class MessageDroppedException : Exception
{
    internal MessageDroppedException(DeadLetterReason reason, object message, ActorRef recipient)
        : base($"{message.GetType().Name} was not handled by {recipient.Path}: {reason}.") => Reason = reason;

    /// <summary>Why it was dropped.</summary>
    public DeadLetterReason Reason { get; }
}

/// <summary>An actor stashed more messages than its <see cref="Props.WithStash"/> allows.</summary>
public sealed class StashOverflowException(string message) : InvalidOperationException(message);
