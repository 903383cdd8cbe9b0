namespace FlowerPower.Actors.Transport;

/// <summary>A connection that this side dials, and dials again with a back-off each time that it is lost. Each time it is a new <see cref="Peer"/>.</summary>
public sealed class PeerLink : IAsyncDisposable
{
    private readonly PeerTransport transport;
    private readonly string? expectedNode;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private TaskCompletionSource<Peer> connected = NewPromise();
    private volatile Peer? current;
    private volatile Exception? lastError;
    private Task running = Task.CompletedTask;

    internal PeerLink(PeerTransport transport, PeerAddress address, string? expectedNode)
    {
        this.transport = transport;
        Address = address;
        this.expectedNode = expectedNode;
    }

    /// <summary>Where it dials.</summary>
    public PeerAddress Address { get; }

    /// <summary>The peer, or <see langword="null"/> while there is no connection.</summary>
    public Peer? Current => current;

    /// <summary>Why the last attempt failed; <see langword="null"/> if it did not.</summary>
    public Exception? LastError => lastError;

    /// <summary>Waits for a connection, through any number of attempts at a node that cannot be reached.</summary>
    /// <exception cref="HandshakeRefusedException">The node refused, and will until a configuration is changed; the link tries on, at its longest pause.</exception>
    /// <exception cref="ObjectDisposedException">The link was disposed.</exception>
    public Task<Peer> ConnectedAsync(CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            return connected.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Tells the present peer; if there is none, the message is dropped and reported.</summary>
    /// <inheritdoc cref="Peer.Tell"/>
    public bool Tell(object message)
    {
        if (current is { } peer)
        {
            return peer.Tell(message);
        }

        transport.OnDropped(DropReason.NotConnected, message, transport.Options.Types.Of(message).Id, null, NotConnected());
        return false;
    }

    /// <summary>Asks the present peer; if there is none, it fails at once with <see cref="DropReason.NotConnected"/>.</summary>
    /// <inheritdoc cref="Peer.Ask"/>
    public Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        current is { } peer
            ? peer.Ask<T>(message, timeout, cancellationToken)
            : Task.FromException<T>(new MessageNotSentException(DropReason.NotConnected, NotConnected(), lastError));

    /// <summary>Says goodbye and dials no more.</summary>
    public async ValueTask DisposeAsync()
    {
        transport.Forget(this);
        await EndAsync().ConfigureAwait(false);
    }

    internal void Start()
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            running = Task.Run(RunAsync);
        }
    }

    internal async Task EndAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    /// <summary>The pause before an attempt.</summary>
    /// <param name="failures">Attempts that failed since the last good connection; 0 or more.</param>
    /// <param name="jitter">A uniform sample in [0, 1): nodes that lost the same peer must not return together.</param>
    /// <returns>From half to the whole of min × 2^failures, at most of max.</returns>
    internal static TimeSpan Pause(int failures, TimeSpan min, TimeSpan max, double jitter)
    {
        var full = Math.Min(min.TotalSeconds * Math.Pow(2, Math.Min(failures, 30)), max.TotalSeconds);
        return TimeSpan.FromSeconds(full * (0.5 + (0.5 * jitter)));
    }

    private static TaskCompletionSource<Peer> NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        var options = transport.Options;
        var failures = 0;
        try
        {
            while (true)
            {
                try
                {
                    var peer = await transport.DialAsync(Address, expectedNode, stop.Token).ConfigureAwait(false);
                    var since = options.Time.GetTimestamp();
                    SetConnected(peer);
                    await LiveAsync(peer).ConfigureAwait(false);
                    // A connection that does not last is a failure as well: else two that cut each other would dial without a pause.
                    failures = options.Time.GetElapsedTime(since) >= options.ReconnectMax ? 0 : failures + 1;
                }
                catch (HandshakeRefusedException refusal) when (refusal.NeedsConfiguration)
                {
                    SetRefused(refusal);
                    failures = int.MaxValue / 2;
                }
                catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
                {
                    lastError = error;
                    failures++;
                }

                var pause = Pause(failures, options.ReconnectMin, options.ReconnectMax, transport.NextJitter());
                await Task.Delay(pause, options.Time, stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        finally
        {
            Fail(new ObjectDisposedException(nameof(PeerLink), "The link was disposed."));
        }
    }

    private async Task LiveAsync(Peer peer)
    {
        try
        {
            await peer.WhenLost.WaitAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await peer.CloseAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            lock (gate)
            {
                current = null;
                connected = NewPromise();
            }
        }
    }

    private void SetConnected(Peer peer)
    {
        lock (gate)
        {
            current = peer;
            lastError = null;
            connected.TrySetResult(peer);
        }
    }

    private void SetRefused(HandshakeRefusedException refusal)
    {
        lastError = refusal;
        Fail(refusal);
        lock (gate)
        {
            connected = NewPromise();
        }
    }

    private void Fail(Exception error)
    {
        lock (gate)
        {
            connected.TrySetException(error);
            _ = connected.Task.Exception; // nobody may be waiting, and that is all right
        }
    }

    private string NotConnected() =>
        $"There is no connection to {Address} at the moment{(lastError is { } error ? $" ({error.Message})" : "")}: wait for ConnectedAsync.";
}
