namespace FlowerPower.Actors;

/// <summary>One incarnation's surroundings. Use it only from the actor's own hooks, handlers and what they await.</summary>
public sealed class ActorContext
{
    private readonly ActorCell cell;
    private TimerTable? timers;
    private EnvelopeList stash;
    private CancellationTokenSource? stopping;
    private HashSet<ActorRef>? watched;
    private bool ended;

    internal ActorContext(ActorCell cell) => this.cell = cell;

    /// <summary>The actor's own ref; the same in every incarnation.</summary>
    public ActorRef Self => cell;

    /// <summary>
    /// Who sent the current message, or <see cref="ActorRef.Nobody"/>; only valid until its handler's task has completed.
    /// </summary>
    public ActorRef Sender => Current?.Sender ?? ActorRef.Nobody;

    /// <summary>The system the actor lives in.</summary>
    public ActorSystem System => cell.System;

    /// <summary>The system's clock.</summary>
    public TimeProvider Time => cell.System.Time;

    /// <summary>Cancelled when this incarnation is told to stop or has failed, also while a handler is still awaiting.</summary>
    public CancellationToken Stopping
    {
        get
        {
            if (stopping is { } existing)
            {
                return existing.Token;
            }

            var made = new CancellationTokenSource();
            var source = Interlocked.CompareExchange(ref stopping, made, null) ?? made;
            if (ended || cell.IsToldToStop)
            {
                source.Cancel();
            }

            return source.Token;
        }
    }

    /// <summary>The message being handled.</summary>
    internal Envelope? Current { get; set; }

    /// <summary>Replaces <see cref="Actor.OnReceive"/> while set.</summary>
    internal Func<object, ValueTask>? Behavior { get; private set; }

    /// <summary>Messages in the stash.</summary>
    internal int Stashed => stash.Count;

    /// <summary>Makes a child of this actor; it starts on its own turn.</summary>
    /// <param name="name">Unique among the living children, without '/' and not beginning with '$'; by default a number.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed.</exception>
    /// <exception cref="InvalidOperationException">This incarnation is ending.</exception>
    public ActorRef Spawn(Props props, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        ThrowIfEnded();
        return cell.SpawnChild(props, name);
    }

    /// <summary>Stops a child after its current message; its waiting messages become dead letters.</summary>
    /// <exception cref="ArgumentException">The ref is not a child of this actor.</exception>
    public void Stop(ActorRef child)
    {
        if (child is not ActorCell other || other.Parent != cell)
        {
            throw new ArgumentException(
                $"{child} is not a child of {cell.Path}; an actor stops its children and itself (StopSelf) only.", nameof(child));
        }

        other.SendSystem(new SystemMessage.Stop());
    }

    /// <summary>Stops this actor after the current message.</summary>
    public void StopSelf() => cell.SendSystem(new SystemMessage.Stop());

    /// <summary>
    /// Asks for one <see cref="Terminated"/> message when the target ends, or at once if it has. Ends with this incarnation.
    /// </summary>
    public void Watch(ActorRef target)
    {
        ArgumentNullException.ThrowIfNull(target);
        ThrowIfEnded();
        if (ReferenceEquals(target, cell))
        {
            throw new ArgumentException($"{cell.Path} cannot watch itself.", nameof(target));
        }

        if ((watched ??= []).Add(target))
        {
            target.SendSystem(new SystemMessage.Watch(cell));
        }
    }

    /// <summary>Takes a <see cref="Watch"/> back: no <see cref="Terminated"/> comes after this call.</summary>
    public void Unwatch(ActorRef target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (watched?.Remove(target) == true)
        {
            target.SendSystem(new SystemMessage.Unwatch(cell));
        }
    }

    /// <summary>Sends a message to this actor once, after <paramref name="due"/>; replaces the timer with the same key.</summary>
    /// <param name="key">Compared with <see cref="object.Equals(object)"/>.</param>
    /// <param name="due">Zero or more.</param>
    public void StartTimer(object key, object message, TimeSpan due)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        StartTimer(key, message, due, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Sends a message to this actor every <paramref name="period"/>, first after one period; replaces the timer with the same key.
    /// </summary>
    /// <param name="period">More than zero. Ticks do not pile up: at most one waits in the mailbox.</param>
    public void StartPeriodicTimer(object key, object message, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        StartTimer(key, message, period, period);
    }

    /// <summary>Ends a timer: its message does not come after this call, not even if it is on its way.</summary>
    /// <returns>Was there such a timer?</returns>
    public bool CancelTimer(object key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return timers?.Cancel(key) == true;
    }

    /// <summary>Puts the current message aside until <see cref="UnstashAll"/>.</summary>
    /// <exception cref="StashOverflowException">The stash is full.</exception>
    /// <exception cref="InvalidOperationException">There is no current message, or it is stashed already.</exception>
    public void Stash()
    {
        ThrowIfEnded();
        if (Current is not { } envelope || IsCurrentStashed)
        {
            throw new InvalidOperationException($"{cell.Path} has no current message to stash, or has stashed it already.");
        }

        if (stash.Count >= cell.Props.StashCapacity)
        {
            throw new StashOverflowException(
                $"{cell.Path} has stashed {stash.Count} messages; unstash sooner or allow more with Props.WithStash.");
        }

        IsCurrentStashed = true;
        stash.Add(envelope);
    }

    /// <summary>Puts the stashed messages before all waiting ones, in the order in which they came.</summary>
    public void UnstashAll()
    {
        ThrowIfEnded();
        cell.PutBack(ref stash);
    }

    /// <summary>Handles further messages with another function, until <see cref="Unbecome"/> or a restart.</summary>
    public void Become(Func<object, ValueTask> receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        Behavior = receive;
    }

    /// <summary>Handles further messages with <see cref="Actor.OnReceive"/> again.</summary>
    public void Unbecome() => Behavior = null;

    /// <summary>Answers the current message's sender.</summary>
    public void Reply(object message)
    {
        if (Current?.Sender is { } sender)
        {
            sender.Tell(message, cell);
        }
        else
        {
            ArgumentNullException.ThrowIfNull(message);
            System.DeadLetters.Record(DeadLetterReason.NoRecipient, message, ActorRef.Nobody, cell);
        }
    }

    /// <summary>Makes a message to this actor from a task's end. The functions run on this actor's turn.</summary>
    /// <remarks>
    /// The result of a task of a former incarnation is a dead letter with <see cref="DeadLetterReason.FormerIncarnation"/>.
    /// </remarks>
    public void PipeToSelf<T>(Task<T> task, Func<T, object> onSuccess, Func<Exception, object> onFailure)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(onSuccess);
        ArgumentNullException.ThrowIfNull(onFailure);
        var result = new Envelope(new PipedResult<T>(this, task, onSuccess, onFailure), null);
        var awaiter = task.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            cell.PostInternal(result);
        }
        else
        {
            awaiter.UnsafeOnCompleted(() => cell.PostInternal(result));
        }
    }

    /// <summary>
    /// An entity asks its shard to be stopped; messages meanwhile are kept for its next incarnation. Anything else gets a dead letter.
    /// </summary>
    public void Passivate()
    {
        if (cell.IsEntity)
        {
            cell.Parent!.PostInternal(new Envelope(new PassivateRequest(cell), cell));
        }
        else
        {
            System.DeadLetters.Record(DeadLetterReason.NotAnEntity, PassivationHint.Instance, cell, cell);
        }
    }

    /// <summary>Has the current message been put into the stash by its handler?</summary>
    internal bool IsCurrentStashed { get; set; }

    /// <summary>Whether a death notice is wanted; forgets the watch.</summary>
    internal bool EndWatch(ActorRef dead) => watched?.Remove(dead) == true;

    /// <summary>Whether a tick belongs to a timer of this incarnation that still runs; a one-shot timer ends with it.</summary>
    internal bool AcceptTick(TimerEntry tick) => timers?.Accept(tick) == true;

    /// <summary>From any thread: lets a handler that is awaiting see that it should end.</summary>
    internal CancellationTokenSource? StoppingSource => Volatile.Read(ref stopping);

    /// <summary>Ends what belongs to the incarnation but its stash.</summary>
    internal void End()
    {
        ended = true;
        Behavior = null;
        timers?.CancelAll();
        timers = null;
        if (watched is null)
        {
            return;
        }

        foreach (var target in watched)
        {
            target.SendSystem(new SystemMessage.Unwatch(cell));
        }

        watched = null;
    }

    /// <summary>Hands the stash over, leaving it empty.</summary>
    internal EnvelopeList TakeStash()
    {
        var taken = stash;
        stash = default;
        return taken;
    }

    private void StartTimer(object key, object message, TimeSpan due, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(message);
        ThrowIfEnded();
        (timers ??= new TimerTable(cell)).Start(key, message, due, period);
    }

    private void ThrowIfEnded()
    {
        if (ended)
        {
            throw new InvalidOperationException($"This incarnation of {cell.Path} has ended; its context can no longer be used.");
        }
    }
}
