using System.Security.Cryptography;
using FlowerPower.Jobs;

namespace FlowerPower.Node;

/// <summary>All of a node's chance: unguessable numbers and jitter. Tests pass a seeded one, so that runs repeat.</summary>
public sealed class NodeChance
{
    private readonly Action<byte[]> fill;
    private readonly Lock gate = new();

    /// <summary>Chance from a source of random bytes.</summary>
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
    public Guid NextGuid() => new(Take(16));

    /// <summary>An id for a request whose caller gave it none.</summary>
    public RequestId NextRequest() => new(BitConverter.ToInt64(Take(8)) & long.MaxValue);

    /// <summary>A uniform sample in [0, 1).</summary>
    public double NextDouble() => (BitConverter.ToUInt64(Take(8)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>An id for a job whose caller chose none.</summary>
    public JobId NextJobId(DateTimeOffset now) => JobId.FromRandom(now, Take(10));

    private byte[] Take(int count)
    {
        var bytes = new byte[count];
        lock (gate)
        {
            fill(bytes);
        }

        return bytes;
    }
}
