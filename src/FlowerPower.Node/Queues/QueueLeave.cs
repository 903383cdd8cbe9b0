using FlowerPower.Actors;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Queues;

/// <summary>
/// A broker's part in queues with settings: it learns of each queue whether it has any before it hands out the first of its jobs, and gets a permit for each job of those that have.
/// Belongs to the broker, and lives in its turns.
/// </summary>
internal sealed class QueueLeave(JobNodeParts parts, WaitingLine line)
{
    /// <summary>So many of a queue's jobs are asked for at once; the others stay in the line.</summary>
    private const int AtOnce = 16;

    /// <summary>How long what was heard of a queue is believed; the word of a change comes at once, and this is for the case that it was lost.</summary>
    private static readonly TimeSpan BelieveFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Seen> queues = new(StringComparer.Ordinal);
    private readonly Dictionary<JobId, WaitingJob> asking = [];
    private readonly Dictionary<JobId, (WaitingJob Job, long Permit)> permitted = [];

    /// <summary>Jobs that have leave, and wait for a slot.</summary>
    public IEnumerable<(WaitingJob Job, long Permit)> Permitted => permitted.Values;

    /// <summary>A job whose turn it is.</summary>
    /// <returns><see langword="true"/>: it may run without further ado. Else it comes back when it has leave, or stands in the line again.</returns>
    public bool MayRun(ActorContext context, WaitingJob job)
    {
        var seen = queues.GetValueOrDefault(job.Queue);
        if (seen?.At is not { } at)
        {
            line.Offer(job);
            LookAnew(context, job.Queue);
            return false;
        }

        if (!seen.IsLooking && parts.Options.Time.GetElapsedTime(at) > BelieveFor)
        {
            LookAt(context, job.Queue); // meanwhile what is known holds
        }

        if (!seen.NeedsPermits)
        {
            return true;
        }

        var round = seen.Round;
        asking[job.Id] = job;
        if (++seen.Asking >= AtOnce)
        {
            line.Hold(job.Queue);
        }

        context.PipeToSelf(
            parts.Queues.PostAsync(job.Queue, new QueueMail.AskPermit(job.Id, job.Priority, job.EnqueuedAt), context.Stopping),
            receipt => new PermitAnswered(job, round, receipt),
            _ => new PermitUnanswered(job));
        return false;
    }

    /// <summary>The permitted job that goes first, of these queues; it stays.</summary>
    public (WaitingJob Job, long Permit)? First(IReadOnlyList<string>? queuesServed, IReadOnlyCollection<JobId>? only)
    {
        (WaitingJob Job, long Permit)? first = null;
        foreach (var entry in permitted.Values)
        {
            if ((queuesServed is null || queuesServed.Contains(entry.Job.Queue)) && (only is null || only.Contains(entry.Job.Id))
                && (first is not { } other || (entry.Job.Priority, entry.Job.EnqueuedAt).CompareTo((other.Job.Priority, other.Job.EnqueuedAt)) < 0))
            {
                first = entry;
            }
        }

        return first;
    }

    /// <summary>It is handed out, with its permit.</summary>
    public void Used(JobId id) => permitted.Remove(id);

    /// <summary>The settings may have changed: look before anything else of the queue is handed out.</summary>
    public void LookAnew(ActorContext context, string queue)
    {
        line.Hold(queue);
        if (!queues.TryGetValue(queue, out var seen))
        {
            queues[queue] = seen = new Seen();
        }

        seen.IsHeld = true;
        foreach (var (job, _) in permitted.Values.Where(entry => entry.Job.Queue == queue).ToList())
        {
            permitted.Remove(job.Id); // it asks again: its leave is of a time before the change
            line.Offer(job);
        }

        LookAt(context, queue);
    }

    /// <summary>Is it known what holds for the queue?</summary>
    public bool HasSeen(string queue) => queues.GetValueOrDefault(queue) is not { IsHeld: true };

    public void Take(ActorContext context, QueueSeen answer)
    {
        if (queues.GetValueOrDefault(answer.Queue) is not { } seen || seen.Round != answer.Round)
        {
            return; // asked again since
        }

        seen.IsLooking = false;
        if (answer.Settings is null)
        {
            context.StartTimer((this, answer.Queue), new LookAgain(answer.Queue), AgainAfter);
            return;
        }

        seen.At = parts.Options.Time.GetTimestamp();
        seen.NeedsPermits = !answer.Settings.IsPlain;
        seen.IsHeld = false;
        if (seen.Asking < AtOnce)
        {
            line.Release(answer.Queue);
        }
    }

    public void Take(PermitAnswered answer)
    {
        var (job, permit) = (answer.Job, answer.Receipt.Permit);
        if (answer.Receipt.Settings.IsPlain && queues.GetValueOrDefault(job.Queue) is { IsLooking: false } seen)
        {
            seen.NeedsPermits = false;
        }

        if (!IsStillWanted(job))
        {
            if (permit is { } unwanted)
            {
                GiveBack(job, unwanted);
            }
        }
        else if (permit is { } number && queues.GetValueOrDefault(job.Queue)?.Round == answer.Round)
        {
            permitted[job.Id] = (job, number);
        }
        else
        {
            line.Offer(job); // it asks again; also if its leave is of a time before the settings changed
        }
    }

    public void Take(PermitUnanswered answer)
    {
        if (IsStillWanted(answer.Job))
        {
            line.Offer(answer.Job);
        }
    }

    /// <summary>A job does not wait any more, or waits anew: what it asked for before is void.</summary>
    public void Forget(JobId id)
    {
        asking.Remove(id); // an answer that comes is given back
        if (permitted.Remove(id, out var entry))
        {
            GiveBack(entry.Job, entry.Permit);
        }
    }

    /// <summary>A job's permit is not used here. If that is lost, the gate finds out by itself.</summary>
    public void GiveBack(WaitingJob job, long permit) => _ = ReturnAsync(job, permit);

    /// <summary>The jobs of a shard that has stopped: they are offered again by whoever has it next, and the gate knows that they have leave.</summary>
    public void ForgetShard(Func<JobId, bool> isOfShard)
    {
        foreach (var id in asking.Keys.Concat(permitted.Keys).Where(isOfShard).ToList())
        {
            asking.Remove(id);
            permitted.Remove(id);
        }
    }

    private void LookAt(ActorContext context, string queue)
    {
        var seen = queues[queue];
        seen.IsLooking = true;
        var round = ++seen.Round;
        var settings = parts.SettingsOf(queue, context.Stopping);
        if (settings.IsCompletedSuccessfully)
        {
            Take(context, new QueueSeen(queue, round, settings.Result));
            return;
        }

        context.PipeToSelf(settings.AsTask(), known => new QueueSeen(queue, round, known), _ => new QueueSeen(queue, round, null));
    }

    /// <summary>The asking of a job is over. Does it wait still?</summary>
    private bool IsStillWanted(WaitingJob job)
    {
        if (queues.GetValueOrDefault(job.Queue) is { } seen && --seen.Asking < AtOnce && !seen.IsHeld)
        {
            line.Release(job.Queue);
        }

        return asking.Remove(job.Id);
    }

    private async Task ReturnAsync(WaitingJob job, long permit)
    {
        try
        {
            await parts.Queues.PostAsync(job.Queue, new QueueMail.CheckHolder(job.Id, permit), CancellationToken.None);
        }
        catch (Exception error) when (error is QueueUnavailableException or ObjectDisposedException)
        {
            // The gate's audit finds that nobody uses it.
        }
    }

    private sealed class Seen
    {
        /// <summary>When its settings were heard; <see langword="null"/>: not yet.</summary>
        public long? At { get; set; }

        /// <summary>Nothing of it is handed out before the answer.</summary>
        public bool IsHeld { get; set; }

        public bool IsLooking { get; set; }

        public int Round { get; set; }

        public bool NeedsPermits { get; set; }

        /// <summary>Jobs that have asked, and have no answer.</summary>
        public int Asking { get; set; }
    }

    /// <param name="Settings"><see langword="null"/>: they could not be read.</param>
    internal sealed record QueueSeen(string Queue, int Round, QueueSettings? Settings);

    internal sealed record PermitAnswered(WaitingJob Job, int Round, QueueReceipt Receipt);

    internal sealed record PermitUnanswered(WaitingJob Job);

    internal sealed record LookAgain(string Queue);
}
