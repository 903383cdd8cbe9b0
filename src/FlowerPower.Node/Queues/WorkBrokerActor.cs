using FlowerPower.Actors;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Queues;

/// <summary>
/// A node's waiting jobs and free worker slots, brought together: strict priority, then age. It hands out only what a slot has asked
/// for, and nothing here is durable: jobs are offered again by their shards, slots are asked for again by their workers.
/// </summary>
internal sealed class WorkBrokerActor(JobNodeParts parts) : Actor
{
    /// <summary>A grant that nobody has answered by then may be lost with its shard: its slot is free again, and its job is offered again.</summary>
    /// <remarks>If it was not lost but slow, no harm is done: a job that runs refuses a second grant, a worker without a free slot hands back.</remarks>
    internal static readonly TimeSpan GrantTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Timers have a greatest length, and the wall clock may be set: look again after a while.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>How often jobs that were set aside are looked at, while there are any.</summary>
    private static readonly TimeSpan LookAsideEvery = TimeSpan.FromSeconds(1);

    private static readonly object DueTimer = new();
    private static readonly object AsideTimer = new();
    private static readonly object SweepTimer = new();

    private readonly WaitingLine line = new();
    private readonly Dictionary<JobId, WaitingJob> aside = []; // due, but not to be granted just now: others go first
    private readonly Dictionary<ActorRef, int> freeSlots = [];
    private readonly Dictionary<GrantId, OpenGrant> grants = [];
    private readonly HashSet<ActorRef> retracting = [];

    protected override ValueTask OnStart()
    {
        Context.StartPeriodicTimer(SweepTimer, SweepGrants.Instance, GrantTimeout);
        foreach (var journal in parts.Journals)
        {
            // None at the node's start. After a crash of this actor, what it knew of the shards that serve is there.
            journal?.Live.OfferTo(line);
        }

        parts.Worker.Tell(BrokerStarted.Instance, Context.Self);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask OnReceive(object message)
    {
        switch (message)
        {
            case Offer offer:
                aside.Remove(offer.Job.Id);
                line.Offer(offer.Job);
                break;
            case Withdraw withdraw:
                line.Withdraw(withdraw.Id);
                aside.Remove(withdraw.Id);
                break;
            case ShardStopped stopped:
                Forget(stopped.Shard);
                break;
            case RequestWork request:
                AddSlots(Context.Sender, request.Slots);
                break;
            case RetractWork:
                freeSlots[Context.Sender] = 0;
                retracting.Add(Context.Sender);
                break;
            case GrantOutcome outcome:
                Settle(outcome);
                break;
            case SweepGrants:
                Sweep();
                break;
            case LookAside:
                TakeUpAside();
                break;
            case LookForDue or ScopeChanged:
                break; // handed out below
            case Terminated gone:
                retracting.Remove(gone.Ref);
                freeSlots.Remove(gone.Ref);
                break;
            default:
                Unhandled(message);
                return ValueTask.CompletedTask;
        }

        ConfirmRetractions();
        HandOut();
        return ValueTask.CompletedTask;
    }

    private void ConfirmRetractions()
    {
        if (retracting.Count == 0)
        {
            return;
        }

        foreach (var worker in retracting.Where(worker => grants.Values.All(grant => grant.Worker != worker)).ToList())
        {
            retracting.Remove(worker);
            freeSlots[worker] = 0;
            worker.Tell(WorkRetracted.Instance, Context.Self);
        }
    }

    private void AddSlots(ActorRef worker, int slots)
    {
        if (!freeSlots.TryGetValue(worker, out var free))
        {
            Context.Watch(worker);
        }

        freeSlots[worker] = free + slots;
    }

    private void Settle(GrantOutcome outcome)
    {
        // Not there: it was given up by the sweep, and its slot is offered again. A worker that is then full hands the attempt back.
        if (grants.Remove(outcome.Grant, out var grant) && !outcome.Started)
        {
            AddSlots(grant.Worker, 1);
        }
    }

    private void Sweep()
    {
        var time = parts.Options.Time;
        foreach (var (id, grant) in grants.Where(g => time.GetElapsedTime(g.Value.Since) >= GrantTimeout).ToList())
        {
            grants.Remove(id);
            AddSlots(grant.Worker, 1);
            SetAside(grant.Job); // else it would be the oldest again, and its slot would be for nobody else
        }
    }

    /// <summary>Its jobs are offered again when it has been read again; until then no slot waits for them.</summary>
    private void Forget(int shard)
    {
        foreach (var job in line.Jobs.Concat(aside.Values).Where(job => ShardOf(job.Id) == shard).ToList())
        {
            line.Withdraw(job.Id);
            aside.Remove(job.Id);
        }

        foreach (var (id, grant) in grants.Where(grant => ShardOf(grant.Value.Job.Id) == shard).ToList())
        {
            grants.Remove(id);
            AddSlots(grant.Worker, 1);
        }
    }

    private void SetAside(WaitingJob job)
    {
        aside[job.Id] = job;
        if (aside.Count == 1)
        {
            Context.StartTimer(AsideTimer, LookAside.Instance, LookAsideEvery);
        }
    }

    private void TakeUpAside()
    {
        foreach (var job in aside.Values.Where(job => parts.Journals[ShardOf(job.Id)] is not { StoreProblem: not null }).ToList())
        {
            aside.Remove(job.Id);
            line.Offer(job);
        }

        if (aside.Count > 0)
        {
            Context.StartTimer(AsideTimer, LookAside.Instance, LookAsideEvery);
        }
    }

    private int ShardOf(JobId id) => ShardKey.Of(id.Value, parts.Journals.Length);

    private void HandOut()
    {
        if (line.Count == 0)
        {
            return;
        }

        var now = parts.Options.Time.GetUtcNow();
        while (FreeWorker() is { } worker)
        {
            if (line.Take(parts.Options.Queues, now, parts.Scope.Only) is not { } job)
            {
                WaitForDue(now);
                return;
            }

            if (parts.Journals[ShardOf(job.Id)] is not { } journal)
            {
                continue; // offered by an actor of a shard that has stopped: it is offered again when the shard has been read again
            }

            if (journal.StoreProblem is not null)
            {
                SetAside(job); // its start could not be stored
                continue;
            }

            freeSlots[worker]--;
            var grant = new GrantId(parts.Options.Chance.NextGuid().ToString("N")[..16]); // one job's grants must differ, and its record keeps each
            grants[grant] = new OpenGrant(job, worker, parts.Options.Time.GetTimestamp());
            parts.Jobs.Tell(job.Id.Value, new GrantAttempt(new JobCommand.Start(grant, parts.WorkerId), worker, journal), Context.Self);
        }
    }

    private ActorRef? FreeWorker()
    {
        foreach (var (worker, free) in freeSlots)
        {
            if (free > 0 && !retracting.Contains(worker))
            {
                return worker;
            }
        }

        return null;
    }

    private void WaitForDue(DateTimeOffset now)
    {
        if (line.NextDueAt(now) is { } due)
        {
            var wait = due > now ? due - now : TimeSpan.Zero;
            Context.StartTimer(DueTimer, LookForDue.Instance, wait < LongestWait ? wait : LongestWait);
        }
    }

    /// <param name="Since">A timestamp, because the wall clock may be set: back, and the slot would be lost for as long.</param>
    private readonly record struct OpenGrant(WaitingJob Job, ActorRef Worker, long Since);

    private sealed record SweepGrants
    {
        public static SweepGrants Instance { get; } = new();
    }

    private sealed record LookAside
    {
        public static LookAside Instance { get; } = new();
    }

    private sealed record LookForDue
    {
        public static LookForDue Instance { get; } = new();
    }
}
