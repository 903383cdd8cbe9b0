using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>A job's attempt, as the functions of its pipeline see it.</summary>
/// <param name="report">Told how far the job says that it is.</param>
internal sealed class QueueJobContext(JobId id, IRunningJob job, Action<double, string?> report) : JobContext
{
    public override string? JobId => id.Value;

    public override int Attempt => job.Attempt.InAll;

    protected override ReadOnlyMemory<byte> Saved => job.Checkpoint;

    public override void Log(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        job.Log(line);
    }

    public override void Report(double fraction, string? text = null) => report(double.IsNaN(fraction) ? 0 : Math.Clamp(fraction, 0, 1), text);

    protected override Task SaveAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => job.SaveCheckpointAsync(json, cancellationToken);
}
