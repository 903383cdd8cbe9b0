using System.Diagnostics.Metrics;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>Counts deleted jobs and says who did it: a deleted job has no history that would.</summary>
internal static class Deletions
{
    private static readonly Meter Meter = new("FlowerPower.Node");

    private static readonly Counter<long> Counter = Meter.CreateCounter<long>(
        "flowerpower.node.jobs_deleted", "{job}", "Ended jobs that somebody deleted, by how they had ended.");

    /// <summary>A deletion is stored.</summary>
    /// <param name="former">The job before.</param>
    public static void Record(JobNodeParts parts, JobState.Finished former, string by)
    {
        var outcome = former.Outcome.ToString().ToLowerInvariant();
        Counter.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        parts.Record($"deleted {former.Trail.Spec.Pipeline} {former.Trail.Spec.Id} ({outcome}), as {by} wished");
    }
}
