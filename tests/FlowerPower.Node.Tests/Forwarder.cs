using FlowerPower.Actors;

namespace FlowerPower.Node.Tests;

/// <summary>Tells another what it is told: a living actor in front of a probe, which is none and would be taken for a dead one by who watches it.</summary>
internal sealed class Forwarder(ActorRef to) : Actor
{
    protected override ValueTask OnReceive(object message)
    {
        to.Tell(message, Context.Sender);
        return ValueTask.CompletedTask;
    }
}
