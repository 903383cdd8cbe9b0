namespace FlowerPower.Actors.Transport;

/// <summary>A connection to one incarnation of another process, from its handshake until it is lost; it does not come back.</summary>
public abstract class Peer
{
    internal Peer(PeerIdentity identity, bool wasDialled)
    {
        Identity = identity;
        WasDialled = wasDialled;
    }

    /// <summary>Who it is.</summary>
    public PeerIdentity Identity { get; }

    /// <summary>Did this side dial? Else the other side did.</summary>
    public bool WasDialled { get; }

    /// <summary>Completes when the peer is lost; never fails.</summary>
    public abstract Task<PeerLoss> WhenLost { get; }

    /// <summary>Messages that wait for it or that it has not confirmed.</summary>
    public abstract int Outstanding { get; }

    /// <summary>
    /// Sends without waiting: at most once, in order with everything else that is sent to this peer. What does not arrive, or may not have, is
    /// reported to <see cref="ITransportHandler.Dropped"/>.
    /// </summary>
    /// <param name="message">An immutable object of a registered type.</param>
    /// <returns>Does it wait to be sent? If not, it has been reported.</returns>
    /// <exception cref="ArgumentException">The type is not registered.</exception>
    public abstract bool Tell(object message);

    /// <summary>Sends and waits for one reply; replies may come in any order.</summary>
    /// <param name="message">An immutable object of a registered type.</param>
    /// <param name="timeout">How long to wait; more than zero, at most 24 days.</param>
    /// <param name="cancellationToken">Ends the wait early; what was sent stays sent.</param>
    /// <exception cref="ArgumentException">The type is not registered.</exception>
    /// <exception cref="AskTimeoutException">No reply came in time: whether the message was handled is unknown.</exception>
    /// <exception cref="PeerLostException">The peer was lost first; it says whether the message may have been handled.</exception>
    /// <exception cref="MessageNotSentException">It is too large, cannot be encoded, or too much waits already.</exception>
    /// <exception cref="RemoteFailureException">The peer could not handle it.</exception>
    /// <exception cref="UnexpectedReplyException">The reply was no <typeparamref name="T"/>.</exception>
    public abstract Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>Sends what waits, says goodbye and closes; after the close time-out, without waiting any longer. Does not throw.</summary>
    public abstract Task CloseAsync();

    internal abstract void Reply(long correlation, object message);
}
