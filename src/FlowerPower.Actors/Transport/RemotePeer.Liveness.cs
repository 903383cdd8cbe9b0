using System.Buffers;
using System.Buffers.Binary;

namespace FlowerPower.Actors.Transport;

internal sealed partial class RemotePeer
{
    private volatile bool isWaiting;
    private long lastReceivedAt;
    private long lastProgressAt;
    private long lastTickAt;
    private long peerHandled;
    private long peerReceived;

    /// <summary>Silence counts only while this side listens: a handler that takes its time is not the peer's silence.</summary>
    private void BeginToWait()
    {
        Volatile.Write(ref lastReceivedAt, time.GetTimestamp());
        isWaiting = true;
    }

    private void OnTick()
    {
        var now = time.GetTimestamp();
        var sinceTick = time.GetElapsedTime(lastTickAt, now);
        lastTickAt = now;
        if (sinceTick > 2 * options.HeartbeatEvery)
        {
            // This process was stopped or starved: what came meanwhile has not been looked at yet.
            Volatile.Write(ref lastReceivedAt, now);
            Volatile.Write(ref lastProgressAt, now);
        }

        if (isWaiting && time.GetElapsedTime(Volatile.Read(ref lastReceivedAt), now) >= options.SilenceTimeout)
        {
            Lose(PeerLossReason.Silent, $"Nothing came from it for {options.SilenceTimeout.TotalSeconds:0.###} s.");
            return;
        }

        if (outbox.Outstanding == 0)
        {
            Volatile.Write(ref lastProgressAt, now);
        }
        else if (time.GetElapsedTime(Volatile.Read(ref lastProgressAt), now) >= options.StuckTimeout)
        {
            Lose(
                PeerLossReason.Stuck,
                $"It took nothing of the {outbox.Outstanding} messages for it for {options.StuckTimeout.TotalSeconds:0.###} s.");
            return;
        }

        outbox.RequestHeartbeat();
    }

    private void OnHeartbeat(in ReadOnlySequence<byte> body)
    {
        if (body.Length < Frame.HeartbeatBytes)
        {
            throw new ProtocolException("a heartbeat that is too short");
        }

        Span<byte> copy = stackalloc byte[Frame.HeartbeatBytes];
        body.Slice(0, Frame.HeartbeatBytes).CopyTo(copy);
        var handledThere = BinaryPrimitives.ReadInt64LittleEndian(copy);
        var receivedThere = BinaryPrimitives.ReadInt64LittleEndian(copy[8..]);
        outbox.Confirm(handledThere - peerHandled);
        if (handledThere > peerHandled || receivedThere > peerReceived)
        {
            Volatile.Write(ref lastProgressAt, time.GetTimestamp());
        }

        peerHandled = handledThere;
        peerReceived = receivedThere;
    }
}
