using System.Diagnostics.Metrics;

namespace FlowerPower.Node.Jobs;

/// <summary>What stores lost that they had acknowledged, counted by how it ended.</summary>
internal static class HistoryLosses
{
    private static readonly Meter Meter = new("FlowerPower.Node");

    /// <summary>Batches that were written again as they were.</summary>
    public static readonly Counter<long> Repaired = Meter.CreateCounter<long>(
        "flowerpower.history.batches_repaired", "{batch}", "Acknowledged batches that the store had lost and that were written again.");

    /// <summary>Times that a store had lost more than its owner's last batches.</summary>
    public static readonly Counter<long> Beyond = Meter.CreateCounter<long>(
        "flowerpower.history.gaps", "{gap}", "Times that a store had lost more than its owner could write again batch by batch.");

    /// <summary>Jobs that were written again from memory.</summary>
    public static readonly Counter<long> Restored = Meter.CreateCounter<long>(
        "flowerpower.history.jobs_restored", "{job}", "Jobs that a store had lost or set back and that were written again from memory.");

    /// <summary>Jobs that had ended and run again.</summary>
    public static readonly Counter<long> Returned = Meter.CreateCounter<long>(
        "flowerpower.history.jobs_returned", "{job}", "Jobs that had ended, whose end a store had lost, and that run again.");

    /// <summary>Jobs that were not.</summary>
    public static readonly Counter<long> Lost = Meter.CreateCounter<long>(
        "flowerpower.history.jobs_lost", "{job}", "Jobs that a store had lost and that nobody could write again.");
}
