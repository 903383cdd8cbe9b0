using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Workers;

/// <summary>
/// A node's worker: a number of slots that ask brokers for work, run it beside the actors' threads, and report each outcome to its job until
/// the job has answered. A slot is free again as soon as its attempt has ended; the report does not hold it.
/// </summary>
internal sealed class WorkerActor(JobNodeParts parts, IJobExecutor executor, WorkerGauge gauge, WorkerBoard board) : Actor
{
    private const int HandBackTries = 4;

    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstResendAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ResendAtMostAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GrantMayTake = TimeSpan.FromMilliseconds(500);
    private static readonly object HeartbeatTimer = new();

    private readonly Dictionary<GrantId, RunningAttempt> running = board.Running;
    private readonly Dictionary<GrantId, PendingReport> reports = board.Reports;
    private readonly SlotPromises promises = new(board, parts);
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

    protected override async ValueTask OnReceive(object message)
    {
        AttemptReport? ended = null;
        switch (message)
        {
            case BrokerStarted or BrokerAway or WorkRetracted or SlotsReturned or WorkWaiting:
                promises.Hear(message, Context.Sender);
                break;
            case RunAttempt run:
                promises.Used(Context.Sender);
                Begin(run);
                break;
            case AttemptEnded done:
                End(done);
                break;
            case ReportAnswered answered:
                ended = Answered(answered);
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
                promises.AskAnew();
                break;
            case StopAttempt stop:
                ended = Stop(stop);
                break;
            case ConfirmAttempt confirm when parts.IsCluster:
                // The shard may have come to another node while the grant was on its way here.
                Context.StartTimer(confirm, new ConfirmLate(confirm), GrantMayTake);
                break;
            case ConfirmAttempt confirm:
                Confirm(confirm);
                break;
            case ConfirmLate late:
                Confirm(late.Confirm);
                break;
            case SetSlots set:
                board.Slots = set.Slots;
                promises.Retract(Context.Self);
                break;
            case Drain:
                board.IsDraining = true;
                promises.Retract(Context.Self);
                board.DrainedTo = Context.Sender == ActorRef.Nobody ? null : Context.Sender;
                break;
            case HandBack:
                HandEverythingBack();
                break;
            default:
                Unhandled(message);
                return;
        }

        if (ended is not null)
        {
            await parts.Reports.TellAsync(ended, Context.Stopping).ConfigureAwait(false);
        }

        gauge.Busy = running.Count;
        promises.AskForWork(Context.Self);
        if (message is BrokerStarted)
        {
            promises.Introduce(Context.Sender, Context.Self);
        }

        TellDrained();
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

    private void Begin(RunAttempt run)
    {
        if (running.ContainsKey(run.Grant) || reports.ContainsKey(run.Grant))
        {
            return; // told twice
        }

        // What a process that stood still finds in its socket is old: others may have run the job since.
        if (board.IsDraining || running.Count >= board.Slots || !parts.Peers.MayServe)
        {
            GiveBack(run.Spec.Id, run.Grant, attempt: null);
            return;
        }

        var attempt = new RunningAttempt(run, parts.Options.Time.GetTimestamp(), parts, board.LogBudget(parts.Options.Time));
        running[run.Grant] = attempt;
        var self = Context.Self;
        parts.RunBeside(async () =>
        {
            var outcome = await RunAsync(run, attempt).ConfigureAwait(false);
            attempt.Voice.Close();
            self.Tell(new AttemptEnded(run.Grant, outcome with { Log = attempt.Voice.NewestLines }));
        });
    }

    private async Task<JobCommand> RunAsync(RunAttempt run, RunningAttempt attempt)
    {
        try
        {
            var spec = await ParentInputs.ApplyAsync(run.Spec, parts.AllJobs, attempt.Cancellation.Token).ConfigureAwait(false);
            var result = await executor.RunAsync(spec, attempt.Voice, attempt.Cancellation.Token).ConfigureAwait(false);
            return JobWire.ProblemWithResult(result.Span) is { } problem
                ? new JobCommand.Fail(run.Grant, JobError.Named("ResultRefused", problem), IsPermanent: true)
                : new JobCommand.Succeed(run.Grant, result);
        }
        catch (Exception error) when (SnoozeException.In(error) is { } snooze)
        {
            return new JobCommand.Snooze(run.Grant, snooze.Duration);
        }
        catch (Exception error)
        {
            return new JobCommand.Fail(run.Grant, JobErrors.Of(error), JobErrors.IsPermanent(error));
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
            attempt.Took = RunningTime(attempt);
            var report = new PendingReport(ended.Grant, attempt.Job, ended.Outcome, attempt);
            reports[ended.Grant] = report;
            Send(report);
        }
    }

    /// <summary>Tell the job, and again until it answers: a refusal is an answer too.</summary>
    private void Send(PendingReport report)
    {
        // A stop waits for its hand-backs only so long: one that went to a node which has the shard no more must have its second and third try in that time.
        var handBack = parts.Options.HandBackTimeout / HandBackTries;
        var patience = report.Outcome is JobCommand.LoseWorker && handBack < ReportTimeout ? handBack : ReportTimeout;
        var answer = parts.Jobs.Ask<JobReply>(report.Job.Value, report.Outcome, patience);
        Context.PipeToSelf(answer, reply => new ReportAnswered(report.Grant, reply), _ => new ReportUnanswered(report.Grant));
    }

    /// <returns>What there is to tell: only now is the outcome what the job has.</returns>
    private AttemptReport? Answered(ReportAnswered answered) =>
        reports.Remove(answered.Grant, out var report) && report.Attempt is { Took: { } took, Run: var run }
            ? AttemptReport.Answered(run, took, report.Outcome, answered.Reply)
            : null;

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
            if (!attempt.IsTakenAway && (parts.IsServed(attempt.Job) || parts.Peers.IsServedElsewhere(ShardKey.Of(attempt.Job.Value, parts.Journals.Length))))
            {
                parts.Jobs.Tell(attempt.Job.Value, new JobCommand.Heartbeat(grant), Context.Self);
            }
        }
    }

    /// <returns>What there is to tell; <see langword="null"/> if it was told already, or will be with the answer to its hand-back.</returns>
    private AttemptReport? Stop(StopAttempt stop)
    {
        if (!running.TryGetValue(stop.Grant, out var attempt))
        {
            return null;
        }

        attempt.Cancel();
        if (attempt.IsTakenAway)
        {
            return null;
        }

        attempt.IsTakenAway = true;
        return AttemptReport.Stopped(attempt.Run, RunningTime(attempt), stop.Fate);
    }

    private TimeSpan RunningTime(RunningAttempt attempt) => parts.Options.Time.GetElapsedTime(attempt.StartedAt);

    private void Confirm(ConfirmAttempt confirm)
    {
        // One that was taken away is not reported when it ends: whoever asks for it must hear that nobody has it.
        var isOurs = running.TryGetValue(confirm.Grant, out var attempt) && !attempt.IsTakenAway;
        if (!isOurs && !reports.ContainsKey(confirm.Grant))
        {
            GiveBack(confirm.Id, confirm.Grant, attempt: null);
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
            attempt.Took = RunningTime(attempt);
            attempt.Cancel();
            GiveBack(attempt.Job, grant, attempt);
        }
    }

    private void GiveBack(JobId job, GrantId grant, RunningAttempt? attempt)
    {
        var report = new PendingReport(grant, job, new JobCommand.LoseWorker(parts.WorkerId, HandedBack: true, grant) { Log = attempt?.Voice.NewestLines }, attempt);
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

    private sealed record ReportAnswered(GrantId Grant, JobReply Reply);

    private sealed record ReportUnanswered(GrantId Grant);

    private sealed record ResendReport(GrantId Grant);

    private sealed record ConfirmLate(ConfirmAttempt Confirm);

    private sealed record Beat
    {
        public static Beat Instance { get; } = new();
    }
}
