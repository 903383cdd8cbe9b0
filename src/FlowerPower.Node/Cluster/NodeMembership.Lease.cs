using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>The right to serve, by this node's monotonic clock.</summary>
internal sealed partial class NodeMembership
{
    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly Lock servingGate = new();
    private readonly ITimer selfStop;
    private MemberView view = MemberView.Empty;
    private long confirmedAt; // when the last good renewal was sent
    private long viewedAt; // when the view came; it is a little older
    private long stalls;
    private bool hasJoined;
    private bool isHalted;
    private bool isDoubtful;
    private bool wasServing;

    /// <summary><see cref="MayServe"/> became what the argument says. The end is told when it comes or soon after: before serving, ask <see cref="MayServe"/>.</summary>
    public event Action<bool>? ServingChanged;

    /// <summary>Whether this node may grant and answer now; computed at the call, by this node's own clock.</summary>
    public bool MayServe =>
        Volatile.Read(ref hasJoined) && !Volatile.Read(ref isHalted) && !Volatile.Read(ref isDoubtful) && !died.Task.IsCompleted
        && time.GetElapsedTime(Interlocked.Read(ref confirmedAt)) < times.SelfStopAfter;

    /// <summary>Whether what a member owns may be claimed: it is dead, or no member that lives.</summary>
    /// <param name="incarnation">The owner's, as it stands in a shard's claim.</param>
    /// <returns>False also while this node may not serve.</returns>
    /// <remarks>
    /// Whom the view does not know may have joined since, so the table is looked at. A living owner that the store forgot is on its way back into a
    /// new table and may serve meanwhile, so whom a new table does not know is given a whole lease.
    /// </remarks>
    /// <exception cref="StoreUnavailableException">The view does not know the member, and the table does not answer.</exception>
    /// <exception cref="InvalidOperationException">The node has not joined, has left, or is dead.</exception>
    public async Task<bool> MayTakeFromAsync(string incarnation, CancellationToken cancellationToken = default)
    {
        var askedAt = time.GetTimestamp();
        if (View.Find(incarnation) is null)
        {
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                RequireLife();
                // Whoever asked at the same time may have looked for this caller too.
                if (Interlocked.Read(ref confirmedAt) <= askedAt)
                {
                    await RenewAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                turn.Release();
            }
        }

        var now = View;
        var age = now.ReadAt - now.BornAt + time.GetElapsedTime(Interlocked.Read(ref viewedAt));
        return MayServe && (now.Find(incarnation) is { } member ? !member.IsLiving : age >= times.Lease);
    }

    private void Confirm(long sentAt, MemberRenewal.Renewed answer)
    {
        Interlocked.Exchange(ref confirmedAt, sentAt);
        Volatile.Write(ref isDoubtful, false);
        Volatile.Write(ref trouble, null);
        mark = answer.Mark;
        SetSelfStop();
        ClusterMeter.Renewed(isGood: true, time.GetElapsedTime(sentAt));
        if (answer.View is { } newer)
        {
            ClusterMeter.Saw(view, newer);
            Interlocked.Exchange(ref viewedAt, time.GetTimestamp());
            Volatile.Write(ref view, newer);
        }

        TellServing();
        if (answer.View is not null)
        {
            Changed?.Invoke(answer.View);
        }
    }

    // Timers go by a coarser clock than timestamps do, and may come too early.
    private void OnSelfStop()
    {
        TellServing();
        if (MayServe)
        {
            SetSelfStop();
        }
    }

    private void SetSelfStop()
    {
        var left = times.SelfStopAfter - time.GetElapsedTime(Interlocked.Read(ref confirmedAt));
        selfStop.Change(left > ShortestTimer ? left : ShortestTimer, Timeout.InfiniteTimeSpan);
    }

    private void TellServing()
    {
        lock (servingGate)
        {
            if (MayServe is var may && may != wasServing)
            {
                wasServing = may;
                ServingChanged?.Invoke(may);
            }
        }
    }
}
