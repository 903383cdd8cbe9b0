namespace FlowerPower.Node.Workers;

/// <summary>How much may be written in a while: so many bytes a second, and those of one second at once. May be called from any thread.</summary>
internal sealed class LogBudget(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock gate = new();
    private double left = bytesPerSecond;
    private long lastLook = time.GetTimestamp();

    /// <summary>Takes so many bytes, if there are so many.</summary>
    public bool TryTake(int bytes)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            left = Math.Min(bytesPerSecond, left + (time.GetElapsedTime(lastLook, now).TotalSeconds * bytesPerSecond));
            lastLook = now;
            if (left < bytes)
            {
                return false;
            }

            left -= bytes;
            return true;
        }
    }
}
