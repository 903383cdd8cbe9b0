using System.Diagnostics;

namespace FlowerPower.Actors.Transport;

/// <summary>A message on its way to a peer, kept until the peer has confirmed it.</summary>
internal sealed class OutboundMessage(FrameKind kind, WireType type, object message)
{
    public FrameKind Kind { get; } = kind;

    public WireType Type { get; } = type;

    public object Message { get; } = message;

    public long Correlation { get; init; }

    public uint TimeoutMs { get; init; }

    public ActivityContext Trace { get; init; }

    /// <summary>Who waits for the reply; only of an Ask.</summary>
    public PendingAsk? Ask { get; init; }

    /// <summary>Bytes it counts for in the <see cref="Outbox"/>.</summary>
    public long Charge { get; set; } = type.SizeOf(message);

    /// <summary>It was given up and reported: nobody need be told of it again.</summary>
    public bool IsAbandoned { get; set; }
}
