using System.Security.Cryptography;
using FlowerPower.Jobs;

namespace FlowerPower.Node;

/// <summary>All of a node's chance: unguessable numbers and jitter. Tests pass a seeded one, so that runs repeat.</summary>
public sealed class NodeChance
{
    private const int Ahead = 4_096;

    private readonly Action<byte[]> fill;
    private readonly Lock gate = new();
    private readonly byte[] bytes = new byte[Ahead];
    private int taken = Ahead;

    /// <summary>Chance from a source of random bytes, which is asked for many at a time: one call costs more than its bytes.</summary>
    public NodeChance(Action<byte[]> fill) => this.fill = fill;

    /// <summary>The operating system's source: what grants and claims need.</summary>
    public static NodeChance Secure { get; } = new(bytes => RandomNumberGenerator.Fill(bytes));

    /// <summary>A source that repeats; for tests.</summary>
    public static NodeChance Seeded(int seed)
    {
        var random = new Random(seed);
        return new NodeChance(random.NextBytes);
    }

    /// <summary>A 128-bit number, as claims, tokens and grants need.</summary>
    public Guid NextGuid()
    {
        Span<byte> number = stackalloc byte[16];
        Take(number);
        return new Guid(number);
    }

    /// <summary>An id for a request whose caller gave it none.</summary>
    public RequestId NextRequest() => new((long)(NextNumber() & long.MaxValue));

    /// <summary>A uniform sample in [0, 1).</summary>
    public double NextDouble() => (NextNumber() >> 11) * (1.0 / (1UL << 53));

    /// <summary>An id for a job whose caller chose none.</summary>
    public JobId NextJobId(DateTimeOffset now)
    {
        Span<byte> chance = stackalloc byte[10];
        Take(chance);
        return JobId.FromRandom(now, chance);
    }

    private ulong NextNumber()
    {
        Span<byte> number = stackalloc byte[8];
        Take(number);
        return BitConverter.ToUInt64(number);
    }

    private void Take(Span<byte> wanted)
    {
        lock (gate)
        {
            if (taken + wanted.Length > Ahead)
            {
                fill(bytes);
                taken = 0;
            }

            var from = bytes.AsSpan(taken, wanted.Length);
            from.CopyTo(wanted);
            from.Clear(); // who reads this memory later must not learn a claim from it
            taken += wanted.Length;
        }
    }
}
