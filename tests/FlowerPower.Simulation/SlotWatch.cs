using FlowerPower.Jobs;

namespace FlowerPower.Simulation;

/// <summary>Looks whenever the clock is about to move: nobody may wait for nothing (I7).</summary>
internal sealed class SlotWatch(World world)
{
    private readonly Dictionary<JobId, DateTimeOffset> waitingSince = [];
    private SimulatedNode? watched;
    private DateTimeOffset freeSince;

    public void Look(SimulatedNode? node)
    {
        var now = world.Now;
        if (node is not { IsServing: true, IsStopping: false } || node.Executor.Active >= node.Slots || node != watched)
        {
            watched = node;
            freeSince = now;
        }

        foreach (var id in waitingSince.Keys.Where(id => !IsFit(id, node, now)).ToList())
        {
            waitingSince.Remove(id);
        }

        // A grant is one write and its reply, behind the one that is on its way; a few such steps follow each other where a job changes hands.
        var bound = TimeSpan.FromMilliseconds(200 + (30 * world.Weather.SlowestMs));
        foreach (var id in world.Truth.Live.Where(id => IsFit(id, node, now)))
        {
            waitingSince.TryAdd(id, now);
            var since = Later(Later(waitingSince[id], freeSince), world.CalmSince);
            if (now - since > bound)
            {
                throw world.Broken(
                    $"{id} has waited for {now - waitingSince[id]}, and {node?.Name} has had a free slot for {now - freeSince} (I7).");
            }
        }
    }

    private bool IsFit(JobId id, SimulatedNode? node, DateTimeOffset now) =>
        world.Truth.StateOf(id) is JobState.Waiting waiting && waiting.IsDueAt(now)
        && (node?.Queues is null || node.Queues.Contains(waiting.Trail.Spec.Queue));

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
