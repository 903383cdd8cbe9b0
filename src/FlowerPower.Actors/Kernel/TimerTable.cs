namespace FlowerPower.Actors;

/// <summary>One running timer, and at the same time the tick it sends. Its identity is its generation.</summary>
internal sealed class TimerEntry(ActorCell cell, object key, object message, bool periodic) : InternalMessage
{
    private int waiting;

    public object Key { get; } = key;

    public object Message { get; } = message;

    public bool Periodic { get; } = periodic;

    public ITimer? Timer { get; set; }

    /// <summary>On the clock's thread. A tick that still waits in the mailbox stands for this one too.</summary>
    public void Fire()
    {
        if (Interlocked.Exchange(ref waiting, 1) == 0)
        {
            cell.PostInternal(new Envelope(this, null));
        }
    }

    public void Taken() => Volatile.Write(ref waiting, 0);
}

/// <summary>The keyed timers of one incarnation; touched on its turns only.</summary>
internal sealed class TimerTable(ActorCell cell)
{
    private readonly Dictionary<object, TimerEntry> running = [];

    public void Start(object key, object message, TimeSpan due, TimeSpan period)
    {
        Cancel(key);
        var entry = new TimerEntry(cell, key, message, period != Timeout.InfiniteTimeSpan);
        running[key] = entry;
        entry.Timer = cell.System.StartTimer(static state => ((TimerEntry)state!).Fire(), entry, due, period);
    }

    public bool Cancel(object key)
    {
        if (!running.Remove(key, out var entry))
        {
            return false;
        }

        entry.Timer?.Dispose();
        return true;
    }

    public bool Accept(TimerEntry tick)
    {
        if (!running.TryGetValue(tick.Key, out var current) || !ReferenceEquals(current, tick))
        {
            return false;
        }

        if (!tick.Periodic)
        {
            Cancel(tick.Key);
        }

        return true;
    }

    public void CancelAll()
    {
        foreach (var entry in running.Values)
        {
            entry.Timer?.Dispose();
        }

        running.Clear();
    }
}
