using System.Buffers;
using System.Diagnostics;

namespace FlowerPower.Actors.Transport;

internal sealed partial class RemotePeer
{
    /// <summary>After so many messages or bytes a confirmation is sent without waiting for the next heartbeat.</summary>
    private const int ConfirmMessages = 256;

    private const int ConfirmBytes = 256 * 1024;

    private long handled;
    private long received;
    private long confirmedHandled;
    private long confirmedReceived;

    /// <summary>Bytes that have come since the handshake.</summary>
    internal long Received => Volatile.Read(ref received);

    private async Task ReadAllAsync()
    {
        var input = connection.Pipe.Input;
        long rest = 0;
        try
        {
            while (!IsLost)
            {
                BeginToWait();
                var read = await input.ReadAsync().ConfigureAwait(false);
                isWaiting = false;
                var buffer = read.Buffer;
                Volatile.Write(ref received, received + buffer.Length - rest);
                while (!IsLost && Frame.TryCut(ref buffer, options.MaxFrameBytes, out var kind, out var body))
                {
                    var handling = HandleAsync(kind, body);
                    if (!handling.IsCompletedSuccessfully)
                    {
                        await handling.ConfigureAwait(false);
                    }

                    if (kind is not (FrameKind.Heartbeat or FrameKind.Goodbye))
                    {
                        Volatile.Write(ref handled, handled + 1);
                    }

                    ConfirmIfDue();
                }

                rest = buffer.Length;
                input.AdvanceTo(buffer.Start, buffer.End);
                ConfirmIfDue();
                if (read.IsCompleted)
                {
                    Lose(EndReason(), rest > 0 ? "The connection ended in the middle of a message." : "The connection ended.");
                }
            }
        }
        catch (ProtocolException error)
        {
            Lose(PeerLossReason.ProtocolError, $"It sent {error.Message}.");
        }
        catch (Exception error)
        {
            Lose(EndReason(), $"The connection ended: {error.Message}");
        }
    }

    private void ConfirmIfDue()
    {
        if (handled - confirmedHandled >= ConfirmMessages || received - confirmedReceived >= ConfirmBytes)
        {
            confirmedHandled = handled;
            confirmedReceived = received;
            outbox.RequestHeartbeat();
        }
    }

    private ValueTask HandleAsync(FrameKind kind, in ReadOnlySequence<byte> body)
    {
        switch (kind)
        {
            case FrameKind.Tell or FrameKind.Ask or FrameKind.Reply:
                TransportMetrics.Received.Add(1);
                return HandleMessageAsync(kind, body);
            case FrameKind.Heartbeat:
                OnHeartbeat(body);
                return default;
            case FrameKind.Abandoned:
                return default; // its sender has reported it
            case FrameKind.Goodbye:
                OnGoodbye();
                return default;
            default:
                throw new ProtocolException($"a frame of kind {(byte)kind}");
        }
    }

    private ValueTask HandleMessageAsync(FrameKind kind, in ReadOnlySequence<byte> body)
    {
        Span<byte> scratch = stackalloc byte[MessageFrame.MaxHeadBytes];
        var frame = MessageFrame.Read(kind, body, scratch);
        if (!TryRead(kind, frame, out var message))
        {
            return default;
        }

        if (kind == FrameKind.Reply)
        {
            if (asks.Take(frame.Correlation)?.Reply(Identity, message) is not true)
            {
                transport.OnDropped(DropReason.LateReply, message, TypeIdOf(frame), Identity);
            }

            return default;
        }

        TimeSpan? patience = kind == FrameKind.Ask ? TimeSpan.FromMilliseconds(frame.TimeoutMs) : null;
        var inbound = new Inbound(this, message, frame.Correlation, patience);
        return frame.Trace.TraceId == default ? DeliverAsync(inbound) : DeliverTracedAsync(inbound, frame.Trace);
    }

    private bool TryRead(FrameKind kind, MessageFrame frame, out object message)
    {
        message = this;
        var type = options.Types.Find(frame.TypeId);
        if (type is null)
        {
            var id = TypeIdOf(frame);
            Refuse(kind, frame.Correlation, DropReason.UnknownType, id, RemoteFailureException.UnknownType, $"the type {id} is not known here: upgrade the older of the two.");
            return false;
        }

        try
        {
            message = type.Read(frame.Payload);
            return true;
        }
        catch (Exception error)
        {
            // Not only JSON's own errors: a value outside its range is refused by the type that it is read into, with whatever exception.
            Refuse(kind, frame.Correlation, DropReason.Unreadable, type.Id, RemoteFailureException.Unreadable, $"a {type.Id} was not readable: {error.Message}");
            return false;
        }
    }

    private void Refuse(FrameKind kind, long correlation, DropReason reason, string typeId, string code, string detail)
    {
        transport.OnDropped(reason, null, typeId, Identity, detail);
        if (kind == FrameKind.Ask)
        {
            Reply(correlation, new RemoteFailure(code, detail));
        }
        else if (kind == FrameKind.Reply)
        {
            asks.Take(correlation)?.Fail(new RemoteFailureException(Identity, code, detail));
        }
    }

    private static string TypeIdOf(MessageFrame frame)
    {
        // It may be anything: what is no letter of an id does not reach a log.
        return string.Create(Math.Min(frame.TypeId.Length, WireType.MaxIdLength), frame.TypeId, static (span, id) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = id[i] is > 32 and < 127 ? (char)id[i] : '?';
            }
        });
    }

    private ValueTask DeliverAsync(Inbound inbound)
    {
        try
        {
            var handling = transport.Handler.ReceiveAsync(inbound);
            return handling.IsCompletedSuccessfully ? default : AwaitAsync(handling, inbound);
        }
        catch (Exception error)
        {
            OnHandlerFailed(inbound, error);
            return default;
        }
    }

    private async ValueTask AwaitAsync(ValueTask handling, Inbound inbound)
    {
        try
        {
            await handling.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            OnHandlerFailed(inbound, error);
        }
    }

    private async ValueTask DeliverTracedAsync(Inbound inbound, ActivityContext trace)
    {
        // Without a listener there is no recorded span, but the trace must still reach what the handler sends on.
        using var activity = TransportMetrics.Activities.StartActivity("transport.receive", ActivityKind.Consumer, trace)
            ?? new Activity("transport.receive").SetParentId(trace.TraceId, trace.SpanId, trace.TraceFlags).Start();
        await DeliverAsync(inbound).ConfigureAwait(false);
    }

    private void OnHandlerFailed(Inbound inbound, Exception error)
    {
        transport.OnDropped(DropReason.HandlerFailed, inbound.Message, options.Types.Of(inbound.Message).Id, Identity, error.Message);
        inbound.Fail(RemoteFailureException.HandlerFailed, $"the handler failed: {error.Message}");
    }

    private void OnGoodbye()
    {
        if (isClosing)
        {
            Lose(EndReason(), hasLeft ? "It said goodbye." : "This side said goodbye.");
            return;
        }

        hasLeft = true;
        _ = CloseAsync(); // sends what waits, the last confirmation and a goodbye; the other side closes then
    }
}
