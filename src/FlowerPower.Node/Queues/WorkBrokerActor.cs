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

    private const int MostTold = 1_000;

    private static readonly object DueTimer = new();
    private static readonly object AsideTimer = new();
    private static readonly object SweepTimer = new();

    private readonly WaitingLine line = new();
    private readonly Dictionary<JobId, WaitingJob> aside = []; // due, but not to be granted just now: others go first
    private readonly Dictionary<ActorRef, WorkerSeat> workers = [];
    private readonly Dictionary<GrantId, OpenGrant> grants = [];
    private readonly List<(string Queue, ActorRef Asker)> heeding = [];
    private QueueLeave leave = null!;
    private DateTimeOffset? watchedDue;

    protected override ValueTask OnStart()
    {
        leave = new QueueLeave(parts, line);
        Context.StartPeriodicTimer(SweepTimer, SweepGrants.Instance, GrantTimeout);
        foreach (var journal in parts.Journals)
        {
            // None at the node's start. After a crash of this actor, what it knew of the shards that serve is there.
            journal?.Live.OfferTo(line);
        }

        foreach (var worker in parts.Workers())
        {
            worker.Tell(BrokerStarted.Instance, Context.Self);
        }

        return ValueTask.CompletedTask;
    }

    protected override ValueTask OnReceive(object message)
    {
        switch (message)
        {
            case Offer offer:
                aside.Remove(offer.Job.Id);
                leave.Forget(offer.Job.Id);
                line.Offer(offer.Job);
                break;
            case Withdraw withdraw:
                line.Withdraw(withdraw.Id);
                aside.Remove(withdraw.Id);
                leave.Forget(withdraw.Id);
                break;
            case HeedQueue heed:
                leave.LookAnew(Context, heed.Queue);
                heeding.Add((heed.Queue, Context.Sender));
                break;
            case QueueLeave.QueueSeen seen:
                leave.Take(Context, seen);
                break;
            case QueueLeave.LookAgain again:
                leave.LookAnew(Context, again.Queue);
                break;
            case QueueLeave.PermitAnswered answered:
                leave.Take(answered);
                break;
            case QueueLeave.PermitUnanswered unanswered:
                leave.Take(unanswered);
                break;
            case ShardStopped stopped:
                Forget(stopped.Shard);
                break;
            case RequestWork request:
                Seat(Context.Sender, request.Offer).Free += request.Slots;
                break;
            case ReturnSlots wanted:
                Return(Context.Sender, wanted.Slots);
                break;
            case RetractWork:
                Retract(Context.Sender);
                break;
            case WorkerAway away:
                workers.Remove(away.Worker);
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
            case LookForDue:
                watchedDue = null;
                break; // handed out below
            case ScopeChanged:
                break;
            case Terminated gone:
                workers.Remove(gone.Ref);
                break;
            default:
                Unhandled(message);
                return ValueTask.CompletedTask;
        }

        ConfirmRetractions();
        ConfirmHeeding();
        HandOut();
        TellWhoWaits();
        return ValueTask.CompletedTask;
    }

    private void ConfirmRetractions()
    {
        foreach (var (worker, seat) in workers)
        {
            if (seat.IsRetracting && grants.Values.All(grant => grant.Worker != worker))
            {
                seat.IsRetracting = false;
                seat.Free = 0;
                worker.Tell(WorkRetracted.Instance, Context.Self);
            }
        }
    }

    /// <summary>What was granted by what held before is settled, and what holds now is known.</summary>
    private void ConfirmHeeding()
    {
        for (var i = heeding.Count - 1; i >= 0; i--)
        {
            var (queue, asker) = heeding[i];
            if (leave.HasSeen(queue) && grants.Values.All(grant => grant.Job.Queue != queue))
            {
                heeding.RemoveAt(i);
                asker.Tell(QueueHeeded.Instance, Context.Self);
            }
        }
    }

    private WorkerSeat Seat(ActorRef worker, WorkerOffer offer)
    {
        if (!workers.TryGetValue(worker, out var seat) || seat.Offer.Worker != offer.Worker)
        {
            Context.Watch(worker);
            seat = workers[worker] = new WorkerSeat { Offer = offer };
        }

        seat.Offer = offer;
        return seat;
    }

    private void Return(ActorRef worker, int wanted)
    {
        var back = 0;
        if (workers.TryGetValue(worker, out var seat) && !seat.IsRetracting)
        {
            back = Math.Min(wanted, seat.Free);
            seat.Free -= back;
        }

        worker.Tell(new SlotsReturned(back), Context.Self);
    }

    private void Retract(ActorRef worker)
    {
        if (workers.TryGetValue(worker, out var seat))
        {
            seat.Free = 0;
            seat.IsRetracting = true;
        }
        else
        {
            worker.Tell(WorkRetracted.Instance, Context.Self); // it has promised nothing yet
        }
    }


    private void Settle(GrantOutcome outcome)
    {
        // Not there: it was given up by the sweep, and its slot is offered again. A worker that is then full hands the attempt back.
        if (grants.Remove(outcome.Grant, out var grant) && !outcome.Started)
        {
            grant.Seat.Free++; // nothing to a seat that was given up meanwhile
            if (grant.Permit is { } unused)
            {
                leave.GiveBack(grant.Job, unused);
            }
        }
    }

    private void Sweep()
    {
        var time = parts.Options.Time;
        foreach (var (id, grant) in grants.Where(g => time.GetElapsedTime(g.Value.Since) >= GrantTimeout).ToList())
        {
            grants.Remove(id);
            grant.Seat.Free++; // nothing to a seat that was given up meanwhile
            SetAside(grant.Job); // else it would be the oldest again, and its slot would be for nobody else
        }
    }

    /// <summary>Its jobs are offered again when it has been read again; until then no slot waits for them.</summary>
    private void Forget(int shard)
    {
        leave.ForgetShard(id => ShardOf(id) == shard);
        foreach (var job in line.Jobs.Concat(aside.Values).Where(job => ShardOf(job.Id) == shard).ToList())
        {
            line.Withdraw(job.Id);
            aside.Remove(job.Id);
        }

        foreach (var (id, grant) in grants.Where(grant => ShardOf(grant.Value.Job.Id) == shard).ToList())
        {
            grants.Remove(id);
            grant.Seat.Free++; // nothing to a seat that was given up meanwhile
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
        if (line.Count == 0 && !leave.Permitted.Any())
        {
            return;
        }

        var now = parts.Options.Time.GetUtcNow();
        foreach (var seat in workers.Values)
        {
            seat.HasEnough = false;
        }

        while (MostFree() is var (worker, seat))
        {
            var only = parts.IsCluster ? null : parts.Scope.Only;
            if (leave.First(seat.Offer.Queues, only) is var (first, permit)
                && !(only is null && line.Peek(seat.Offer.Queues, now) is { } other && other.Priority < first.Priority))
            {
                leave.Used(first.Id);
                Grant(first, worker, seat, permit);
            }
            else if (line.Take(seat.Offer.Queues, now, only) is { } job)
            {
                if (leave.MayRun(Context, job))
                {
                    Grant(job, worker, seat, permit: null);
                }
            }
            else
            {
                seat.HasEnough = true;
            }
        }

        WaitForDue(now);
    }

    /// <summary>The worker with most free slots, so that all get work, of those for which there may be a job.</summary>
    private (ActorRef Worker, WorkerSeat Seat)? MostFree()
    {
        (ActorRef, WorkerSeat Seat)? most = null;
        foreach (var (worker, seat) in workers)
        {
            if (seat.Free > 0 && !seat.IsRetracting && !seat.HasEnough && (most is not { } other || seat.Free > other.Seat.Free))
            {
                most = (worker, seat);
            }
        }

        return most;
    }

    private void Grant(WaitingJob job, ActorRef worker, WorkerSeat seat, long? permit)
    {
        if (parts.Journals[ShardOf(job.Id)] is not { } journal)
        {
            return; // offered by an actor of a shard that has stopped: it is offered again when the shard has been read again
        }

        if (journal.StoreProblem is not null)
        {
            SetAside(job); // its start could not be stored
            if (permit is { } unused)
            {
                leave.GiveBack(job, unused);
            }

            return;
        }

        seat.Free--;
        var grant = new GrantId(parts.Options.Chance.NextGuid().ToString("N")[..16]); // one job's grants must differ, and its record keeps each
        grants[grant] = new OpenGrant(job, permit, worker, seat, parts.Options.Time.GetTimestamp());
        parts.Jobs.Tell(job.Id.Value, new GrantAttempt(new JobCommand.Start(grant, seat.Offer.Worker, permit), worker, journal), Context.Self);
    }

    /// <summary>A worker that has other brokers may have slots with them that are idle.</summary>
    private void TellWhoWaits()
    {
        if (!parts.IsCluster)
        {
            return;
        }

        var now = parts.Options.Time.GetUtcNow();
        foreach (var (worker, seat) in workers)
        {
            var wants = seat.Free > 0 ? null : line.Peek(seat.Offer.Queues, now)?.Priority ?? leave.First(seat.Offer.Queues, only: null)?.Job.Priority;
            if (wants != seat.ToldWants)
            {
                seat.ToldWants = wants;
                worker.Tell(new WorkWaiting(wants, wants is null ? 0 : Math.Min(line.Count + leave.Permitted.Count(), MostTold)), Context.Self);
            }
        }
    }

    /// <summary>Only while somebody could take a job: with other brokers, that may be a slot that is promised to one of them.</summary>
    private void WaitForDue(DateTimeOffset now)
    {
        if (!parts.IsCluster && !workers.Values.Any(seat => seat.Free > 0))
        {
            return;
        }

        if (line.NextDueAt(now) is { } due && due != watchedDue)
        {
            watchedDue = due;
            var wait = due > now ? due - now : TimeSpan.Zero;
            Context.StartTimer(DueTimer, LookForDue.Instance, wait < LongestWait ? wait : LongestWait);
        }
    }

    /// <param name="Since">A timestamp, because the wall clock may be set: back, and the slot would be lost for as long.</param>
    private readonly record struct OpenGrant(WaitingJob Job, long? Permit, ActorRef Worker, WorkerSeat Seat, long Since);

    /// <summary>What a worker has promised.</summary>
    private sealed class WorkerSeat
    {
        public required WorkerOffer Offer { get; set; }

        public int Free { get; set; }

        /// <summary>It takes everything back, and waits to hear that no grant is open.</summary>
        public bool IsRetracting { get; set; }

        /// <summary>The priority that it was last told to wait here for a slot.</summary>
        public JobPriority? ToldWants { get; set; }

        /// <summary>There is no due job for it, as far as was looked.</summary>
        public bool HasEnough { get; set; }
    }

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
