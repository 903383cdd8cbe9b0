namespace FlowerPower.Storage;

/// <summary>What is known about a Redis from its last answers.</summary>
public enum RedisState
{
    /// <summary>The last command was answered.</summary>
    Ok = 1,

    /// <summary>A command failed since the last answer.</summary>
    Suspect = 2,

    /// <summary>Nothing was answered for so long that another node may take over: this one must not grant or answer from memory.</summary>
    Frozen = 3,
}

/// <summary>Tells from answers and failures how a Redis is, by a monotonic clock of this process.</summary>
/// <remarks>An answer counts from the moment its command was <em>sent</em>: nothing is known about the server after that.</remarks>
internal sealed class RedisHealth(TimeProvider time, TimeSpan freezeAfter)
{
    private readonly Lock gate = new();
    private long lastGood = time.GetTimestamp();
    private bool hasFailed;

    /// <summary>How it stands now.</summary>
    public RedisState State
    {
        get
        {
            lock (gate)
            {
                return !hasFailed ? RedisState.Ok
                    : time.GetElapsedTime(lastGood) >= freezeAfter ? RedisState.Frozen
                    : RedisState.Suspect;
            }
        }
    }

    public void Answered(long sentAt)
    {
        lock (gate)
        {
            if (sentAt >= lastGood)
            {
                lastGood = sentAt;
                hasFailed = false;
            }
        }
    }

    public void Failed()
    {
        lock (gate)
        {
            hasFailed = true;
        }
    }
}
