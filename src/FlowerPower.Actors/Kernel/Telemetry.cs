using System.Diagnostics.Metrics;

namespace FlowerPower.Actors;

/// <summary>Where the runtime's instruments live.</summary>
internal static class Telemetry
{
    public static Meter Meter { get; } = new("FlowerPower.Actors");
}
