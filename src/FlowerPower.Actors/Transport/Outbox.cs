using System.Threading.Tasks.Sources;

namespace FlowerPower.Actors.Transport;

/// <summary>
/// What waits for one peer, in order, and after it what was sent and is not confirmed: both together are bounded. One reader; any number of adders.
/// </summary>
internal sealed class Outbox(int maxMessages, long maxBytes) : IValueTaskSource<bool>
{
    private readonly Lock gate = new();
    private readonly Queue<OutboundMessage> waiting = new();
    private readonly Queue<OutboundMessage> unconfirmed = new();
    private ManualResetValueTaskSourceCore<bool> wake = new() { RunContinuationsAsynchronously = true };
    private bool isParked;
    private bool isClosed;
    private bool isSealed;
    private bool heartbeatDue;
    private long bytes;

    /// <summary>What became of an added message.</summary>
    public enum Added
    {
        /// <summary>It waits.</summary>
        Waits = 1,

        /// <summary>There is no room.</summary>
        Full = 2,

        /// <summary>The peer is lost or being left.</summary>
        Closed = 3,
    }

    /// <summary>Messages that wait or are not confirmed.</summary>
    public int Outstanding
    {
        get
        {
            lock (gate)
            {
                return waiting.Count + unconfirmed.Count;
            }
        }
    }

    /// <summary>Takes a message; the first one may have any size.</summary>
    public Added Add(OutboundMessage message)
    {
        lock (gate)
        {
            if (isClosed || isSealed)
            {
                return Added.Closed;
            }

            var count = waiting.Count + unconfirmed.Count;
            if (count >= maxMessages || (count > 0 && bytes + message.Charge > maxBytes))
            {
                return Added.Full;
            }

            bytes += message.Charge;
            waiting.Enqueue(message);
            if (!Unpark())
            {
                return Added.Waits;
            }
        }

        wake.SetResult(true);
        return Added.Waits;
    }

    /// <summary>Lets a heartbeat go out before all that waits.</summary>
    public void RequestHeartbeat()
    {
        lock (gate)
        {
            heartbeatDue = true;
            if (!Unpark())
            {
                return;
            }
        }

        wake.SetResult(true);
    }

    /// <summary>Waits until there is something to send.</summary>
    /// <returns><see langword="false"/> if nothing will come any more.</returns>
    public ValueTask<bool> WaitAsync()
    {
        lock (gate)
        {
            if (isClosed)
            {
                return new(false);
            }

            if (heartbeatDue || waiting.Count > 0 || isSealed)
            {
                return new(true);
            }

            wake.Reset();
            isParked = true;
            return new(this, wake.Version);
        }
    }

    /// <summary>Is a heartbeat due? It is taken then.</summary>
    public bool TakeHeartbeat()
    {
        lock (gate)
        {
            var isDue = heartbeatDue;
            heartbeatDue = false;
            return isDue;
        }
    }

    /// <summary>Moves messages from those that wait to those that are not confirmed; each must be made a frame.</summary>
    /// <param name="into">Emptied first.</param>
    /// <returns><see langword="true"/> if this was the last batch of a sealed outbox.</returns>
    public bool TakeBatch(List<OutboundMessage> into, int most)
    {
        into.Clear();
        lock (gate)
        {
            while (into.Count < most && waiting.TryDequeue(out var message))
            {
                if (message.Ask is { IsOver: true })
                {
                    bytes -= message.Charge; // nobody waits for its reply: it need not be sent
                    continue;
                }

                unconfirmed.Enqueue(message);
                into.Add(message);
            }

            return isSealed && waiting.Count == 0;
        }
    }

    /// <summary>Replaces the estimate of a message's size.</summary>
    public void Recharge(OutboundMessage message, long exact)
    {
        lock (gate)
        {
            bytes += exact - message.Charge;
            message.Charge = exact;
        }
    }

    /// <summary>The peer has handled that many messages more.</summary>
    /// <exception cref="ProtocolException">It was not sent so many.</exception>
    public void Confirm(long count)
    {
        lock (gate)
        {
            if (count < 0 || count > unconfirmed.Count)
            {
                throw new ProtocolException("a confirmation of messages that it was not sent");
            }

            for (; count > 0; count--)
            {
                bytes -= unconfirmed.Dequeue().Charge;
            }
        }
    }

    /// <summary>Takes no more; what waits is still sent.</summary>
    public void Seal()
    {
        lock (gate)
        {
            isSealed = true;
            if (!Unpark())
            {
                return;
            }
        }

        wake.SetResult(true);
    }

    /// <summary>Ends it.</summary>
    /// <returns>What was never sent, and what may have arrived.</returns>
    public (OutboundMessage[] Unsent, OutboundMessage[] Unconfirmed) Close()
    {
        bool isWoken;
        (OutboundMessage[], OutboundMessage[]) rest;
        lock (gate)
        {
            isClosed = true;
            rest = ([.. waiting], [.. unconfirmed]);
            waiting.Clear();
            unconfirmed.Clear();
            bytes = 0;
            isWoken = Unpark();
        }

        if (isWoken)
        {
            wake.SetResult(false);
        }

        return rest;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => wake.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => wake.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        wake.OnCompleted(continuation, state, token, flags);

    /// <summary>Is the reader parked? It is to be woken then, outside the lock, by this caller alone.</summary>
    private bool Unpark()
    {
        var wasParked = isParked;
        isParked = false;
        return wasParked;
    }
}
