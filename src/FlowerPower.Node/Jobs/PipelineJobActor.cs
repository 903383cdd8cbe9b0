using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// One job: a thin shell around <see cref="JobLifecycle"/>. It stores what was decided before anybody hears of it, and then tells those
/// whom it concerns: the broker, the worker, whoever waits.
/// </summary>
internal sealed class PipelineJobActor(JobId id, ShardJournal journal, JobNodeParts parts) : Actor
{
    private JobState state = JobState.None;
    private JobProgress? progress;
    private List<WatchJob>? watchers;
    private JobOutbox? outbox;
    private JobLogBook? book;

    protected override async ValueTask OnStart()
    {
        state = (JobState)await journal.LoadAsync(id.Value, Context.Stopping);
        PostNotes();
    }

    protected override ValueTask OnStop()
    {
        watchers?.ForEach(static watch => watch.Watcher.Tell(WatchLost.Instance));
        book?.Lose();

        // An actor that waited long is old to the garbage collector, which would keep what it refers to until it looks at the old ones: the job's last
        // state, of each job that ends, would be copied twice first.
        (state, progress, watchers, book) = (JobState.None, null, null, null);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask OnReceive(object message)
    {
        switch (message)
        {
            case JobCommand command:
                return Handle(command);
            case GrantAttempt grant:
                return Grant(grant);
            case QueryJob:
                Answer(Reply());
                break;
            case WatchJob watch:
                Watch(watch);
                break;
            case ConfirmRunning confirm:
                if (state is JobState.Running running && running.Worker == confirm.Worker)
                {
                    parts.FindWorker(running.Worker)?.Tell(new ConfirmAttempt(id, running.Grant));
                }

                break;
            case UnwatchJob unwatch:
                watchers?.RemoveAll(watch => watch.Watcher == unwatch.Watcher);
                break;
            case QueryLog query:
                Answer(JobLogBook.After(query.After, state, book));
                break;
            case FollowLog follow:
                (book ??= new JobLogBook()).Follow(follow, state);
                break;
            case UnfollowLog unfollow:
                book?.Unfollow(unfollow.Reader);
                break;
            case LookAtPermit look:
                if (state is not JobState.Running)
                {
                    journal.VoidPermits[id] = look.Permit;
                }

                Answer(Reply());
                break;
            case JobOutbox.NoteHeard answer:
                return Hear(answer);
            case JobOutbox.NoteUnheard failure:
                outbox?.Take(Context, failure);
                break;
            case Jobs.PostNotes:
                outbox?.GoOn();
                PostNotes();
                break;
            case PassivationHint:
                break; // decided below, like after any message
            default:
                Unhandled(message);
                break;
        }

        RestIfIdle(hinted: message is PassivationHint);
        return ValueTask.CompletedTask;
    }

    private async ValueTask Handle(JobCommand command)
    {
        var before = state;
        var decision = Decide(command);
        if (WantedKey(command, decision) is { } key && journal.Keys.TryHold(key, id) is { } holder)
        {
            parts.Refusals.Record(id, command, Refusal.KeyTaken);
            Answer(new JobReply(Refusal.KeyTaken, Changed: false, state, progress) { Holder = holder });
            RestIfIdle(hinted: false);
            return;
        }

        if (decision.Events.Count > 0)
        {
            try
            {
                await StoreAsync(decision);
            }
            catch (Exception error)
            {
                if (error is ArgumentException && WantedKey(command, decision) is { } unused)
                {
                    journal.Keys.Release(unused, id); // nothing was stored; after anything else the shard is read again
                }

                Answer(new Failure(error)); // the caller asks again, with the same ids
                throw;
            }
        }
        else if (decision.Refusal is null && command is JobCommand.ReportProgress report)
        {
            progress = report.Progress;
            TellWatchers();
        }
        else if (decision.Refusal is null && command is JobCommand.WriteLog written)
        {
            (book ??= new JobLogBook()).Add(written.Lines);
        }
        else if (command is JobCommand.CheckClock)
        {
            // The clock was set back between the tick and here: look at the right time, not when the check comes round again.
            journal.Clock.Set(id, JobLifecycle.NextClockCheck(state));
        }

        Answer(command, decision);
        if (decision.Events is not ([] or [JobEvent.CheckpointSaved])) // nobody can see a checkpoint
        {
            Announce(before, isWorkersAnswer: command is JobCommand.Succeed or JobCommand.Fail or JobCommand.Snooze);
            if (before is JobState.Finished former && decision.Events is [JobEvent.Deleted deleted])
            {
                Deletions.Record(parts, former, deleted.By);
            }
        }

        RestIfIdle(hinted: false);
    }

    /// <summary>The unique key that the job is about to hold.</summary>
    private string? WantedKey(JobCommand command, Decision decision) => decision.Events switch
    {
        [JobEvent.Enqueued enqueued] => enqueued.Spec.UniqueKey,
        [JobEvent.Retried] when command is JobCommand.Retry => state.History!.Spec.UniqueKey,
        _ => null,
    };

    private async ValueTask Grant(GrantAttempt grant)
    {
        var broker = Context.Sender;
        if (grant.Journal != journal)
        {
            broker.Tell(new GrantOutcome(grant.Start.Grant, Started: false), Context.Self);
            RestIfIdle(hinted: false);
            return;
        }

        if (grant.Start.Permit is { } permit && journal.VoidPermits.TryGetValue(id, out var voided) && permit <= voided)
        {
            // Its queue has given the leave to another job meanwhile: this one asks anew.
            broker.Tell(new GrantOutcome(grant.Start.Grant, Started: false), Context.Self);
            if (state is JobState.Waiting again)
            {
                broker.Tell(new Offer(again.ToWaitingJob()));
            }

            RestIfIdle(hinted: false);
            return;
        }

        var before = state;
        var decision = Decide(grant.Start);
        if (decision.Events.Count > 0)
        {
            try
            {
                await StoreAsync(decision);
            }
            catch
            {
                // The slot is free now, not after the broker's sweep. If the start was stored after all, the shard's recovery asks the worker.
                broker.Tell(new GrantOutcome(grant.Start.Grant, Started: false), Context.Self);
                throw;
            }
        }

        var started = state is JobState.Running running && running.Grant == grant.Start.Grant;
        if (started)
        {
            var run = (JobState.Running)state;
            if (parts.FindWorker(run.Worker) is null && parts.IsCluster)
            {
                // It was declared dead while the start was stored: whoever looked for its attempts then did not find this one.
                Context.Self.Tell(new JobCommand.LoseWorker(run.Worker, HandedBack: true, run.Grant));
            }
            else
            {
                grant.Worker.Tell(new RunAttempt(run.Trail.Spec, new AttemptNumber(run.Attempt, run.AttemptsThisRound), run.Grant, run.Trail.Checkpoint?.Json ?? default), broker);
                if (run.Worker != parts.WorkerId)
                {
                    parts.Peers.AwaitWorkers(journal.Shard, [run.Worker]); // it may have been out of reach for so long that nobody looks for its attempts any more
                }
            }
        }

        // After the worker was told: what the broker then says to the worker comes behind it.
        broker.Tell(new GrantOutcome(grant.Start.Grant, started), Context.Self);

        if (decision.Events.Count > 0)
        {
            Announce(before, isWorkersAnswer: false);
        }
        else if (decision.Refusal == Refusal.NotDue)
        {
            broker.Tell(new Offer(((JobState.Waiting)state).ToWaitingJob()));
        }

        RestIfIdle(hinted: false);
    }

    private Decision Decide(JobCommand command)
    {
        var options = parts.Options;
        var jitter = command is JobCommand.Fail ? options.Chance.NextDouble() : 0;
        if (command.Log is null && book is not null && state is JobState.Running running)
        {
            command = command with { Log = book.Of(running.Attempt) }; // a worker that does not come to its attempt's end cannot tell its lines again
        }

        var decision = JobLifecycle.Decide(state, command, options.Time.GetUtcNow(), jitter);
        if (decision.Refusal is { } reason)
        {
            parts.Refusals.Record(id, command, reason);
        }

        return decision;
    }

    private async ValueTask StoreAsync(Decision decision)
    {
        var next = state;
        foreach (var e in decision.Events)
        {
            next = JobLifecycle.Evolve(next, e);
        }

        // If this throws, the events may have reached the store all the same: the actor crashes, and the shard replays.
        await journal.AppendAsync(decision.Events is [JobEvent.Deleted deleted]
            ? PendingEvents.Of(deleted, (JobState.Finished)state)
            : PendingEvents.Of(decision.Events, next)); // 1. durable, and still ours
        if ((state as JobState.Running)?.Grant != (next as JobState.Running)?.Grant)
        {
            progress = null; // it was that attempt's
        }

        state = next; // 2. visible; whoever is told hears it after this
        book?.Take(decision.Events, state);
    }

    private void Announce(JobState before, bool isWorkersAnswer)
    {
        if (!isWorkersAnswer && before is JobState.Running was && (state as JobState.Running)?.Grant != was.Grant)
        {
            parts.FindWorker(was.Worker)?.Tell(new StopAttempt(was.Grant, AttemptFate.Of(state, was.Grant)));
        }

        if (state is JobState.Waiting waiting && before is not JobState.Waiting)
        {
            parts.Broker.Tell(new Offer(waiting.ToWaitingJob()));
        }
        else if (before is JobState.Waiting && state is not (JobState.Waiting or JobState.Running))
        {
            parts.Broker.Tell(new Withdraw(id));
        }

        PostNotes();
        TellWatchers();
    }

    /// <summary>What the job has to tell goes out; most jobs have nothing.</summary>
    private void PostNotes()
    {
        if (!state.Links.Outbox.IsEmpty)
        {
            (outbox ??= new JobOutbox(parts)).Post(Context, state);
        }
    }

    private async ValueTask Hear(JobOutbox.NoteHeard answer)
    {
        var confirmed = outbox!.Take(answer);
        if (answer.Note.Kind == JobNoteKind.Subscribe && (answer.Receipt.Ended is not null || !answer.Receipt.Exists))
        {
            await Handle(new JobCommand.HearParent(answer.Note.To, answer.Receipt.Ended));
        }

        if (confirmed is not null)
        {
            await Handle(new JobCommand.ConfirmNotes(confirmed));
        }

        PostNotes();
        RestIfIdle(hinted: false);
    }

    private void Watch(WatchJob watch)
    {
        var isOver = state is JobState.Finished or JobState.Absent;
        if (isOver || !watch.EndOnly)
        {
            watch.Watcher.Tell(Reply());
        }

        if (!isOver)
        {
            watchers ??= [];
            watchers.Add(watch);
        }
    }

    private void TellWatchers()
    {
        parts.Changes.Publish(state, progress);
        if (watchers is null)
        {
            return;
        }

        var isOver = state is JobState.Finished;
        foreach (var watch in watchers)
        {
            if (isOver || !watch.EndOnly)
            {
                watch.Watcher.Tell(Reply());
            }
        }

        if (isOver)
        {
            watchers = null;
        }
    }

    /// <summary>A job that has ended, or never was, needs no actor; a waiting one only until memory is wanted.</summary>
    private void RestIfIdle(bool hinted)
    {
        if (watchers is null or [] && book is not { IsFollowed: true } && (!state.IsLive || (hinted && state is JobState.Waiting or JobState.Deferred && state.Links.Outbox.IsEmpty)))
        {
            Context.Passivate();
        }
    }

    /// <summary>A heartbeat is answered only if it is refused: there are many of them, and silence is consent.</summary>
    private void Answer(JobCommand command, Decision decision)
    {
        if (command is not JobCommand.Heartbeat heartbeat)
        {
            Answer(new JobReply(decision.Refusal, decision.Events.Count > 0, state, progress));
        }
        else if (decision.Refusal is not null)
        {
            Answer(new StopAttempt(heartbeat.Grant, AttemptFate.Of(state, heartbeat.Grant)));
        }
    }

    /// <summary>Progress and clock checks come from nobody who waits for an answer.</summary>
    private void Answer(object reply)
    {
        if (Context.Sender != ActorRef.Nobody)
        {
            Context.Reply(reply);
        }
    }

    private JobReply Reply() => new(null, false, state, progress);
}
