namespace FlowerPower.Actors;

/// <summary>How an actor is made. Immutable; may be used for many actors.</summary>
public sealed class Props
{
    /// <summary>The number of messages an actor may stash unless <see cref="WithStash"/> says otherwise.</summary>
    public const int DefaultStashCapacity = 1_000;

    private Props(Func<Actor> factory) => Factory = factory;

    internal Func<Actor> Factory { get; }

    internal SupervisionStrategy Supervision { get; private init; } = SupervisionStrategy.Default;

    /// <summary>Greatest number of waiting messages; 0 for no bound.</summary>
    internal int MailboxCapacity { get; private init; }

    internal int StashCapacity { get; private init; } = DefaultStashCapacity;

    /// <summary>Props for the actors that a factory makes.</summary>
    /// <param name="factory">Returns a new actor at each call: one call per incarnation.</param>
    public static Props Of(Func<Actor> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new Props(factory);
    }

    /// <summary>The strategy that the actor applies to its children; by default <see cref="SupervisionStrategy.Default"/>.</summary>
    public Props WithSupervision(SupervisionStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        strategy.Check();
        return new(Factory) { Supervision = strategy, MailboxCapacity = MailboxCapacity, StashCapacity = StashCapacity };
    }

    /// <summary>Bounds the mailbox: further messages become dead letters with <see cref="DeadLetterReason.MailboxFull"/>.</summary>
    /// <param name="capacity">1 or more waiting messages. Timer ticks and piped results are not refused.</param>
    public Props WithMailbox(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        return new(Factory) { Supervision = Supervision, MailboxCapacity = capacity, StashCapacity = StashCapacity };
    }

    /// <summary>Bounds the stash: <see cref="ActorContext.Stash"/> throws beyond it.</summary>
    /// <param name="capacity">0 or more messages.</param>
    public Props WithStash(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        return new(Factory) { Supervision = Supervision, MailboxCapacity = MailboxCapacity, StashCapacity = capacity };
    }
}
