namespace FlowerPower.Actors.Transport;

/// <summary>What the transport tells its process. Called from many threads, for one peer in order: up, its messages, lost.</summary>
public interface ITransportHandler
{
    /// <summary>Somebody has proved to be a peer. Must be quick and must not throw; it may Tell.</summary>
    void PeerUp(Peer peer)
    {
    }

    /// <summary>
    /// A message has come. The peer's next one is taken when the task has ended: a task that takes its time holds the peer back, and whoever sends
    /// to this process sees its own bounds. An exception is the reply of an Ask, and counted.
    /// </summary>
    ValueTask ReceiveAsync(Inbound message);

    /// <summary>
    /// The peer is lost, and no message of it is handed over from now on; one that is being handled may still be. Once for each
    /// <see cref="PeerUp"/>. Must be quick and must not throw.
    /// </summary>
    /// <remarks>
    /// When a node dials again, its new connection can be up before the former one is lost: keep what belongs to a connection by its <see cref="Peer"/>,
    /// not by the node's id, or the loss of the former one takes the new one's things away.
    /// </remarks>
    void PeerLost(Peer peer, PeerLoss loss)
    {
    }

    /// <summary>
    /// A message did not arrive or may not have, in or out. Not called for an Ask's request: its task says the same. Must be quick and must not throw.
    /// </summary>
    void Dropped(DroppedMessage message)
    {
    }

    /// <summary>A handshake failed. Must be quick and must not throw.</summary>
    void Refused(RefusedHandshake handshake)
    {
    }
}
