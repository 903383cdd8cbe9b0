namespace FlowerPower.Actors;

/// <summary>
/// What an actor does. One instance is one incarnation: a restart throws it away and makes the next from its <see cref="Props"/>.
/// </summary>
/// <remarks>
/// Hooks and messages never overlap: while a returned task runs, the actor's mailbox waits. Do not use <c>ConfigureAwait(false)</c> in
/// an actor: under the deterministic dispatcher it would leave the seeded schedule.
/// </remarks>
public abstract class Actor
{
    private ActorContext? context;

    /// <summary>The actor's surroundings; set before <see cref="OnStart"/>.</summary>
    /// <exception cref="InvalidOperationException">Read in the constructor.</exception>
    protected internal ActorContext Context =>
        context ?? throw new InvalidOperationException($"{GetType().Name} has no context in its constructor; use OnStart instead.");

    /// <summary>Runs first in each incarnation, also after a restart. An exception is a failure of the actor.</summary>
    protected internal virtual ValueTask OnStart() => default;

    /// <summary>
    /// Runs last in each incarnation, at stop and at restart, after the children have ended. Exceptions are reported as events only.
    /// </summary>
    protected internal virtual ValueTask OnStop() => default;

    /// <summary>Runs on the failed incarnation before its children are stopped and before <see cref="OnStop"/>.</summary>
    /// <param name="reason">What was thrown.</param>
    /// <param name="message">The message at which it was thrown; <see langword="null"/> if it was in <see cref="OnStart"/> or in a
    /// child.</param>
    protected internal virtual ValueTask OnRestart(Exception reason, object? message) => default;

    /// <summary>Handles one message. An exception is a failure: the parent's <see cref="SupervisionStrategy"/> decides.</summary>
    protected internal abstract ValueTask OnReceive(object message);

    /// <summary>
    /// Records the message as a dead letter with <see cref="DeadLetterReason.Unhandled"/>; an Ask that waits for it fails at once.
    /// </summary>
    protected void Unhandled(object message) =>
        Context.System.DeadLetters.Record(DeadLetterReason.Unhandled, message, Context.Self, Context.Sender);

    /// <summary>From any thread: the context, or null before it is set.</summary>
    internal ActorContext? ContextOrNull => context;

    internal void Attach(ActorContext surroundings)
    {
        if (context is not null)
        {
            throw new InvalidOperationException(
                $"The factory of {surroundings.Self.Path} returned the same {GetType().Name} twice; it must return a new actor each time.");
        }

        context = surroundings;
    }
}
