namespace FlowerPower.Storage;

/// <summary>What each renewal of a lease brings back, so that a Redis which may have forgotten shows.</summary>
/// <param name="ReplicationId">Another one: Redis was restarted, or another server took its place.</param>
/// <param name="Tick">Counts the renewals.</param>
public readonly record struct HistoryMark(string ReplicationId, long Tick)
{
    /// <summary>Whether what was acknowledged before may be gone.</summary>
    /// <param name="later">The mark of a renewal that was made after this one's.</param>
    public bool IsDoubtedBy(HistoryMark later) => later.ReplicationId != ReplicationId || later.Tick <= Tick;
}
