using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>An attempt, as the code sees it that runs it: what it may know, and what it may say meanwhile. All members may be called from several threads.</summary>
public interface IRunningJob
{
    /// <summary>Which one it is.</summary>
    AttemptNumber Attempt { get; }

    /// <summary>How far it is; may be called as often as it likes.</summary>
    void Report(JobProgress progress);

    /// <summary>A line for the job's log, or several. It never waits; beyond what a job may write, lines are dropped and counted.</summary>
    void Log(string text);

    /// <summary>What was saved last, by this attempt or an earlier one, as UTF-8 JSON; empty if nothing was.</summary>
    ReadOnlyMemory<byte> Checkpoint { get; }

    /// <summary>Save where the attempt is; done when that is durable.</summary>
    /// <param name="json">UTF-8 JSON; at most <see cref="JobCheckpoint.MaxBytes"/>.</param>
    /// <param name="cancellationToken">Ends the waiting; whether it was saved is not known then.</param>
    /// <exception cref="ArgumentException">It cannot be stored; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The attempt was taken away: it is to stop.</exception>
    Task SaveCheckpointAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken);
}
