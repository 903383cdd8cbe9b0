using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>What a worker slot does with an attempt.</summary>
public interface IJobExecutor
{
    /// <summary>Run one attempt.</summary>
    /// <param name="job">Which one it is, and how it says what it is doing.</param>
    /// <param name="cancellationToken">The attempt was taken away, or the node stops: what it returns from then on is not recorded.</param>
    /// <returns>The result as UTF-8 JSON, an object by node name.</returns>
    /// <exception cref="SnoozeException">The attempt ends without an outcome, and another one is to begin later.</exception>
    /// <exception cref="Exception">The attempt failed; the exception's type decides whether the job is tried again.</exception>
    Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken);
}
