namespace FlowerPower.Actors;

/// <summary>A reply that faults the Ask it answers with an <see cref="ActorFailedException"/>.</summary>
/// <param name="Reason">What went wrong.</param>
public sealed record Failure(Exception Reason);

/// <summary>A watched actor has ended. Comes exactly once per watch, before waiting messages.</summary>
/// <param name="Ref">The actor that ended.</param>
public sealed record Terminated(ActorRef Ref);

/// <summary>Asks an idle or least recently used entity to consider <see cref="ActorContext.Passivate"/>; it may ignore it.</summary>
public sealed class PassivationHint
{
    private PassivationHint()
    {
    }

    /// <summary>The only instance.</summary>
    public static PassivationHint Instance { get; } = new();
}
