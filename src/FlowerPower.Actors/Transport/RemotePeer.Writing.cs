namespace FlowerPower.Actors.Transport;

internal sealed partial class RemotePeer
{
    private const int MessagesPerBatch = 256;
    private const int FlushAt = 64 * 1024;

    private async Task WriteAllAsync()
    {
        var batch = new List<OutboundMessage>(MessagesPerBatch);
        try
        {
            while (await outbox.WaitAsync().ConfigureAwait(false))
            {
                var isLast = outbox.TakeBatch(batch, MessagesPerBatch);
                foreach (var message in batch)
                {
                    WriteHeartbeatIfDue();
                    Write(message);
                    if (writer.Unflushed >= FlushAt)
                    {
                        await writer.FlushAsync().ConfigureAwait(false);
                    }
                }

                WriteHeartbeatIfDue();
                if (isLast)
                {
                    writer.WriteGoodbye();
                }

                await writer.FlushAsync().ConfigureAwait(false);
                TransportMetrics.Sent.Add(batch.Count);
                if (isLast)
                {
                    return; // the other side answers the goodbye with its own, which the reading loop sees
                }
            }
        }
        catch (Exception error)
        {
            Lose(EndReason(), $"Writing to it failed: {error.Message}");
        }
    }

    private void WriteHeartbeatIfDue()
    {
        if (outbox.TakeHeartbeat())
        {
            writer.WriteHeartbeat(Volatile.Read(ref handled), Volatile.Read(ref received));
        }
    }

    private void Write(OutboundMessage message)
    {
        try
        {
            outbox.Recharge(message, writer.Write(message));
        }
        catch (MessageNotSentException error)
        {
            message.IsAbandoned = true;
            if (message.Ask is not null)
            {
                asks.Take(message.Correlation)?.Fail(error);
                return;
            }

            Drop(error.Reason, message, error.Message);
            if (message.Kind == FrameKind.Reply && message.Message is not RemoteFailure)
            {
                Reply(message.Correlation, new RemoteFailure(RemoteFailureException.ReplyNotSent, error.Message));
            }
        }
    }
}
