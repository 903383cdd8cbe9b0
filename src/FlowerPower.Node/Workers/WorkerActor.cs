using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Workers;

/// <summary>
/// A node's worker: a number of slots that ask the broker for work, run it beside the actors' threads, and report each outcome to its job until
/// the job has answered. A slot is free again as soon as its attempt has ended; the report does not hold it.
/// </summary>
internal sealed class WorkerActor(JobNodeParts parts, IJobExecutor executor, WorkerGauge gauge, WorkerBoard board) : Actor
{
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstResendAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ResendAtMostAfter = TimeSpan.FromSeconds(1);
    private static readonly object HeartbeatTimer = new();

    private readonly Dictionary<GrantId, RunningAttempt> running = board.Running;
    private readonly Dictionary<GrantId, PendingReport> reports = board.Reports;
    private bool isRestarting;

    protected override ValueTask OnStart()
    {
        Context.StartPeriodicTimer(HeartbeatTimer, Beat.Instance, parts.Options.HeartbeatEvery);
        foreach (var report in reports.Values)
        {
            Send(report); // a former incarnation's answers do not reach this one
        }

        return ValueTask.CompletedTask;
    }

    protected override ValueTask OnRestart(Exception reason, object? message)
    {
        isRestarting = true;
        parts.Warn($"The worker restarts; its attempts go on: {reason.Message}");
        return ValueTask.CompletedTask;
    }

    protected override ValueTask OnReceive(object message)
    {
        switch (message)
        {
            case BrokerStarted or WorkRetracted:
                board.Asked = 0;
                board.IsRetracting = false;
                break;
            case RunAttempt run:
                board.Asked = Math.Max(0, board.Asked - 1);
                Begin(run);
                break;
            case AttemptEnded ended:
                End(ended);
                break;
            case ReportAnswered answered:
                reports.Remove(answered.Grant);
                break;
            case ReportUnanswered unanswered:
                ResendLater(unanswered.Grant);
                break;
            case ResendReport again when reports.TryGetValue(again.Grant, out var report):
                Send(report);
                break;
            case ResendReport:
                break; // answered since
            case Beat:
                AskWhetherStillOurs();
                break;
            case StopAttempt stop:
                Stop(stop);
                break;
            case ConfirmAttempt confirm:
                Confirm(confirm);
                break;
            case SetSlots set:
                board.Slots = set.Slots;
                Retract();
                break;
            case Drain:
                board.IsDraining = true;
                Retract();
                board.DrainedTo = Context.Sender == ActorRef.Nobody ? null : Context.Sender;
                break;
            case HandBack:
                HandEverythingBack();
                break;
            default:
                Unhandled(message);
                return ValueTask.CompletedTask;
        }

        gauge.Busy = running.Count;
        AskForWork();
        TellDrained();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask OnStop()
    {
        if (isRestarting)
        {
            return ValueTask.CompletedTask;
        }

        foreach (var attempt in running.Values)
        {
            attempt.Cancel();
        }

        return ValueTask.CompletedTask;
    }

    private void AskForWork()
    {
        // Reports that wait for a slow store count, so that a worker cannot pile up outcomes without end.
        var unreported = Math.Max(0, reports.Count - board.Slots);
        var free = board.Slots - running.Count - board.Asked - unreported;
        if (free > 0 && !board.IsDraining && !board.IsRetracting)
        {
            board.Asked += free;
            parts.Broker.Tell(new RequestWork(free), Context.Self);
        }
    }

    /// <summary>What was asked for and is not wanted now would be granted all the same, and be handed back again and again.</summary>
    private void Retract()
    {
        if (!board.IsRetracting)
        {
            board.IsRetracting = true;
            parts.Broker.Tell(RetractWork.Instance, Context.Self);
        }
    }

    private void Begin(RunAttempt run)
    {
        if (running.ContainsKey(run.Grant) || reports.ContainsKey(run.Grant))
        {
            return; // told twice
        }

        if (board.IsDraining || running.Count >= board.Slots)
        {
            GiveBack(run.Spec.Id, run.Grant);
            return;
        }

        var attempt = new RunningAttempt(run.Spec.Id);
        running[run.Grant] = attempt;
        var self = Context.Self;
        var progress = new ProgressThrottle(
            report => parts.Jobs.Tell(run.Spec.Id.Value, new JobCommand.ReportProgress(run.Grant, report)), parts.Options.Time, ProgressEvery);
        parts.RunBeside(async () => self.Tell(new AttemptEnded(run.Grant, await RunAsync(run, attempt, progress).ConfigureAwait(false))));
    }

    private async Task<JobCommand> RunAsync(RunAttempt run, RunningAttempt attempt, ProgressThrottle progress)
    {
        try
        {
            var result = await executor.RunAsync(run.Spec, run.Attempt, progress.Report, attempt.Cancellation.Token).ConfigureAwait(false);
            return JobWire.ProblemWithResult(result.Span) is { } problem
                ? new JobCommand.Fail(run.Grant, JobError.Named("ResultRefused", problem))
                : new JobCommand.Succeed(run.Grant, result);
        }
        catch (Exception error)
        {
            return new JobCommand.Fail(run.Grant, JobErrors.Of(error));
        }
        finally
        {
            progress.Close();
        }
    }

    private void End(AttemptEnded ended)
    {
        if (!running.Remove(ended.Grant, out var attempt))
        {
            return;
        }

        attempt.Cancellation.Dispose();
        if (!attempt.IsTakenAway)
        {
            var report = new PendingReport(ended.Grant, attempt.Job, ended.Outcome);
            reports[ended.Grant] = report;
            Send(report);
        }
    }

    /// <summary>Tell the job, and again until it answers: a refusal is an answer too.</summary>
    private void Send(PendingReport report)
    {
        var answer = parts.Jobs.Ask<JobReply>(report.Job.Value, report.Outcome, ReportTimeout);
        Context.PipeToSelf(answer, _ => new ReportAnswered(report.Grant), _ => new ReportUnanswered(report.Grant));
    }

    /// <summary>A shard that is starting, or has stopped, answers nobody; asking it at once again and again would only keep both busy.</summary>
    private void ResendLater(GrantId grant)
    {
        if (reports.TryGetValue(grant, out var report))
        {
            var wait = FirstResendAfter * Math.Pow(2, Math.Min(report.Unanswered++, 10));
            Context.StartTimer(grant, new ResendReport(grant), wait < ResendAtMostAfter ? wait : ResendAtMostAfter);
        }
    }

    /// <summary>
    /// Usually a job says by itself when it takes an attempt away. What it said may have been lost with its actor, and an attempt that nobody
    /// wants would hold its slot to its end. Only shards that serve are asked, so that the questions do not pile up before the others.
    /// </summary>
    private void AskWhetherStillOurs()
    {
        foreach (var (grant, attempt) in running)
        {
            if (!attempt.IsTakenAway && parts.IsServed(attempt.Job))
            {
                parts.Jobs.Tell(attempt.Job.Value, new JobCommand.Heartbeat(grant), Context.Self);
            }
        }
    }

    private void Stop(StopAttempt stop)
    {
        if (running.TryGetValue(stop.Grant, out var attempt))
        {
            attempt.IsTakenAway = true;
            attempt.Cancel();
        }
    }

    private void Confirm(ConfirmAttempt confirm)
    {
        if (!running.ContainsKey(confirm.Grant) && !reports.ContainsKey(confirm.Grant))
        {
            GiveBack(confirm.Id, confirm.Grant);
        }
    }

    private void HandEverythingBack()
    {
        foreach (var (grant, attempt) in running)
        {
            if (attempt.IsTakenAway)
            {
                continue; // it is not this worker's to give
            }

            attempt.IsTakenAway = true;
            attempt.Cancel();
            GiveBack(attempt.Job, grant);
        }
    }

    private void GiveBack(JobId job, GrantId grant)
    {
        var report = new PendingReport(grant, job, new JobCommand.LoseWorker(parts.WorkerId, HandedBack: true, grant));
        reports[grant] = report;
        Send(report);
    }

    private void TellDrained()
    {
        if (board.DrainedTo is { } asker && !board.IsRetracting && reports.Count == 0 && running.Values.All(attempt => attempt.IsTakenAway))
        {
            asker.Tell(Drained.Instance, Context.Self);
            board.DrainedTo = null;
        }
    }

    private sealed record AttemptEnded(GrantId Grant, JobCommand Outcome);

    private sealed record ReportAnswered(GrantId Grant);

    private sealed record ReportUnanswered(GrantId Grant);

    private sealed record ResendReport(GrantId Grant);

    private sealed record Beat
    {
        public static Beat Instance { get; } = new();
    }
}

/// <summary>To a worker: run this many attempts at once from now on. Those beyond it finish.</summary>
internal sealed record SetSlots(int Slots);

/// <summary>To a worker: take no more work, and answer <see cref="Drained"/> once everything is reported.</summary>
internal sealed record Drain
{
    public static Drain Instance { get; } = new();
}

/// <summary>A worker's answer to <see cref="Drain"/>.</summary>
internal sealed record Drained
{
    public static Drained Instance { get; } = new();
}

/// <summary>To a draining worker: time is up; cancel what runs and give it back.</summary>
internal sealed record HandBack
{
    public static HandBack Instance { get; } = new();
}

/// <summary>How busy the worker is, for whoever asks from another thread.</summary>
internal sealed class WorkerGauge
{
    /// <summary>Attempts that run now.</summary>
    public volatile int Busy;
}
