namespace FlowerPower.Actors;

/// <summary>How messages get into a cell, from any thread, and what becomes of those that do not.</summary>
internal sealed partial class ActorCell
{
    private Lane<Envelope> user;
    private Lane<SystemMessage> system;
    private int queued; // any thread, by Interlocked; kept only for bounded mailboxes

    /// <summary>Messages in mailbox and stash; exact only while the cell is quiet.</summary>
    public int WaitingWhenQuiet => user.CountWhenQuiet() + (actor?.Context.Stashed ?? 0);

    public override void Tell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        Post(new Envelope(message, sender));
    }

    /// <summary>From any thread: adds to the user lane, or makes a dead letter.</summary>
    public void Post(Envelope envelope)
    {
        if (TryReserve(envelope))
        {
            Push(envelope);
        }
    }

    /// <summary>For a shard: the same, but <see langword="false"/> if the entity has ended and the shard is yet to hear of it.</summary>
    public bool TryPost(Envelope envelope)
    {
        if (!TryReserve(envelope))
        {
            return true;
        }

        if (!user.TryPush(envelope))
        {
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>From any thread: adds to the user lane without regard to its bound. For what the sender itself bounds.</summary>
    public void PostInternal(Envelope envelope)
    {
        if (Props.MailboxCapacity > 0)
        {
            Interlocked.Increment(ref queued);
        }

        Push(envelope);
    }

    internal override void SendSystem(SystemMessage message)
    {
        if (message is SystemMessage.Stop)
        {
            AnnounceStop();
        }

        if (system.TryPush(message))
        {
            Wake();
        }
        else
        {
            AnswerForTheDead(message);
        }
    }

    /// <summary>Puts a chain of stashed envelopes before the waiting ones.</summary>
    public void PutBack(ref EnvelopeList stash)
    {
        if (Props.MailboxCapacity > 0)
        {
            Interlocked.Add(ref queued, stash.Count);
        }

        if (stash.TakeAll() is var (first, last))
        {
            user.PutFirst(first, last);
        }
    }

    /// <summary>Takes a place in a bounded mailbox, or makes a dead letter of the envelope.</summary>
    private bool TryReserve(Envelope envelope)
    {
        if (Props.MailboxCapacity == 0 || Interlocked.Increment(ref queued) <= Props.MailboxCapacity)
        {
            return true;
        }

        Interlocked.Decrement(ref queued);
        Drop(envelope, IsEntity || envelope.EntityId is null ? DeadLetterReason.MailboxFull : DeadLetterReason.ShardBufferFull);
        return false;
    }

    private void Push(Envelope envelope)
    {
        if (user.TryPush(envelope))
        {
            Wake();
        }
        else
        {
            Drop(envelope, envelope.EntityId is not null ? DeadLetterReason.ShardStopped : ReasonOfTheDead);
        }
    }

    private DeadLetterReason ReasonOfTheDead => isPassivated ? DeadLetterReason.Passivated : DeadLetterReason.Stopped;

    private void Drop(Envelope envelope, DeadLetterReason reason) => DropFor(this, envelope, reason);

    /// <summary>The one way in which an envelope ends unhandled.</summary>
    internal static void DropFor(ActorCell recipient, Envelope envelope, DeadLetterReason reason)
    {
        switch (envelope.Message)
        {
            case PoisonPill or PassivateRequest or PassivationHint or ShardMessage:
                return; // the runtime's own wish about an actor that is gone; nobody sent it and nobody misses it
            case TimerEntry tick:
                tick.Taken();
                recipient.System.DeadLetters.Record(DeadLetterReason.StaleTimer, tick.Message, recipient, null);
                return;
            default:
                recipient.System.DeadLetters.Record(reason, envelope.Message, recipient, envelope.Sender, envelope.EntityId);
                return;
        }
    }
}
