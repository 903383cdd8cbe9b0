namespace FlowerPower.Actors.Transport;

/// <summary>Why two processes did not become peers.</summary>
public enum HandshakeRefusal
{
    /// <summary>The other side does not know the cluster's secret.</summary>
    WrongSecret = 1,

    /// <summary>The other side belongs to another cluster.</summary>
    WrongCluster = 2,

    /// <summary>The two sides have no protocol version in common.</summary>
    NoCommonVersion = 3,

    /// <summary>A newer incarnation of the same node is known, or this one was retired.</summary>
    StaleIncarnation = 4,

    /// <summary>Both sides have the same node id.</summary>
    SameNode = 5,

    /// <summary>What came is not this protocol.</summary>
    NotOurProtocol = 6,

    /// <summary>The handshake did not end in time.</summary>
    TimedOut = 7,

    /// <summary>Too many handshakes at once.</summary>
    Busy = 8,

    /// <summary>The side that was dialled is about to stop.</summary>
    Stopping = 9,

    /// <summary>TLS was refused: an untrusted certificate, or only one side uses it.</summary>
    Tls = 10,

    /// <summary>Another node than the expected one answers at the address.</summary>
    UnexpectedNode = 11,

    /// <summary>The connection ended in the middle of the handshake.</summary>
    Closed = 12,
}

/// <summary>Why a peer is no peer any more.</summary>
public enum PeerLossReason
{
    /// <summary>The connection ended without a word: the process was killed, or the network broke.</summary>
    Closed = 1,

    /// <summary>The other side said goodbye.</summary>
    Left = 2,

    /// <summary>Nothing came for the silence time-out. This side cut it.</summary>
    Silent = 3,

    /// <summary>It took nothing of what waits for it for the stuck time-out. This side cut it.</summary>
    Stuck = 4,

    /// <summary>It sent what the protocol does not allow. This side cut it.</summary>
    ProtocolError = 5,

    /// <summary>A newer incarnation of the same node has come.</summary>
    Superseded = 6,

    /// <summary>The same incarnation dialled again.</summary>
    Replaced = 7,

    /// <summary>This side closed it.</summary>
    ClosedHere = 8,

    /// <summary>This side was told that the incarnation is dead.</summary>
    Retired = 9,
}

/// <summary>Why a message did not arrive, or may not have.</summary>
public enum DropReason
{
    /// <summary>As many messages or bytes as allowed wait for the peer already; never sent.</summary>
    QueueFull = 1,

    /// <summary>The peer was lost before the message was sent.</summary>
    PeerLost = 2,

    /// <summary>The peer was lost before it confirmed the message: it may have arrived or not.</summary>
    Unconfirmed = 3,

    /// <summary>Longer than a frame may be; never sent.</summary>
    TooLarge = 4,

    /// <summary>It could not be written as JSON; never sent.</summary>
    NotEncodable = 5,

    /// <summary>Received, but of a type that this process does not know.</summary>
    UnknownType = 6,

    /// <summary>Received, but not readable as its type.</summary>
    Unreadable = 7,

    /// <summary>A reply that came after its Ask had ended.</summary>
    LateReply = 8,

    /// <summary>Received, but the handler threw.</summary>
    HandlerFailed = 9,

    /// <summary>There is no connection at the moment; never sent.</summary>
    NotConnected = 10,
}

/// <summary>How a peer was lost.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Detail">One sentence for the operator.</param>
public sealed record PeerLoss(PeerLossReason Reason, string Detail);

/// <summary>A message that did not arrive, or may not have.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">What; <see langword="null"/> if it was received and could not be read.</param>
/// <param name="TypeId">Its wire type.</param>
/// <param name="Peer">Who should have got it, or sent it; <see langword="null"/> for a link that has not been connected yet.</param>
/// <param name="At">When.</param>
/// <param name="Detail">More about it, if there is more.</param>
public sealed record DroppedMessage(
    DropReason Reason, object? Message, string TypeId, PeerIdentity? Peer, DateTimeOffset At, string? Detail = null);

/// <summary>A handshake that this side refused, or whose other side did.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Remote">The other side's network address.</param>
/// <param name="Detail">One sentence for the operator.</param>
/// <param name="At">When.</param>
public sealed record RefusedHandshake(HandshakeRefusal Reason, string Remote, string Detail, DateTimeOffset At);

/// <summary>A peer that is gone.</summary>
/// <param name="Peer">Who.</param>
/// <param name="Loss">How.</param>
/// <param name="At">When.</param>
public sealed record LostPeer(PeerIdentity Peer, PeerLoss Loss, DateTimeOffset At);
