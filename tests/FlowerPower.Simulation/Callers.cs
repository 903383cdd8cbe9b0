using System.Text;
using FlowerPower.Jobs;

namespace FlowerPower.Simulation;

/// <summary>
/// The applications: they ask, keep what they were answered, and ask again with the same ids when they got no answer. Each answer is held
/// against the truth at the moment in which it comes.
/// </summary>
internal sealed class Callers(World world)
{
    private readonly Dictionary<JobId, EnqueueWish> jobs = [];
    private readonly List<RetryWish> retries = [];
    private readonly Dictionary<(SimulatedNode Node, Refusal Reason), long> refusals = [];
    private readonly Dictionary<SimulatedNode, int> open = [];

    /// <summary>Jobs that were asked for, whether or not the answer came.</summary>
    public IReadOnlyDictionary<JobId, EnqueueWish> Jobs => jobs;

    public IReadOnlyList<RetryWish> Retries => retries;

    /// <summary>Calls of the node that are not answered.</summary>
    public int OpenAt(SimulatedNode node) => open.GetValueOrDefault(node);

    public void Enqueue(SimulatedNode node, EnqueueWish wish)
    {
        jobs.TryAdd(wish.Spec.Id, wish);
        Ask(node, $"enqueues {wish.Spec.Id}", async () =>
        {
            var receipt = (await node.Node.Queue.EnqueueAsync([new EnqueueRequest(wish.Spec, wish.DueAt, wish.Request)]))[0];
            Count(node, receipt.Refusal);
            Require(!world.Truth.EventsOf(receipt.Id).OfType<JobEvent.Enqueued>().Skip(1).Any(), $"{receipt.Id} was made twice (I4)");
            if (world.Truth.EventsOf(receipt.Id).OfType<JobEvent.Enqueued>().FirstOrDefault() is not { } made)
            {
                Require(false, $"{node.Name} acknowledged {receipt.Id}, and it is not stored (I3)");
                return;
            }

            Require(receipt.Created == (made.Request == wish.Request), $"the caller that made {receipt.Id} is told {receipt} (I4)");
            Require(wish.Answer is null || wish.Answer == receipt, $"the same request for {receipt.Id} got {wish.Answer}, then {receipt} (I4)");
            wish.Answer = receipt;
        });
    }

    public void Cancel(SimulatedNode node, JobId id) => Ask(node, $"cancels {id}", async () =>
    {
        var reply = await node.Node.Queue.CancelAsync(id, "Ada");
        Count(node, reply.Refusal);
        Look(node, id, reply.Job);
        Require(reply.Refusal is Refusal.NotFound || reply.Job?.IsFinished == true, $"{id} was cancelled and is {reply.Job?.Status}");
        Require(reply.Refusal is not null || reply.Job?.Status == JobStatus.Cancelled, $"{id} was cancelled and is {reply.Job?.Status}");
    });

    public void Retry(SimulatedNode node, RetryWish wish)
    {
        if (!retries.Contains(wish))
        {
            retries.Add(wish);
        }

        Ask(node, $"retries {wish.Id}", async () =>
        {
            var reply = await node.Node.Queue.RetryAsync(wish.Id, "Bob", wish.Request);
            Count(node, reply.Refusal);
            Look(node, wish.Id, reply.Job);
            var isStored = world.Truth.EventsOf(wish.Id).Any(e => e is JobEvent.Retried r && r.Request == wish.Request);
            Require(reply.Refusal is not null || isStored, $"the retry of {wish.Id} was acknowledged, and is not stored (I3)");
            Require(
                reply.Refusal is null || !wish.IsAccepted || world.Truth.OwnerOf(wish.Id) != node.Node.Name,
                $"the same retry of {wish.Id} was accepted, then refused: {reply.Refusal} (I4)");
            wish.IsAccepted |= reply.Refusal is null;
        });
    }

    public void Find(SimulatedNode node, JobId id) =>
        Ask(node, $"looks for {id}", async () => Look(node, id, await node.Node.Queue.FindAsync(id)));

    public void Wait(SimulatedNode node, JobId id) => Ask(node, $"waits for {id}", async () =>
    {
        var job = await node.Node.Queue.WaitAsync(id);
        Look(node, id, job);
        Require(job is null || job.IsFinished, $"who waits for the end of {id} is told {job?.Status}");
    });

    public void List(SimulatedNode node) => Ask(node, "lists", async () =>
    {
        foreach (var job in (await node.Node.Queue.ListAsync(new JobFilter { Limit = 10 })).Jobs)
        {
            Require(
                !job.IsFinished || Outcomes(job.Id).Any(step => step.At == job.FinishedAt && step.Status == job.Status),
                $"a list says that {job.Id} is {job.Status} since {job.FinishedAt:O}, which it never was (I3)");
        }
    });

    /// <summary>A worker answers for an attempt that it has no more.</summary>
    public void AnswerLate(SimulatedNode node, JobId id, GrantId grant) => Ask(node, $"is answered late for {id}", async () =>
    {
        JobCommand answer = world.Chance(0.5)
            ? new JobCommand.Succeed(grant, Encoding.UTF8.GetBytes("""{"late":true}"""))
            : new JobCommand.Fail(grant, JobError.Named("Late", "long after"));
        try
        {
            var reply = await node.Node.Parts.Jobs.Ask<Node.JobReply>(id.Value, answer, TimeSpan.FromSeconds(5));
            Count(node, reply.Refusal);
            Require(
                reply.Refusal == Refusal.StaleAttempt || world.Truth.OwnerOf(id) != node.Node.Name,
                $"a late answer to {id} under grant {grant} was not refused, but answered with {reply.Refusal} (I5)");
        }
        catch (Exception error) when (error is Actors.AskTimeoutException or Actors.ActorFailedException)
        {
            // Its node cannot store anything any more, or not just now; a worker would ask again.
        }
    });

    /// <summary>What a living node refused, it has counted.</summary>
    public void CheckCounts(SimulatedNode node)
    {
        foreach (var ((who, reason), seen) in refusals)
        {
            Require(who != node || node.Node.Parts.Refusals.Count(reason) >= seen, $"{node.Name} has not counted all {seen} refusals {reason} (I9)");
        }
    }

    private IEnumerable<JobTransition> Outcomes(JobId id) =>
        (world.Truth.StateOf(id).History?.Transitions ?? [])
        .Where(step => step.Status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled);

    /// <summary>What somebody is told of a job is, step by step, how it went; and it is no less than what was stored of it.</summary>
    private void Look(SimulatedNode node, JobId id, JobView? told)
    {
        var truth = world.Truth.StateOf(id).History;
        if (told is null)
        {
            Require(
                jobs.GetValueOrDefault(id)?.Answer is null || world.Truth.OwnerOf(id) != node.Node.Name,
                $"{id} was acknowledged, and {node.Name}, which owns it, does not know it (I3)");
            return;
        }

        Require(
            truth is not null && told.History.SequenceEqual(truth.Transitions.Take(told.History.Count)),
            $"{node.Name} tells a history of {id} that is not its own (I1): {string.Join(", ", told.History)}");
    }

    private void Count(SimulatedNode node, Refusal? refusal)
    {
        if (refusal is { } reason)
        {
            refusals[(node, reason)] = refusals.GetValueOrDefault((node, reason)) + 1;
        }
    }

    private void Ask(SimulatedNode node, string what, Func<Task> call)
    {
        open[node] = OpenAt(node) + 1;
        node.Do(async () =>
        {
            try
            {
                await call();
                world.Note($"{node.Name} {what}: answered");
            }
            catch (Exception error) when (error is QueueUnavailableException or Storage.StoreException)
            {
                world.Note($"{node.Name} {what}: {error.GetType().Name}");
            }

            open[node]--;
        });
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            world.Break(otherwise + ".");
        }
    }
}

/// <summary>A job that a caller wants, under one request id however often it is asked for.</summary>
internal sealed class EnqueueWish(JobSpec spec, DateTimeOffset dueAt, RequestId request)
{
    public JobSpec Spec { get; } = spec;

    public DateTimeOffset DueAt { get; } = dueAt;

    public RequestId Request { get; } = request;

    public EnqueueReceipt? Answer { get; set; }
}

/// <summary>A wish that a job runs again.</summary>
internal sealed class RetryWish(JobId id, RequestId request)
{
    public JobId Id { get; } = id;

    public RequestId Request { get; } = request;

    public bool IsAccepted { get; set; }
}
