using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace FlowerPower.Actors.Transport;

/// <summary>Counts by reason, and the last few examples for the operator.</summary>
/// <typeparam name="TReason">Begins at 1.</typeparam>
/// <typeparam name="TExample">One case.</typeparam>
public sealed class ReasonLog<TReason, TExample>
    where TReason : struct, Enum
{
    /// <summary>How many examples <see cref="Recent"/> keeps.</summary>
    public const int Kept = 64;

    private static readonly TReason[] Reasons = Enum.GetValues<TReason>();

    private readonly Counter<long> counter;
    private readonly long[] counts = new long[Index(Reasons[^1]) + 1];
    private readonly Queue<TExample> recent = new();

    internal ReasonLog(Counter<long> counter) => this.counter = counter;

    /// <summary>All of them.</summary>
    public long Total => Reasons.Sum(Count);

    /// <summary>The last examples, oldest first, at most <see cref="Kept"/>.</summary>
    public IReadOnlyList<TExample> Recent
    {
        get
        {
            lock (recent)
            {
                return [.. recent];
            }
        }
    }

    /// <summary>How many for one reason.</summary>
    public long Count(TReason reason) => Volatile.Read(ref counts[Index(reason)]);

    internal void Record(TReason reason, TExample example)
    {
        Interlocked.Increment(ref counts[Index(reason)]);
        counter.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
        lock (recent)
        {
            if (recent.Count == Kept)
            {
                recent.Dequeue();
            }

            recent.Enqueue(example);
        }
    }

    private static int Index(TReason reason) => Unsafe.BitCast<TReason, int>(reason);
}
