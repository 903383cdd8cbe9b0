namespace FlowerPower.Jobs;

/// <summary>One waiting job as the line keeps it: 40 bytes beside its id's text.</summary>
internal struct WaitingSlot
{
    public JobId Id;
    public WaitingLane? Lane; // null: the slot is free
    public long EnqueuedAt; // UTC ticks
    public long DueAt; // UTC ticks
    public int Position; // in the heap it is in; in a free slot, the next free one
    public bool IsReady; // in its lane's heap, else in the heap by due time
}

/// <summary>
/// The line's jobs in one array, addressed by number, so that heaps hold four bytes per job and the collector sees few objects.
/// </summary>
internal sealed class WaitingSlots
{
    private const int SmallCapacity = 16;
    private const int None = -1;

    private WaitingSlot[] slots = new WaitingSlot[SmallCapacity];
    private int used;
    private int firstFree = None;

    public ref WaitingSlot this[int slot] => ref slots[slot];

    public int Capacity => slots.Length;

    public int Rent()
    {
        if (firstFree != None)
        {
            var slot = firstFree;
            firstFree = slots[slot].Position;
            return slot;
        }

        if (used == slots.Length)
        {
            Array.Resize(ref slots, used * 2);
        }

        return used++;
    }

    public void Return(int slot)
    {
        slots[slot] = new WaitingSlot { Position = firstFree };
        firstFree = slot;
    }

    /// <summary>Forget everything, and give the memory of a line that was long once back.</summary>
    public void Clear()
    {
        slots = new WaitingSlot[SmallCapacity];
        used = 0;
        firstFree = None;
    }
}

/// <summary>The ready jobs of one queue and priority.</summary>
internal sealed class WaitingLane(string queue, JobPriority priority, WaitingSlots slots)
{
    public string Queue => queue;

    public JobPriority Priority => priority;

    /// <summary>Ready jobs, oldest first.</summary>
    public IndexedHeap<int, ByAge> Ready { get; } = new(new ByAge(slots));

    /// <summary>Jobs of this lane, ready or not.</summary>
    public int Total { get; set; }

    /// <summary>No job of its queue is handed out.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Where the lane is among those of its priority that have ready jobs.</summary>
    public int Position { get; set; }
}

/// <summary>Oldest first, then by id.</summary>
internal readonly struct ByAge(WaitingSlots slots) : IHeapOrder<int>
{
    public bool IsBefore(int a, int b) => IsOlder(slots, a, b);

    public void SetPosition(int item, int position) => slots[item].Position = position;

    public static bool IsOlder(WaitingSlots slots, int a, int b)
    {
        ref var x = ref slots[a];
        ref var y = ref slots[b];
        return x.EnqueuedAt != y.EnqueuedAt ? x.EnqueuedAt < y.EnqueuedAt : x.Id.CompareTo(y.Id) < 0;
    }
}

/// <summary>Soonest due first; ties in any order, because they become ready together.</summary>
internal readonly struct ByDueTime(WaitingSlots slots) : IHeapOrder<int>
{
    public bool IsBefore(int a, int b) => slots[a].DueAt < slots[b].DueAt;

    public void SetPosition(int item, int position) => slots[item].Position = position;
}

/// <summary>The lane with the oldest ready job first.</summary>
internal readonly struct ByOldestJob(WaitingSlots slots) : IHeapOrder<WaitingLane>
{
    public bool IsBefore(WaitingLane a, WaitingLane b) => ByAge.IsOlder(slots, a.Ready.First, b.Ready.First);

    public void SetPosition(WaitingLane item, int position) => item.Position = position;
}
