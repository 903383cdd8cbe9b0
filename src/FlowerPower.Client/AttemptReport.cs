using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Client;

/// <summary>What became of one attempt.</summary>
/// <param name="Job">What the job is.</param>
/// <param name="Attempt">Which one it was.</param>
/// <param name="Took">From its start to its end; zero or more.</param>
/// <param name="Error">Why it failed; <see langword="null"/> if it did not. An <see cref="OperationCanceledException"/>: it was taken away.</param>
public sealed record AttemptReport(JobSpec Job, AttemptNumber Attempt, TimeSpan Took, Exception? Error);

/// <summary>Runs attempts as another executor does, and reports their ends. A report that throws is a warning, and changes no outcome.</summary>
/// <param name="warn">Told why a report was not taken; <see langword="null"/>: nobody is.</param>
internal sealed class ReportingExecutor(
    IJobExecutor executor, Action<AttemptReport> report, Action<string>? warn, TimeProvider time) : IJobExecutor
{
    public async Task<ReadOnlyMemory<byte>> RunAsync(
        JobSpec spec, AttemptNumber attempt, Action<JobProgress> progress, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        ReadOnlyMemory<byte> result;
        try
        {
            result = await executor.RunAsync(spec, attempt, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Report(new AttemptReport(spec, attempt, time.GetElapsedTime(started), error));
            throw;
        }

        Report(new AttemptReport(spec, attempt, time.GetElapsedTime(started), null));
        return result;
    }

    private void Report(AttemptReport ended)
    {
        try
        {
            report(ended);
        }
        catch (Exception error)
        {
            Warn($"The end of attempt {ended.Attempt} of job {ended.Job.Id} could not be reported, and is recorded all the same: {error.Message}");
        }
    }

    private void Warn(string text)
    {
        try
        {
            warn?.Invoke(text);
        }
        catch (Exception)
        {
            // As a rule both write to the same full disk: there is nobody left to tell, and the attempt is not to blame.
        }
    }
}
