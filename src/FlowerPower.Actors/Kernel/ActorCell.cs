namespace FlowerPower.Actors;

/// <summary>An actor's identity, mailbox and current incarnation; also its ref, to save an object per actor.</summary>
/// <remarks>
/// A cell is worked on in turns. <see cref="turn"/> says whether one is due, running or suspended in an awaiting handler, and hands the
/// right to run to exactly one thread. All other fields belong to the turn unless they say otherwise. This file holds the turn
/// and what a handler is given in it; ActorCell.Mailbox.cs how messages get in; ActorCell.Lifecycle.cs the incarnations; ActorCell.Family.cs
/// children, supervision and watching.
/// </remarks>
internal sealed partial class ActorCell : ActorRef, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Scheduled = 1;
    private const int Running = 2;
    private const int Suspended = 3;

    private readonly string? name;
    private readonly int number;
    private int turn; // any thread, by Interlocked
    private ValueTask pending;
    private Action? resume;
    private After after;
    private Phase phase;
    private bool isPassivated;

    public ActorCell(ActorSystem home, ActorCell? parent, Props props, string? name, int number, bool isEntity)
        : base(home)
    {
        Parent = parent;
        Props = props;
        IsEntity = isEntity;
        this.name = name;
        this.number = number;
    }

    /// <summary>What the cell waits for while it is suspended.</summary>
    private enum After : byte
    {
        Nothing,
        Message,
        Start,
        RestartHook,
        StopHookOfRestart,
        StopHook,
    }

    /// <summary>Where the current incarnation is.</summary>
    private enum Phase : byte
    {
        New,
        Starting,
        Running,
        Failed, // the parent decides
        Restarting, // waits for its children's end
        BackingOff, // between incarnations
        Stopping, // waits for its children's end
        Stopped,
    }

    public ActorSystem System => Home!;

    public ActorCell? Parent { get; }

    public Props Props { get; }

    public bool IsEntity { get; }

    public override string Path => Parent is null ? System.Name : $"{Parent.Path}/{name ?? $"${number}"}";

    public string? Name => name;

    /// <summary>The envelope being handled, for a shard that sends it on.</summary>
    public Envelope? Current => actor?.Context.Current;

    /// <summary>Makes sure that a turn comes; from any thread, after the reason for it has been published.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref turn) == Idle && Interlocked.CompareExchange(ref turn, Scheduled, Idle) == Idle)
        {
            System.Dispatcher.Schedule(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.Exchange(ref turn, Running) != Scheduled)
        {
            // Cannot happen unless a dispatcher runs an item twice. Going on would break the promise that actors are single-threaded.
            throw new InvalidOperationException($"{Path} was entered twice; the dispatcher ran one turn more than it was given.");
        }

        if (after != After.Nothing)
        {
            FinishPending();
        }
        else if (phase == Phase.New)
        {
            BeginIncarnation();
        }

        var budget = System.Throughput;
        while (after == After.Nothing)
        {
            if (system.Take() is { } command)
            {
                Handle(command);
            }
            else if (phase != Phase.Running)
            {
                break;
            }
            else if (budget-- == 0)
            {
                Volatile.Write(ref turn, Scheduled);
                System.Dispatcher.Schedule(this);
                return;
            }
            else if (user.Take() is { } envelope)
            {
                Receive(envelope);
            }
            else
            {
                break;
            }
        }

        if (after == After.Nothing)
        {
            Rest();
        }
        else
        {
            Suspend();
        }
    }

    private void Rest()
    {
        var idlePhase = phase;
        Interlocked.Exchange(ref turn, Idle);

        // A producer that pushed before the line above saw a running turn and did not wake us.
        if (system.HasNew || (idlePhase == Phase.Running && user.HasNew))
        {
            Wake();
        }
    }

    private void Suspend()
    {
        var awaiter = pending.GetAwaiter();
        var whenDone = resume ??= Resume;
        Interlocked.Exchange(ref turn, Suspended);

        // From here on the next turn may already be running elsewhere.
        awaiter.UnsafeOnCompleted(whenDone);
    }

    private void Resume()
    {
        if (Interlocked.Exchange(ref turn, Scheduled) != Suspended)
        {
            throw new InvalidOperationException($"{Path} was resumed twice: a handler returned a ValueTask that completes more than once.");
        }

        System.Dispatcher.Schedule(this);
    }

    private void FinishPending()
    {
        var (task, next) = (pending, after);
        pending = default;
        after = After.Nothing;
        Complete(task, next);
    }

    /// <summary>Goes on at once if the task has completed, otherwise suspends the turn until it has.</summary>
    private void Await(ValueTask task, After next)
    {
        if (task.IsCompleted)
        {
            Complete(task, next);
        }
        else
        {
            pending = task;
            after = next;
        }
    }

    private void Complete(ValueTask task, After next)
    {
        Exception? error = null;
        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            error = e;
        }

        Continue(next, error);
    }

    private void Receive(Envelope envelope)
    {
        if (Props.MailboxCapacity > 0)
        {
            Interlocked.Decrement(ref queued);
        }

        if (envelope.Message is InternalMessage special)
        {
            ReceiveInternal(envelope, special);
        }
        else
        {
            Deliver(envelope);
        }
    }

    private void ReceiveInternal(Envelope envelope, InternalMessage message)
    {
        switch (message)
        {
            case TimerEntry tick:
                tick.Taken();
                if (actor!.Context.AcceptTick(tick))
                {
                    Deliver(new Envelope(tick.Message, null));
                }
                else
                {
                    Drop(envelope, DeadLetterReason.StaleTimer);
                }

                break;
            case PipedResult piped when piped.Owner == actor!.Context:
                DeliverResult(piped);
                break;
            case PoisonPill:
                isPassivated = true;
                BeginStop();
                break;
            default:
                Drop(envelope, DeadLetterReason.FormerIncarnation);
                break;
        }
    }

    private void DeliverResult(PipedResult piped)
    {
        object message;
        try
        {
            message = piped.ToMessage() ?? throw new InvalidOperationException("A function given to PipeToSelf returned null.");
        }
        catch (Exception e)
        {
            Fail(e, null);
            return;
        }

        Deliver(new Envelope(message, null));
    }

    private void Deliver(Envelope envelope)
    {
        var context = actor!.Context;
        context.Current = envelope;
        context.IsCurrentStashed = false;
        ValueTask task;
        try
        {
            task = context.Behavior is { } behavior ? behavior(envelope.Message) : actor.OnReceive(envelope.Message);
            if (task.IsCompletedSuccessfully)
            {
                task.GetAwaiter().GetResult(); // lets a pooled task source go back to its pool
                context.Current = null;
                return;
            }
        }
        catch (Exception e)
        {
            Continue(After.Message, e);
            return;
        }

        Await(task, After.Message);
    }
}
