using System.Collections.Immutable;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Queues;

/// <summary>
/// What a node's slots may take: every waiting job if it has worker slots; if it has none, only the jobs that its own process waits for. So
/// a command that waits for one job is not taken down, or held up, by what else waits in its project.
/// </summary>
internal sealed class WorkScope(int workerSlots)
{
    private readonly Lock gate = new();
    private volatile ImmutableHashSet<JobId> own = [];
    private volatile int workerSlots = workerSlots;

    /// <summary>Slots for every job; 0 or more.</summary>
    public int WorkerSlots
    {
        get => workerSlots;
        set => workerSlots = value;
    }

    /// <summary>The jobs that this process waits for; unordered.</summary>
    public IReadOnlyCollection<JobId> Own => own;

    /// <summary>The only jobs that may be handed out; <see langword="null"/>: any.</summary>
    public IReadOnlyCollection<JobId>? Only => workerSlots > 0 ? null : own;

    /// <summary>Jobs that run at once here, as things stand.</summary>
    public int Slots => workerSlots > 0 ? workerSlots : own.IsEmpty ? 0 : Environment.ProcessorCount;

    /// <returns><see langword="false"/> if it was there already.</returns>
    public bool Add(JobId id)
    {
        lock (gate)
        {
            var before = own;
            own = before.Add(id);
            return own != before;
        }
    }

    public void Remove(JobId id)
    {
        lock (gate)
        {
            own = own.Remove(id);
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            own = [];
        }
    }
}
