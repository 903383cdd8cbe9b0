using System.Text.Json.Serialization;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Queues;

/// <summary>What is asked of, or told to, a queue's gate, which may be on another node. Heard again, it changes nothing more.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Look), "look")]
[JsonDerivedType(typeof(AskPermit), "ask-permit")]
[JsonDerivedType(typeof(ReturnPermit), "return-permit")]
[JsonDerivedType(typeof(CheckHolder), "check-holder")]
[JsonDerivedType(typeof(Change), "change")]
[JsonDerivedType(typeof(Adopt), "adopt")]
internal abstract record QueueMail
{
    /// <summary>What is set?</summary>
    public sealed record Look : QueueMail;

    /// <summary>May this job run? The answer waits for a while, if it may not at once.</summary>
    public sealed record AskPermit(JobId Job, JobPriority Priority, DateTimeOffset EnqueuedAt) : QueueMail;

    /// <summary>From a broker: I do not use this permit of the job's. Perhaps somebody else does by now, so the job itself is asked; a later permit of its is none of that broker's business.</summary>
    public sealed record CheckHolder(JobId Job, long Permit) : QueueMail;

    /// <summary>From the job: it runs no more under this permit.</summary>
    public sealed record ReturnPermit(JobId Job, long Permit) : QueueMail;

    /// <summary>Set this.</summary>
    public sealed record Change(QueueChange What, string By) : QueueMail;

    /// <summary>These jobs run, and may have no permit.</summary>
    public sealed record Adopt(IReadOnlyList<JobId> Jobs) : QueueMail;
}

/// <summary>A gate's answer.</summary>
/// <param name="Permit">The number of the permit that was asked for; <see langword="null"/>: none, at least not yet.</param>
/// <param name="Settings">As they are now.</param>
/// <param name="Holders">Jobs with permits; at most a few.</param>
/// <param name="Permits">How many have one.</param>
/// <param name="Changes">Who set what, newest last.</param>
internal sealed record QueueReceipt(
    long? Permit, QueueSettings Settings, IReadOnlyList<JobId> Holders, int Permits, IReadOnlyList<QueueChanged> Changes);

/// <summary>Brings mail to queues' gates, wherever they are, and the word of a change to the brokers.</summary>
internal interface IQueueMailbox
{
    /// <summary>Ask a queue's gate; done when it has answered.</summary>
    /// <exception cref="QueueUnavailableException">It could not be reached; it is safe to ask again.</exception>
    Task<QueueReceipt> PostAsync(string queue, QueueMail mail, CancellationToken cancellationToken);

    /// <summary>The node's broker looks at the queue's settings anew before it hands out another of its jobs; done when it has nothing underway that it decided before.</summary>
    Task HeedAsync(string queue, CancellationToken cancellationToken);
}

/// <summary>To a gate: the one who asked for this job waits no more.</summary>
internal sealed record ForgetAsk(JobId Job);

/// <summary>To a gate: look whether anything is to be done.</summary>
internal sealed record LookAtGate
{
    public static LookAtGate Instance { get; } = new();
}

/// <summary>To a broker: look at the queue's settings anew. Answered with <see cref="QueueHeeded"/>.</summary>
internal sealed record HeedQueue(string Queue);

/// <summary>The broker keeps to the queue's settings from now on.</summary>
internal sealed record QueueHeeded
{
    public static QueueHeeded Instance { get; } = new();
}
