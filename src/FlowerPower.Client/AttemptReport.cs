using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Client;

/// <summary>What became of one attempt.</summary>
/// <param name="Job">What the job is.</param>
/// <param name="Attempt">Which one it was.</param>
/// <param name="Took">From its start to its end; zero or more.</param>
/// <param name="Error">Why it failed; <see langword="null"/> if it did not. An <see cref="OperationCanceledException"/>: it was taken away.</param>
public sealed record AttemptReport(JobSpec Job, AttemptNumber Attempt, TimeSpan Took, Exception? Error);

/// <summary>Runs attempts as another executor does, and reports their ends.</summary>
internal sealed class ReportingExecutor(IJobExecutor executor, Action<AttemptReport> report, TimeProvider time) : IJobExecutor
{
    public async Task<ReadOnlyMemory<byte>> RunAsync(
        JobSpec spec, AttemptNumber attempt, Action<JobProgress> progress, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            var result = await executor.RunAsync(spec, attempt, progress, cancellationToken).ConfigureAwait(false);
            Report(null);
            return result;
        }
        catch (Exception error)
        {
            Report(error);
            throw;
        }

        void Report(Exception? error)
        {
            try
            {
                report(new AttemptReport(spec, attempt, time.GetElapsedTime(started), error));
            }
            catch (Exception)
            {
                // Whoever listens must not turn a success into a failure, nor a failure into another one.
            }
        }
    }
}
