using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Queues;

/// <summary>
/// A queue's gate: a thin shell around <see cref="QueueGateRules"/>. A permit is stored before anybody hears of it, so that no owner after this one gives more than may be.
/// </summary>
internal sealed class QueueGateActor(string queue, ShardJournal journal, JobNodeParts parts) : Actor
{
    /// <summary>How often jobs with permits are asked whether they run: what should have come back, or was on its way to a job's start, may have been lost with a node.</summary>
    internal static readonly TimeSpan AuditEvery = TimeSpan.FromSeconds(3);

    private const int AuditAtOnce = 200;

    private static readonly object AuditTimer = new();
    private static readonly object RateTimer = new();

    private readonly Dictionary<JobId, Waiter> waiters = [];
    private readonly HashSet<JobId> looking = []; // asked whether they run: their permits are given to nobody before they have answered
    private QueueGate state = QueueGate.Of(queue);
    private long lastAsked; // the number of the permit up to which holders were asked in this round

    protected override async ValueTask OnStart()
    {
        state = (QueueGate)await journal.LoadAsync(QueueGate.IdOf(queue), Context.Stopping);
        Context.StartPeriodicTimer(AuditTimer, Audit.Instance, AuditEvery);
    }

    protected override async ValueTask OnReceive(object message)
    {
        switch (message)
        {
            case QueueMail.AskPermit ask:
                waiters[ask.Job] = new Waiter(Context.Sender, ask);
                await ServeAsync();
                break;
            case ForgetAsk forget:
                waiters.Remove(forget.Job);
                break;
            case QueueMail.ReturnPermit back:
                await StoreAsync(QueueGateRules.Return(state, back.Job, back.Permit, Now));
                Answer();
                await ServeAsync();
                break;
            case QueueMail.CheckHolder check:
                Answer();
                if (state.Permits.TryGetValue(check.Job, out var permit) && permit.Number == check.Permit)
                {
                    AskHolder(check.Job, permit);
                }

                break;
            case QueueMail.Change change:
                await StoreAsync(QueueGateRules.Change(state, change.What.ApplyTo(state.Settings, change.By, Now), change.By, Now));
                Answer();
                await ServeAsync();
                break;
            case QueueMail.Adopt adopt:
                foreach (var job in adopt.Jobs)
                {
                    await StoreAsync(QueueGateRules.Adopt(state, job, Now));
                }

                Answer();
                break;
            case QueueMail.Look:
                Answer();
                break;
            case Audit:
                AskHolders();
                break;
            case HolderSeen seen:
                looking.Remove(seen.Job);
                await StoreAsync(seen.NeedsIt ? null : QueueGateRules.Return(state, seen.Job, seen.Permit, Now));
                await ServeAsync();
                break;
            case HolderUnseen unseen:
                looking.Remove(unseen.Job);
                await ServeAsync();
                break;
            case LookAtGate:
                await ServeAsync();
                break;
            case PassivationHint:
                break;
            default:
                Unhandled(message);
                return;
        }

        if (!state.IsLive && waiters.Count == 0 && looking.Count == 0)
        {
            Context.Passivate();
        }
    }

    private DateTimeOffset Now => parts.Options.Time.GetUtcNow();

    /// <summary>Whoever may run now gets a permit: those that have one already, then by priority, then by age.</summary>
    private async ValueTask ServeAsync()
    {
        while (waiters.Keys.Any(id => !looking.Contains(id)))
        {
            var (job, waiter) = waiters.Where(w => !looking.Contains(w.Key)).MinBy(w => (!state.Permits.ContainsKey(w.Key), w.Value.Ask.Priority, w.Value.Ask.EnqueuedAt, w.Key));
            var answer = QueueGateRules.Ask(state, job, Now);
            if (state.Settings.IsPlain)
            {
                waiter.From.Tell(Receipt(null)); // nobody needs leave any more
                waiters.Remove(job);
                continue;
            }

            if (answer.Permit is null)
            {
                if (answer.At is { } at)
                {
                    Context.StartTimer(RateTimer, LookAtGate.Instance, at > Now ? at - Now : TimeSpan.FromMilliseconds(1));
                }

                return; // nobody else may either, but for those that have a permit, and they went first
            }

            await StoreAsync(QueueGateRules.Give(state, job, answer, Now));
            waiters.Remove(job);
            waiter.From.Tell(Receipt(answer.Permit));
        }
    }

    private async ValueTask StoreAsync(QueueGateEvent? e)
    {
        if (e is null)
        {
            return;
        }

        var next = QueueGateRules.Evolve(state, e);
        var (type, payload) = QueueGateWire.Encode(e);
        await journal.AppendAsync(new PendingEvents([new EventFrame(next.EntityId!, next.Version, type, payload)], next, e is QueueGateEvent.Changed || !next.IsLive ? Entities.RecordOf(next) : null));
        state = next;
    }

    /// <summary>Somebody waits, and jobs have leave that perhaps do not run: a node may have died between a permit and its start, and nobody would ask for that job again before others had run.</summary>
    private void AskHolders()
    {
        if (waiters.Count == 0 && !state.Settings.IsPlain)
        {
            return; // nobody misses what lies idle
        }

        var oldest = Now - AuditEvery;
        var next = state.Permits.Where(p => p.Value.GivenAt <= oldest && p.Value.Number > lastAsked).OrderBy(p => p.Value.Number).Take(AuditAtOnce).ToList();
        foreach (var (job, permit) in next)
        {
            AskHolder(job, permit);
        }

        lastAsked = next.Count == AuditAtOnce ? next[^1].Value.Number : 0; // the rest next time, then from the first one again
    }

    private void AskHolder(JobId job, QueuePermit permit)
    {
        if (looking.Add(job))
        {
            Context.PipeToSelf(
                parts.Mailbox.PostAsync(job, new JobMail.LookAtJob(permit.Number), Context.Stopping),
                receipt => new HolderSeen(job, permit.Number, receipt.IsRunning && (permit.IsAdopted || receipt.Permit == permit.Number)),
                _ => new HolderUnseen(job));
        }
    }

    private void Answer()
    {
        if (Context.Sender != ActorRef.Nobody)
        {
            Context.Reply(Receipt(null));
        }
    }

    private QueueReceipt Receipt(long? permit) => new(permit, state.Settings, [.. state.Permits.Keys.Take(QueueNames.MostHolders)], state.Permits.Count, state.Changes);

    private sealed record Waiter(ActorRef From, QueueMail.AskPermit Ask);

    private sealed record HolderSeen(JobId Job, long Permit, bool NeedsIt);

    private sealed record HolderUnseen(JobId Job);

    private sealed record Audit
    {
        public static Audit Instance { get; } = new();
    }
}
