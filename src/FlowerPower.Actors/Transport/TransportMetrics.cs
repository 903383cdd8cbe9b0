using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FlowerPower.Actors.Transport;

/// <summary>The transport's instruments. No node id in a tag: ids go to events and spans.</summary>
internal static class TransportMetrics
{
    public static readonly Counter<long> Dropped = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.transport.dropped", "{message}", "Messages between processes that did not arrive or may not have, by reason.");

    public static readonly Counter<long> Refused = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.transport.handshakes_refused", "{handshake}", "Handshakes that failed, by reason.");

    public static readonly Counter<long> Lost = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.transport.peers_lost", "{peer}", "Connections to peers that ended, by reason.");

    public static readonly Counter<long> Cut = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.transport.peer_cut", "{peer}", "Peers that this side cut off: silent, stuck, or breaking the protocol.");

    public static readonly Counter<long> Sent = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.transport.messages_sent", "{message}", "Messages written to connections.");

    public static readonly Counter<long> Received = Telemetry.Meter.CreateCounter<long>(
        "flowerpower.transport.messages_received", "{message}", "Messages read from connections.");

    public static readonly ActivitySource Activities = new("FlowerPower.Actors");
}
