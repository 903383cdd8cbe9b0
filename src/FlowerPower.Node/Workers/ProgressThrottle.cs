using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>Passes on a running attempt's progress at most once in a while, in the order in which it came, and always the latest.</summary>
/// <param name="send">Called under a lock, so that two reports cannot overtake each other; must be quick.</param>
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

            if (lastSent is { } last && time.GetElapsedTime(last) is var passed && passed < every)
            {
                held = progress;
                timer ??= time.CreateTimer(_ => SendHeld(), null, every - passed, Timeout.InfiniteTimeSpan);
                return;
            }

            Send(progress);
        }
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
        lock (gate)
        {
            if (!closed && held is { } latest)
            {
                Send(latest);
            }
        }
    }

    /// <summary>What is held is older: it must not come after this.</summary>
    private void Send(JobProgress progress)
    {
        held = null;
        timer?.Dispose();
        timer = null;
        lastSent = time.GetTimestamp();
        send(progress);
    }
}
