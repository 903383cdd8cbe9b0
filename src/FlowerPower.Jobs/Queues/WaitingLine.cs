namespace FlowerPower.Jobs;

/// <summary>
/// The order in which waiting jobs are handed out: strict priority, then oldest, then by id; a job that is not due is not handed out.
/// </summary>
/// <remarks>
/// A plain data structure for one thread, without a clock: callers say what time it is. <see cref="Offer"/>, <see cref="Take"/> and
/// <see cref="Withdraw"/> cost O(log n), and a withdrawn job leaves nothing behind. A million jobs cost about 170 bytes each, their ids'
/// texts included (<c>A_long_line_costs_less_than_300_bytes_a_job</c> measures it). Jobs that are not due wait in one heap by due time;
/// due ones in a heap per queue and priority; and per priority, one heap orders the queues by their oldest job.
/// </remarks>
public sealed class WaitingLine
{
    private const int CapacityToKeep = 1024;

    private readonly Dictionary<(string Queue, JobPriority Priority), WaitingLane> lanes = [];
    private readonly HashSet<string> held = new(StringComparer.Ordinal);
    private readonly WaitingSlots slots = new();
    private readonly IndexedHeap<int, ByDueTime> notDue;
    private readonly IndexedHeap<WaitingLane, ByOldestJob>[] fronts; // by priority
    private Dictionary<JobId, int> slotsById = [];
    private long latest = long.MinValue; // UTC ticks of the last instant heard

    /// <summary>An empty line.</summary>
    public WaitingLine()
    {
        notDue = new(new ByDueTime(slots));
        fronts = [.. Enumerable.Range(0, (int)JobPriority.Low + 1).Select(_ => new IndexedHeap<WaitingLane, ByOldestJob>(new(slots)))];
    }

    /// <summary>Waiting jobs, due or not.</summary>
    public int Count => slotsById.Count;

    /// <summary>All waiting jobs, due or not, in no order. The line must not change while they are read.</summary>
    public IEnumerable<WaitingJob> Jobs => slotsById.Values.Select(Describe);

    /// <summary>Let a job wait. It replaces an entry of the same id.</summary>
    /// <exception cref="ArgumentException">The job has no id, no queue or no priority.</exception>
    public void Offer(WaitingJob job)
    {
        ArgumentException.ThrowIfNullOrEmpty(job.Id.Value, nameof(job));
        ArgumentException.ThrowIfNullOrEmpty(job.Queue, nameof(job));
        if (job.Priority is < JobPriority.High or > JobPriority.Low)
        {
            throw new ArgumentOutOfRangeException(nameof(job), job.Priority, "A waiting job's priority is high, medium or low.");
        }

        Withdraw(job.Id);
        var slot = slots.Rent();
        slots[slot] = new WaitingSlot
        {
            Id = job.Id,
            Lane = LaneOf(job.Queue, job.Priority),
            EnqueuedAt = job.EnqueuedAt.UtcTicks,
            DueAt = job.DueAt.UtcTicks,
        };
        slots[slot].Lane!.Total++;
        slotsById.Add(job.Id, slot);
        if (slots[slot].DueAt <= latest)
        {
            AddReady(slot);
        }
        else
        {
            notDue.Add(slot);
        }
    }

    /// <summary>Take a job out, wherever it stands.</summary>
    /// <returns><see langword="false"/> if it was not waiting.</returns>
    public bool Withdraw(JobId id)
    {
        if (!slotsById.TryGetValue(id, out var slot))
        {
            return false;
        }

        Remove(slot);
        return true;
    }

    /// <summary>Hand out no job of this queue, until <see cref="Release"/>.</summary>
    public void Hold(string queue)
    {
        if (held.Add(queue))
        {
            foreach (var lane in LanesOf(queue))
            {
                if (lane.Ready.Count > 0)
                {
                    fronts[(int)lane.Priority].RemoveAt(lane.Position);
                }

                lane.IsHeld = true;
            }
        }
    }

    /// <summary>Hand out jobs of this queue again.</summary>
    public void Release(string queue)
    {
        if (held.Remove(queue))
        {
            foreach (var lane in LanesOf(queue))
            {
                lane.IsHeld = false;
                if (lane.Ready.Count > 0)
                {
                    fronts[(int)lane.Priority].Add(lane);
                }
            }
        }
    }

    /// <summary>Is the job waiting, due or not?</summary>
    public bool Contains(JobId id) => slotsById.ContainsKey(id);

    /// <summary>Take the job out whose turn it is.</summary>
    /// <param name="queues">Only from these queues; <see langword="null"/>: from any.</param>
    /// <param name="now">The caller's clock.</param>
    /// <param name="only">Only one of these jobs, at a cost of O(their number); <see langword="null"/>: any.</param>
    /// <returns><see langword="null"/> if no such job of those queues is due.</returns>
    public WaitingJob? Take(IReadOnlyCollection<string>? queues, DateTimeOffset now, IReadOnlyCollection<JobId>? only = null)
    {
        Advance(now);
        if (only is not null)
        {
            return TakeOneOf(only, queues);
        }

        return NextReady(queues) is { } slot ? TakeOut(slot) : null;
    }

    /// <summary>The job that <see cref="Take"/> would take out; it stays.</summary>
    /// <inheritdoc cref="Take"/>
    public WaitingJob? Peek(IReadOnlyCollection<string>? queues, DateTimeOffset now)
    {
        Advance(now);
        return NextReady(queues) is { } slot ? Describe(slot) : null;
    }

    /// <summary>When the next job becomes due that is not due now, of any queue.</summary>
    /// <returns>An instant after <paramref name="now"/>, UTC; <see langword="null"/> if every waiting job is due already.</returns>
    public DateTimeOffset? NextDueAt(DateTimeOffset now)
    {
        Advance(now);
        return notDue.Count == 0 ? null : new DateTimeOffset(slots[notDue.First].DueAt, TimeSpan.Zero);
    }

    private WaitingJob? TakeOneOf(IReadOnlyCollection<JobId> ids, IReadOnlyCollection<string>? queues)
    {
        int? best = null;
        foreach (var id in ids)
        {
            if (slotsById.TryGetValue(id, out var slot) && slots[slot].DueAt <= latest && !slots[slot].Lane!.IsHeld
                && (queues is null || queues.Contains(slots[slot].Lane!.Queue))
                && (best is not { } other || IsBefore(slot, other)))
            {
                best = slot;
            }
        }

        return best is { } found ? TakeOut(found) : null;
    }

    private int? NextReady(IReadOnlyCollection<string>? queues)
    {
        for (var priority = JobPriority.High; priority <= JobPriority.Low; priority++)
        {
            while (FirstReady(queues, priority) is { } slot)
            {
                if (slots[slot].DueAt <= latest)
                {
                    return slot;
                }

                Postpone(slot); // the clock was set back since it became ready
            }
        }

        return null;
    }

    private WaitingJob TakeOut(int slot)
    {
        var job = Describe(slot);
        Remove(slot);
        return job;
    }

    private bool IsBefore(int a, int b)
    {
        var (x, y) = (slots[a].Lane!.Priority, slots[b].Lane!.Priority);
        return x != y ? x < y : ByAge.IsOlder(slots, a, b);
    }

    private void Advance(DateTimeOffset now)
    {
        latest = now.UtcTicks;
        while (notDue.Count > 0 && slots[notDue.First].DueAt <= latest)
        {
            var slot = notDue.First;
            notDue.RemoveAt(0);
            AddReady(slot);
        }
    }

    private int? FirstReady(IReadOnlyCollection<string>? queues, JobPriority priority)
    {
        if (queues is null)
        {
            var front = fronts[(int)priority];
            return front.Count == 0 ? null : front.First.Ready.First;
        }

        int? best = null;
        foreach (var queue in queues)
        {
            if (lanes.TryGetValue((queue, priority), out var lane) && lane.Ready.Count > 0 && !lane.IsHeld
                && (best is not { } other || ByAge.IsOlder(slots, lane.Ready.First, other)))
            {
                best = lane.Ready.First;
            }
        }

        return best;
    }

    private IEnumerable<WaitingLane> LanesOf(string queue)
    {
        for (var priority = JobPriority.High; priority <= JobPriority.Low; priority++)
        {
            if (lanes.TryGetValue((queue, priority), out var lane))
            {
                yield return lane;
            }
        }
    }

    private WaitingLane LaneOf(string queue, JobPriority priority)
    {
        if (!lanes.TryGetValue((queue, priority), out var lane))
        {
            lane = new WaitingLane(queue, priority, slots) { IsHeld = held.Contains(queue) };
            lanes.Add((queue, priority), lane);
        }

        return lane;
    }

    private void AddReady(int slot)
    {
        slots[slot].IsReady = true;
        var lane = slots[slot].Lane!;
        lane.Ready.Add(slot);
        if (lane.IsHeld)
        {
            return; // not among those that are handed out
        }

        if (lane.Ready.Count == 1)
        {
            fronts[(int)lane.Priority].Add(lane);
        }
        else if (slots[slot].Position == 0)
        {
            fronts[(int)lane.Priority].Update(lane.Position);
        }
    }

    private void RemoveReady(int slot)
    {
        slots[slot].IsReady = false;
        var lane = slots[slot].Lane!;
        var position = slots[slot].Position;
        if (lane.Ready.Count == 1)
        {
            if (!lane.IsHeld)
            {
                fronts[(int)lane.Priority].RemoveAt(lane.Position);
            }

            lane.Ready.RemoveAt(0);
            return;
        }

        lane.Ready.RemoveAt(position);
        if (position == 0 && !lane.IsHeld)
        {
            fronts[(int)lane.Priority].Update(lane.Position);
        }
    }

    private void Postpone(int slot)
    {
        RemoveReady(slot);
        notDue.Add(slot);
    }

    private void Remove(int slot)
    {
        if (slots[slot].IsReady)
        {
            RemoveReady(slot);
        }
        else
        {
            notDue.RemoveAt(slots[slot].Position);
        }

        var lane = slots[slot].Lane!;
        if (--lane.Total == 0)
        {
            lanes.Remove((lane.Queue, lane.Priority));
        }

        slotsById.Remove(slots[slot].Id);
        slots.Return(slot);
        if (slotsById.Count == 0 && slots.Capacity > CapacityToKeep)
        {
            slots.Clear();
            slotsById = [];
        }
    }

    private WaitingJob Describe(int slot)
    {
        ref var s = ref slots[slot];
        return new WaitingJob(s.Id, s.Lane!.Queue, s.Lane.Priority, new(s.EnqueuedAt, TimeSpan.Zero), new(s.DueAt, TimeSpan.Zero));
    }
}
