using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>What a worker slot does with an attempt.</summary>
public interface IJobExecutor
{
    /// <summary>Run one attempt.</summary>
    /// <param name="attempt">Which one it is.</param>
    /// <param name="progress">How far it is; may be called from any thread, as often as it likes.</param>
    /// <param name="cancellationToken">The attempt was taken away, or the node stops: what it returns from then on is not recorded.</param>
    /// <returns>The result as UTF-8 JSON, an object by node name.</returns>
    /// <exception cref="Exception">The attempt failed; the exception's type decides whether the job is tried again.</exception>
    Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, AttemptNumber attempt, Action<JobProgress> progress, CancellationToken cancellationToken);
}
