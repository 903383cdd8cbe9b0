using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>Passes on a running attempt's progress at most once in a while, and always the latest.</summary>
internal sealed class ProgressThrottle(Action<JobProgress> send, TimeProvider time, TimeSpan every)
{
    private readonly Lock gate = new();
    private JobProgress? held;
    private ITimer? timer;
    private long? lastSent;
    private bool closed;

    /// <summary>The attempt is this far.</summary>
    public void Report(JobProgress progress)
    {
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            if (lastSent is { } last && time.GetElapsedTime(last) < every)
            {
                held = progress;
                timer ??= time.CreateTimer(_ => SendHeld(), null, every, Timeout.InfiniteTimeSpan);
                return;
            }

            lastSent = time.GetTimestamp();
        }

        send(progress);
    }

    /// <summary>The attempt has ended: its outcome says more than its progress.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            timer?.Dispose();
        }
    }

    private void SendHeld()
    {
        JobProgress? latest;
        lock (gate)
        {
            timer?.Dispose();
            timer = null;
            latest = closed ? null : held;
            held = null;
            lastSent = time.GetTimestamp();
        }

        if (latest is not null)
        {
            send(latest);
        }
    }
}
