namespace FlowerPower.Node.Hosting;

/// <summary>Whether a node may be sent work: it has joined, and may serve, or could not for a moment only.</summary>
/// <remarks>
/// A renewal that comes late makes every node of a cluster unready at once; whoever then takes all of them out of service turns a slow moment of
/// Redis into an outage. So trouble counts only after <see cref="Patience"/>.
/// </remarks>
internal sealed class Readiness(TimeProvider time)
{
    /// <summary>How long a node may be in trouble before it is unready.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private string? down = "the node has not joined the cluster yet";
    private long servedAt;

    /// <summary>It has joined.</summary>
    public void Joined()
    {
        lock (gate)
        {
            down = null;
            servedAt = time.GetTimestamp();
        }
    }

    /// <summary>It does not serve, and will not by itself.</summary>
    /// <param name="why">In one line.</param>
    public void Down(string why)
    {
        lock (gate)
        {
            down = why;
        }
    }

    /// <summary>Whether it may serve, seen just now.</summary>
    public void Saw(bool mayServe)
    {
        lock (gate)
        {
            servedAt = mayServe ? time.GetTimestamp() : servedAt;
        }
    }

    /// <summary>Why it is not ready; <see langword="null"/>: it is.</summary>
    public string? WhyNot
    {
        get
        {
            lock (gate)
            {
                return down ?? (time.GetElapsedTime(servedAt) < Patience
                    ? null
                    : "the node could not renew its lease in Redis, and serves nothing until it can");
            }
        }
    }
}
