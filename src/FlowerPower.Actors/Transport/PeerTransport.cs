using Microsoft.AspNetCore.Connections;

namespace FlowerPower.Actors.Transport;

/// <summary>A process' connections to others: it listens, dials, and hands messages over. One per node, or per client.</summary>
public sealed class PeerTransport : IAsyncDisposable
{
    private readonly PeerTable peers;
    private readonly Dialler dialler;
    private readonly Listener? listener;
    private readonly Lock gate = new();
    private readonly HashSet<PeerLink> links = [];
    private Task? stopping;

    private PeerTransport(PeerTransportOptions options, ITransportHandler handler, IConnectionListener? socket)
    {
        Options = options;
        Handler = handler;
        Self = new PeerIdentity(options.NodeId, options.Incarnation, [.. options.Roles], Listener.AddressOf(options, socket));
        peers = new PeerTable(Self);
        dialler = new Dialler(this);
        listener = socket is null ? null : new Listener(this, socket);
    }

    /// <summary>Who this process is, with the address that others reach it at.</summary>
    public PeerIdentity Self { get; }

    /// <summary>The peers at the moment.</summary>
    public IReadOnlyCollection<Peer> Peers => peers.All;

    /// <summary>Messages that did not arrive or may not have.</summary>
    public ReasonLog<DropReason, DroppedMessage> Dropped { get; } = new(TransportMetrics.Dropped);

    /// <summary>Handshakes that failed.</summary>
    public ReasonLog<HandshakeRefusal, RefusedHandshake> Refused { get; } = new(TransportMetrics.Refused);

    /// <summary>Peers that were lost.</summary>
    public ReasonLog<PeerLossReason, LostPeer> Lost { get; } = new(TransportMetrics.Lost);

    internal PeerTransportOptions Options { get; }

    internal ITransportHandler Handler { get; }

    /// <summary>Starts, and listens if it is told to.</summary>
    /// <exception cref="ArgumentException">An option is outside its range, or it would listen beyond loopback without a secret.</exception>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static async Task<PeerTransport> StartAsync(
        PeerTransportOptions options, ITransportHandler handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handler);
        options.Validate();
        var socket = options.Listen is { } address ? await Listener.BindAsync(options, address, cancellationToken).ConfigureAwait(false) : null;
        var transport = new PeerTransport(options, handler, socket);
        transport.listener?.Start();
        return transport;
    }

    /// <summary>Connects once.</summary>
    /// <param name="address">The cluster port of a node.</param>
    /// <param name="expectedNode">The id of the node that should answer; <see langword="null"/> for any.</param>
    /// <exception cref="PeerUnreachableException">Nobody listens there, or the network is broken.</exception>
    /// <exception cref="HandshakeRefusedException">They did not become peers; the message names the remedy.</exception>
    public Task<Peer> DialAsync(PeerAddress address, string? expectedNode = null, CancellationToken cancellationToken = default) =>
        dialler.DialAsync(address, expectedNode, cancellationToken);

    /// <summary>Connects, and connects again with a back-off each time that the connection is lost, until the link or the transport is disposed.</summary>
    /// <inheritdoc cref="DialAsync" path="/param"/>
    /// <exception cref="ObjectDisposedException">The transport is stopping.</exception>
    public PeerLink Link(PeerAddress address, string? expectedNode = null)
    {
        var link = new PeerLink(this, address, expectedNode);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping is not null, this);
            links.Add(link);
        }

        link.Start();
        return link;
    }

    /// <summary>An incarnation is dead, as the membership has decided: it and those before it are cut off and let in no more.</summary>
    public void Retire(string nodeId, long incarnation)
    {
        ArgumentException.ThrowIfNullOrEmpty(nodeId);
        foreach (var peer in peers.Retire(nodeId, incarnation))
        {
            peer.Lose(PeerLossReason.Retired, "The cluster has declared this incarnation dead.");
        }
    }

    /// <summary>Stops to listen, sends what waits, says goodbye to all peers and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        Task task;
        lock (gate)
        {
            task = stopping ??= Task.Run(StopAsync);
        }

        await task.ConfigureAwait(false);
    }

    /// <summary>Makes a connection whose handshake is done a peer.</summary>
    /// <exception cref="HandshakeRefusedException">A newer incarnation was faster, or this process is about to stop.</exception>
    internal RemotePeer Add(PeerConnection connection, Agreement agreement, bool wasDialled)
    {
        var peer = new RemotePeer(this, connection, agreement, wasDialled);
        if (!peers.TryAdd(peer, out var replaced))
        {
            throw new HandshakeRefusedException(
                HandshakeRefusal.Stopping, $"Stopping: {Self} is about to stop, or a newer incarnation of {agreement.Remote} was faster.");
        }

        foreach (var (former, reason) in replaced)
        {
            former.Lose(reason, $"{agreement.Remote} has come in its place.");
        }

        peer.Start();
        return peer;
    }

    internal (HandshakeRefusal Reason, string Detail)? Admit(PeerIdentity other) => peers.Admit(other);

    internal void Forget(RemotePeer peer) => peers.Remove(peer);

    internal void OnUp(RemotePeer peer) => Guarded("peer-up", peer.Identity, () => Handler.PeerUp(peer));

    internal void OnLost(RemotePeer peer, PeerLoss loss)
    {
        Lost.Record(loss.Reason, new LostPeer(peer.Identity, loss, Options.Time.GetUtcNow()));
        if (loss.Reason is PeerLossReason.Silent or PeerLossReason.Stuck or PeerLossReason.ProtocolError)
        {
            TransportMetrics.Cut.Add(1, new KeyValuePair<string, object?>("reason", loss.Reason.ToString()));
        }

        Guarded("peer-lost", peer.Identity, () => Handler.PeerLost(peer, loss));
    }

    internal void OnDropped(DropReason reason, object? message, string typeId, PeerIdentity? peer, string? detail = null)
    {
        var dropped = new DroppedMessage(reason, message, typeId, peer, Options.Time.GetUtcNow(), detail);
        Dropped.Record(reason, dropped);
        try
        {
            Handler.Dropped(dropped);
        }
        catch (Exception error)
        {
            // Counted, and not handed to the same handler again.
            Dropped.Record(DropReason.HandlerFailed, dropped with { Reason = DropReason.HandlerFailed, Detail = error.Message });
        }
    }

    internal void OnRefused(HandshakeRefusal reason, string remote, string detail)
    {
        var refused = new RefusedHandshake(reason, remote, detail, Options.Time.GetUtcNow());
        Refused.Record(reason, refused);
        Guarded("refused", null, () => Handler.Refused(refused));
    }

    internal double NextJitter()
    {
        lock (gate)
        {
            return Options.Jitter();
        }
    }

    internal void Forget(PeerLink link)
    {
        lock (gate)
        {
            links.Remove(link);
        }
    }

    private void Guarded(string what, PeerIdentity? peer, Action call)
    {
        try
        {
            call();
        }
        catch (Exception error)
        {
            OnDropped(DropReason.HandlerFailed, null, what, peer, error.Message);
        }
    }

    private async Task StopAsync()
    {
        PeerLink[] ending;
        lock (gate)
        {
            ending = [.. links];
        }

        await Task.WhenAll(ending.Select(link => link.EndAsync())).ConfigureAwait(false);
        var last = peers.Close();
        await (listener?.StopAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await Task.WhenAll(last.Select(peer => peer.CloseAsync())).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(last.Select(peer => peer.WhenReleased)).WaitAsync(Options.CloseTimeout, Options.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A handler that does not return holds its connection's memory; the stop does not wait for it.
        }
    }
}
