using FlowerPower.Actors;

namespace FlowerPower.Node;

/// <summary>A place to tell things to that is no actor: what comes is given to a delegate, on the teller's thread.</summary>
/// <param name="path">For logs.</param>
/// <param name="receive">Must be quick and must not throw.</param>
internal sealed class CallbackRef(string path, Action<object> receive) : ActorRef
{
    public override string Path => path;

    public override void Tell(object message, ActorRef? sender = null) => receive(message);
}
