using System.Diagnostics.Metrics;

namespace FlowerPower.Actors;

/// <summary>Why a message was not handled.</summary>
public enum DeadLetterReason
{
    /// <summary>The receiver has ended.</summary>
    Stopped = 1,

    /// <summary>The receiver's bounded mailbox was full.</summary>
    MailboxFull = 2,

    /// <summary>The receiver does not know the message.</summary>
    Unhandled = 3,

    /// <summary>A reply to an Ask that was already answered, cancelled or timed out.</summary>
    LateReply = 4,

    /// <summary>There was nobody to tell.</summary>
    NoRecipient = 5,

    /// <summary>The receiver ended while the message was in its stash.</summary>
    StashDropped = 6,

    /// <summary>Told to an entity's own ref after the entity was passivated; tell it through its region instead.</summary>
    Passivated = 7,

    /// <summary>A result or a host's message for an incarnation that no longer exists.</summary>
    FormerIncarnation = 8,

    /// <summary>The tick of a timer that was cancelled, replaced, or of a former incarnation, caught on its way.</summary>
    StaleTimer = 9,

    /// <summary>More messages waited for a shard or its stopping entities than the shard may buffer.</summary>
    ShardBufferFull = 10,

    /// <summary>The shard has ended or is ending.</summary>
    ShardStopped = 11,

    /// <summary>The shard's host could not say how to make the entity.</summary>
    ActivationFailed = 12,

    /// <summary>An actor that is no entity asked to be passivated.</summary>
    NotAnEntity = 13,

    /// <summary>The shard is held by another node, which cannot be reached now, or by none.</summary>
    ShardElsewhere = 14,

    /// <summary>The connection to the receiver's node is away, or it takes too little.</summary>
    NodeUnreachable = 15,
}

/// <summary>One message that nobody handled.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">What.</param>
/// <param name="Recipient">Whom it was for; a shard's ref if it was for an entity that is not active.</param>
/// <param name="Sender">Who sent it, or <see cref="ActorRef.Nobody"/>.</param>
/// <param name="At">When it was dropped.</param>
/// <param name="EntityId">The entity it was for, if it came through a region.</param>
public sealed record DeadLetter(
    DeadLetterReason Reason, object Message, ActorRef Recipient, ActorRef Sender, DateTimeOffset At, string? EntityId = null);

/// <summary>Counts every dropped message by reason and keeps the last few for the operator.</summary>
public sealed class DeadLetters
{
    /// <summary>How many dead letters <see cref="Recent"/> keeps.</summary>
    public const int Kept = 256;

    private static readonly DeadLetterReason[] Reasons = Enum.GetValues<DeadLetterReason>();

    private static readonly Counter<long> Counter = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.actors.dead_letters", "{message}", "Messages that nobody handled, by reason.");

    private readonly ActorSystem system;
    private readonly long[] counts = new long[(int)Reasons[^1] + 1];
    private readonly Queue<DeadLetter> recent = new();

    internal DeadLetters(ActorSystem system) => this.system = system;

    /// <summary>Dead letters since the system began, by reason; every reason is present.</summary>
    public IReadOnlyDictionary<DeadLetterReason, long> Counts => Reasons.ToDictionary(reason => reason, Count);

    /// <summary>All dead letters since the system began.</summary>
    public long Total => Reasons.Sum(Count);

    /// <summary>The last dead letters, oldest first, at most <see cref="Kept"/>.</summary>
    public IReadOnlyList<DeadLetter> Recent
    {
        get
        {
            lock (recent)
            {
                return [.. recent];
            }
        }
    }

    /// <summary>Dead letters of one reason since the system began.</summary>
    public long Count(DeadLetterReason reason) => Volatile.Read(ref counts[(int)reason]);

    internal static void CountWithoutSystem(DeadLetterReason reason) => Counter.Add(1, TagOf(reason));

    internal void Record(DeadLetterReason reason, object message, ActorRef recipient, ActorRef? sender, string? entityId = null)
    {
        Interlocked.Increment(ref counts[(int)reason]);
        Counter.Add(1, TagOf(reason));
        var letter = new DeadLetter(reason, message, recipient, sender ?? ActorRef.Nobody, system.Time.GetUtcNow(), entityId);
        lock (recent)
        {
            if (recent.Count == Kept)
            {
                recent.Dequeue();
            }

            recent.Enqueue(letter);
        }

        if (message is not DeadLetter)
        {
            system.Events.Publish(letter); // else two dead subscribers would report each other for ever
        }

        sender?.OnDropped(reason, message, recipient);
    }

    private static KeyValuePair<string, object?> TagOf(DeadLetterReason reason) => new("reason", reason.ToString());
}
