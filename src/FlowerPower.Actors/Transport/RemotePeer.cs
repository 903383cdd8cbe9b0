using System.Diagnostics;

namespace FlowerPower.Actors.Transport;

/// <summary>A peer behind a socket: one loop that reads, one that writes, and a timer that says that this side lives and looks whether the other does.</summary>
/// <remarks>
/// One connection carries both lanes. A heartbeat goes before all that waits, but not before what the socket holds already; therefore any byte that
/// comes counts as a sign of life, and not only a heartbeat: behind bulk data a heartbeat may be late, and then the bulk data is the sign.
/// </remarks>
internal sealed partial class RemotePeer : Peer
{
    // The handler hears of the beginning before it hears of the end, though the end may come first.
    private const int New = 0;
    private const int Announced = 1;
    private const int Ended = 2;

    private static readonly TimeSpan LongestAsk = TimeSpan.FromDays(24);

    private readonly PeerTransport transport;
    private readonly PeerTransportOptions options;
    private readonly PeerConnection connection;
    private readonly TimeProvider time;
    private readonly Outbox outbox;
    private readonly FrameWriter writer;
    private readonly AskTable asks = new();
    private readonly TaskCompletionSource<PeerLoss> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? timer;
    private Task reading = Task.CompletedTask;
    private Task writing = Task.CompletedTask;
    private int stage = New;
    private int isLost;
    private volatile bool isClosing;
    private volatile bool hasLeft;

    public RemotePeer(PeerTransport transport, PeerConnection connection, Agreement agreement, bool wasDialled)
        : base(agreement.Remote, wasDialled)
    {
        this.transport = transport;
        this.connection = connection;
        options = transport.Options;
        time = options.Time;
        outbox = new Outbox(options.MaxOutstandingMessages, options.MaxOutstandingBytes);
        writer = new FrameWriter(connection.Pipe.Output, agreement.MaxFrameToSend);
        lastTickAt = lastReceivedAt = lastProgressAt = time.GetTimestamp();
    }

    public override Task<PeerLoss> WhenLost => lost.Task;

    public override int Outstanding => outbox.Outstanding;

    /// <summary>Completes when nothing of the connection is left.</summary>
    public Task WhenReleased => released.Task;

    private bool IsLost => Volatile.Read(ref isLost) != 0;

    /// <summary>Tells the handler, then begins to read, to write and to watch. None of it carries the caller's context.</summary>
    public void Start()
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            timer = time.CreateTimer(static peer => ((RemotePeer)peer!).OnTick(), this, options.HeartbeatEvery, options.HeartbeatEvery);
            transport.OnUp(this);
            if (Interlocked.CompareExchange(ref stage, Announced, New) == Ended)
            {
                timer.Dispose();
                transport.OnLost(this, lost.Task.Result); // it was lost while the handler was told that it is there
                return;
            }

            writing = Task.Run(WriteAllAsync);
            reading = Task.Run(ReadAllAsync);
        }
    }

    public override bool Tell(object message)
    {
        var outbound = new OutboundMessage(FrameKind.Tell, options.Types.Of(message), message) { Trace = CurrentTrace() };
        return Send(outbound) || Drop(ReasonNotSent(), outbound);
    }

    public override Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var type = options.Types.Of(message);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, LongestAsk);
        var (correlation, ask) = asks.Begin<T>(time, timeout, () => $"{Identity} did not answer {type.Id}", cancellationToken);
        var outbound = new OutboundMessage(FrameKind.Ask, type, message)
        {
            Correlation = correlation,
            TimeoutMs = (uint)Math.Ceiling(timeout.TotalMilliseconds),
            Trace = CurrentTrace(),
            Ask = ask,
        };
        if (!Send(outbound))
        {
            asks.Take(correlation);
            ask.Fail(ReasonNotSent() == DropReason.QueueFull
                ? new MessageNotSentException(DropReason.QueueFull, $"Too much waits for {Identity} already: ask again later, or ask another node.")
                : new PeerLostException(Identity, LossSoFar(), mayHaveArrived: false));
        }

        return ask.Task;
    }

    public override async Task CloseAsync()
    {
        isClosing = true;
        outbox.RequestHeartbeat(); // confirms what has come, so that the other side need not doubt it
        outbox.Seal();
        try
        {
            await lost.Task.WaitAsync(options.CloseTimeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Lose(EndReason(), "The goodbye took longer than the close time-out.");
        }
    }

    /// <summary>Ends it at once; the first reason counts.</summary>
    public void Lose(PeerLossReason reason, string detail)
    {
        if (Interlocked.Exchange(ref isLost, 1) != 0)
        {
            return;
        }

        var loss = new PeerLoss(reason, detail);
        timer?.Dispose();
        connection.Abort();
        var (unsent, unconfirmed) = outbox.Close();
        lost.SetResult(loss);
        transport.Forget(this);
        if (Interlocked.CompareExchange(ref stage, Ended, New) == Announced)
        {
            transport.OnLost(this, loss);
        }

        var never = unsent.Where(message => message.Ask is not null).Select(message => message.Ask!).ToHashSet();
        asks.FailAll(ask => new PeerLostException(Identity, loss, mayHaveArrived: !never.Contains(ask)));
        Report(unsent, DropReason.PeerLost);
        Report(unconfirmed, DropReason.Unconfirmed);
        _ = ReleaseAsync();
    }

    internal override void Reply(long correlation, object message)
    {
        var reply = new OutboundMessage(FrameKind.Reply, options.Types.Of(message), message) { Correlation = correlation };
        if (!Send(reply))
        {
            Drop(ReasonNotSent(), reply);
        }
    }

    private static ActivityContext CurrentTrace() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Context : default;

    private bool Send(OutboundMessage message) => outbox.Add(message) == Outbox.Added.Waits;

    private DropReason ReasonNotSent() => IsLost || isClosing ? DropReason.PeerLost : DropReason.QueueFull;

    private PeerLoss LossSoFar() =>
        lost.Task.IsCompleted ? lost.Task.Result : new PeerLoss(EndReason(), "The connection is being closed.");

    /// <summary>What an end means that nothing went wrong at.</summary>
    private PeerLossReason EndReason() =>
        hasLeft ? PeerLossReason.Left : isClosing ? PeerLossReason.ClosedHere : PeerLossReason.Closed;

    private bool Drop(DropReason reason, OutboundMessage message, string? detail = null)
    {
        transport.OnDropped(reason, message.Message, message.Type.Id, Identity, detail);
        return false;
    }

    private void Report(OutboundMessage[] messages, DropReason reason)
    {
        foreach (var message in messages)
        {
            if (message.Ask is null && !message.IsAbandoned)
            {
                Drop(reason, message);
            }
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            // A handler that never returns keeps its own connection's memory, and nothing else.
            await Task.WhenAll(reading, writing).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection is gone in any case, and its loss has been reported.
        }
        finally
        {
            released.TrySetResult();
        }
    }
}
