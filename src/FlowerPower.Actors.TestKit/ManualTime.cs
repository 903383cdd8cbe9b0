namespace FlowerPower.Actors.TestKit;

/// <summary>
/// A clock that stands still until it is advanced. Timers fire on the advancing thread, in the order in which they are due.
/// </summary>
public sealed class ManualTime : TimeProvider
{
    /// <summary>Where a clock stands at first unless told otherwise.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock gate = new();
    private readonly PriorityQueue<(ManualTimer Timer, long Setting), (DateTimeOffset Due, long Setting)> due = new();
    private DateTimeOffset now;
    private long settings;

    /// <summary>A clock that stands at an instant.</summary>
    public ManualTime(DateTimeOffset? start = null) => now = (start ?? DefaultStart).ToUniversalTime();

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>When the next timer is due, or <see langword="null"/> if none runs.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (gate)
            {
                DropStale();
                return due.TryPeek(out _, out var priority) ? priority.Due : null;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>Moves the clock, stopping at each timer that is due on the way, also at those that are set meanwhile.</summary>
    /// <param name="by">Zero or more. Zero fires the timers that are due now.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = GetUtcNow() + by;
        while (FireNext(end))
        {
        }

        lock (gate)
        {
            now = end > now ? end : now;
        }
    }

    /// <summary>Moves the clock to the next timer that is due by an instant and fires it.</summary>
    /// <returns><see langword="false"/> if there is none; the clock has not moved then.</returns>
    internal bool FireNext(DateTimeOffset end)
    {
        ManualTimer timer;
        lock (gate)
        {
            DropStale();
            if (!due.TryPeek(out var next, out var priority) || priority.Due > end)
            {
                return false;
            }

            due.Dequeue();
            now = priority.Due > now ? priority.Due : now;
            timer = next.Timer;
            timer.Setting = 0;
            if (timer.Period > TimeSpan.Zero)
            {
                Set(timer, timer.Period);
            }
        }

        timer.Fire();
        return true;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Set(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Setting = ++settings;
        due.Enqueue((timer, timer.Setting), (now + dueTime, timer.Setting));
    }

    private void DropStale()
    {
        while (due.TryPeek(out var next, out _) && next.Timer.Setting != next.Setting)
        {
            due.Dequeue();
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private bool isDisposed;

        /// <summary>Which entry of the queue is the valid one; 0 for none.</summary>
        public long Setting { get; set; }

        public TimeSpan Period { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                if (isDisposed)
                {
                    return false;
                }

                Setting = 0;
                Period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    time.Set(this, dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time.gate)
            {
                isDisposed = true;
                Setting = 0;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
