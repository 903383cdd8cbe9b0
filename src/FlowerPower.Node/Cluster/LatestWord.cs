namespace FlowerPower.Node.Cluster;

/// <summary>
/// Says what has changed, a moment later: many changes at once are one word, every change is followed by a word that holds it, and no older
/// word comes after a newer one.
/// </summary>
/// <param name="say">Reads what is so now, and says it.</param>
/// <param name="gate">Held over <paramref name="say"/>: whoever says the same elsewhere holds it too.</param>
/// <param name="gatherFor">How long a change waits for others.</param>
internal sealed class LatestWord(Action say, Lock gate, TimeSpan gatherFor, TimeProvider time)
{
    private int isDue;

    /// <summary>Something has changed.</summary>
    public void Due()
    {
        if (Interlocked.Exchange(ref isDue, 1) == 0)
        {
            _ = SayLaterAsync();
        }
    }

    private async Task SayLaterAsync()
    {
        await Task.Delay(gatherFor, time).ConfigureAwait(false);
        lock (gate)
        {
            Volatile.Write(ref isDue, 0); // what changes from here on asks for a word of its own
            say();
        }
    }
}
