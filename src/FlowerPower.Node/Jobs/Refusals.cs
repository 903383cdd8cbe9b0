using System.Diagnostics.Metrics;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>Counts the commands that a node's jobs refused, by reason, and keeps the last few for the operator.</summary>
internal sealed class Refusals(TimeProvider time)
{
    /// <summary>How many <see cref="Recent"/> keeps.</summary>
    public const int Kept = 256;

    private static readonly Meter Meter = new("FlowerPower.Node");

    private static readonly Counter<long> Counter = Meter.CreateCounter<long>(
        "flowerpower.node.refusals", "{command}", "Commands that jobs refused, by reason and command.");

    private readonly Lock gate = new();
    private readonly Dictionary<Refusal, long> counts = [];
    private readonly Queue<RefusedCommand> recent = new();

    /// <summary>The last refused commands, oldest first, at most <see cref="Kept"/>.</summary>
    public IReadOnlyList<RefusedCommand> Recent
    {
        get
        {
            lock (gate)
            {
                return [.. recent];
            }
        }
    }

    /// <summary>Commands that were refused for this reason since the node began.</summary>
    public long Count(Refusal reason)
    {
        lock (gate)
        {
            return counts.GetValueOrDefault(reason);
        }
    }

    /// <summary>A job has refused a command.</summary>
    public void Record(JobId job, JobCommand command, Refusal reason)
    {
        var name = command.GetType().Name;
        Counter.Add(1, new("reason", reason.ToString()), new("command", name));
        lock (gate)
        {
            counts[reason] = counts.GetValueOrDefault(reason) + 1;
            if (recent.Count == Kept)
            {
                recent.Dequeue();
            }

            recent.Enqueue(new RefusedCommand(job, name, reason, time.GetUtcNow()));
        }
    }
}

/// <summary>One refused command; without what it carried, which may be large.</summary>
internal sealed record RefusedCommand(JobId Job, string Command, Refusal Reason, DateTimeOffset At);
