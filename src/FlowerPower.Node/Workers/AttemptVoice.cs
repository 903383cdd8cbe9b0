using FlowerPower.Jobs;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Workers;

/// <summary>What a running attempt says to its job, wherever that is: its progress, its lines, its checkpoints.</summary>
internal sealed class AttemptVoice : IRunningJob
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AgainAtMostAfter = TimeSpan.FromSeconds(1);

    private readonly JobNodeParts parts;
    private readonly RunAttempt run;
    private readonly CancellationToken cancelled;
    private readonly ProgressThrottle progress;
    private readonly LogBudget ofNode;
    private readonly Lock gate = new();
    private LogWriter? log; // most jobs write nothing
    private bool closed;
    private readonly SemaphoreSlim saving = new(1, 1); // one after the other, so that an older one cannot come last
    private byte[] saved;

    /// <param name="ofNode">What all jobs of the node may log together.</param>
    /// <param name="cancelled">The attempt is not wanted any more.</param>
    public AttemptVoice(JobNodeParts parts, RunAttempt run, LogBudget ofNode, CancellationToken cancelled)
    {
        (this.parts, this.run, this.ofNode, this.cancelled) = (parts, run, ofNode, cancelled);
        saved = run.Checkpoint.ToArray();
        progress = new ProgressThrottle(report => Tell(new JobCommand.ReportProgress(run.Grant, report)), parts.Options.Time, ProgressEvery);
    }

    public AttemptNumber Attempt => run.Attempt;

    public ReadOnlyMemory<byte> Checkpoint => Volatile.Read(ref saved);

    /// <summary>The newest lines, for the attempt's end; <see langword="null"/> if there was none.</summary>
    public IReadOnlyList<JobLogLine>? NewestLines
    {
        get
        {
            lock (gate)
            {
                return log?.Newest;
            }
        }
    }

    public void Report(JobProgress progress) => this.progress.Report(progress);

    public void Log(string text)
    {
        LogWriter writer;
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            writer = log ??= new LogWriter(run.Attempt.InAll, lines => Tell(new JobCommand.WriteLog(run.Grant, lines)), ofNode, parts.Options.Time);
        }

        writer.Write(text);
    }

    /// <summary>The attempt has ended: it says no more.</summary>
    public void Close()
    {
        progress.Close();
        lock (gate)
        {
            closed = true;
            log?.Close();
        }
    }

    public async Task SaveCheckpointAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (JobWire.ProblemWithCheckpoint(json.Span) is { } problem)
        {
            throw new ArgumentException(problem, nameof(json));
        }

        var mine = json.ToArray();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, cancellationToken);
        await saving.WaitAsync(either.Token).ConfigureAwait(false);
        try
        {
            await SaveAsync(mine, either.Token).ConfigureAwait(false);
            Volatile.Write(ref saved, mine);
        }
        finally
        {
            saving.Release();
        }
    }

    /// <summary>Asks the job again and again until it answers: its shard may be on its way from one node to another.</summary>
    private async Task SaveAsync(byte[] json, CancellationToken cancellationToken)
    {
        var command = new JobCommand.SaveCheckpoint(run.Grant, json);
        for (var wait = FirstAgainAfter; ; wait = wait * 2 < AgainAtMostAfter ? wait * 2 : AgainAtMostAfter)
        {
            if (await AskAsync(command, cancellationToken).ConfigureAwait(false) is not { } reply)
            {
                await Task.Delay(wait, parts.Options.Time, cancellationToken).ConfigureAwait(false);
            }
            else if (reply.Refusal is null)
            {
                return;
            }
            else
            {
                parts.Worker.Tell(new StopAttempt(run.Grant, reply.Fate ?? AttemptFate.Of(reply.State, run.Grant)));
                throw new OperationCanceledException("The attempt was taken away, so its checkpoint was not saved: another one runs, or the job has ended.");
            }
        }
    }

    /// <returns><see langword="null"/>: nobody has answered.</returns>
    private async Task<JobReply?> AskAsync(JobCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await parts.Jobs.Ask<JobReply>(run.Spec.Id.Value, command, AnswerTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Tell(JobCommand command) => parts.Jobs.Tell(run.Spec.Id.Value, command);
}
