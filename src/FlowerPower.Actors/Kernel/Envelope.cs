namespace FlowerPower.Actors;

/// <summary>A message on its way through user lanes, stashes and buffers: one object from the sender to the handler.</summary>
internal class Envelope(object message, ActorRef? sender) : LaneItem
{
    public readonly object Message = message;

    public readonly ActorRef? Sender = sender;

    /// <summary>The entity it is for, if it came through a region.</summary>
    public virtual string? EntityId => null;
}

/// <summary>A chain of envelopes in order. A mutable struct: keep it in a field.</summary>
internal struct EnvelopeList
{
    private Envelope? first;
    private Envelope? last;

    public int Count { get; private set; }

    public void Add(Envelope envelope)
    {
        envelope.Next = null;
        if (last is null)
        {
            first = envelope;
        }
        else
        {
            last.Next = envelope;
        }

        last = envelope;
        Count++;
    }

    public Envelope? Take()
    {
        if (first is not { } taken)
        {
            return null;
        }

        first = (Envelope?)taken.Next;
        last = first is null ? null : last;
        taken.Next = null;
        Count--;
        return taken;
    }

    /// <summary>Empties the list; its chain, or <see langword="null"/>.</summary>
    public (Envelope First, Envelope Last)? TakeAll()
    {
        var chain = first is null ? ((Envelope, Envelope)?)null : (first, last!);
        this = default;
        return chain;
    }
}

/// <summary>A message that the cell itself understands; no handler sees it as such.</summary>
internal abstract class InternalMessage;

/// <summary>Ends an entity after everything that its shard sent it before.</summary>
internal sealed class PoisonPill : InternalMessage
{
    public static PoisonPill Instance { get; } = new();
}

/// <summary>A finished task of one incarnation; becomes a message on that incarnation's turn.</summary>
internal abstract class PipedResult(ActorContext owner) : InternalMessage
{
    public ActorContext Owner { get; } = owner;

    public abstract object ToMessage();
}

internal sealed class PipedResult<T>(
    ActorContext owner, Task<T> task, Func<T, object> onSuccess, Func<Exception, object> onFailure) : PipedResult(owner)
{
    public override object ToMessage()
    {
        if (task.IsCompletedSuccessfully)
        {
            return onSuccess(task.Result);
        }

        return onFailure(task.Exception?.InnerException ?? new TaskCanceledException(task));
    }
}
