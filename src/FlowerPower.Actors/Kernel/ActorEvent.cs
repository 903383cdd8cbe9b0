namespace FlowerPower.Actors;

/// <summary>What happened to an actor, for logs.</summary>
public enum ActorEventKind
{
    /// <summary>It threw; its parent decides.</summary>
    Failed = 1,

    /// <summary>A new incarnation has started after a failure.</summary>
    Restarted = 2,

    /// <summary>It failed more often than its parent allows and is stopped.</summary>
    BudgetSpent = 3,

    /// <summary>A failure was escalated to the root; the actor is stopped.</summary>
    EscalatedToRoot = 4,

    /// <summary>A hook, a decider or a cancellation callback threw; the actor's end or restart goes on.</summary>
    HookFailed = 5,

    /// <summary>A shard's host could not start, or failed; it is tried again after a back-off.</summary>
    ShardFailed = 6,

    /// <summary>A shard's host has started.</summary>
    ShardStarted = 7,
}

/// <summary>Something that an operator's log should tell about an actor.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">The actor's path.</param>
/// <param name="Detail">One sentence.</param>
/// <param name="Error">The exception behind it, if any.</param>
public sealed record ActorEvent(ActorEventKind Kind, string Path, string Detail, Exception? Error = null);
