namespace FlowerPower.Actors;

/// <summary>A place to tell things to that is no actor: what comes is given to a delegate, on the teller's thread.</summary>
internal sealed class CallbackRef(ActorSystem system, string name, Action<object> receive) : ActorRef(system)
{
    public override string Path => $"{Home!.Name}/callback/{name}";

    public override void Tell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        receive(message);
    }

    internal override void OnDropped(DeadLetterReason reason, object message, ActorRef recipient) => receive(new Dropped(reason, message));
}

/// <summary>To a <see cref="ActorSystem.Callback"/> that sent a message: nobody received it.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">What was sent.</param>
public sealed record Dropped(DeadLetterReason Reason, object Message);
