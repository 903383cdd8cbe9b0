namespace FlowerPower.Storage;

/// <summary>The nodes of a cluster and their leases, by the clock of the store that keeps them. No client's clock enters a decision.</summary>
/// <remarks>
/// <para>
/// Every join and every renewal first looks after the whole table: a living member whose lease has ended becomes <see cref="MemberStatus.Dead"/>, which is
/// final, and dead rows older than <see cref="DeadRowsKept"/> or beyond <see cref="MaxDeadRows"/> go.
/// </para>
/// <para>
/// Time in which nobody could renew does not count: after more than half a lease without any renewal (the store was away, or its clock jumped),
/// every living member has another half of its lease from now on, so that nobody dies of an outage of the store. A clock that jumped back
/// cannot give a dead member more than two of its leases.
/// </para>
/// <para>
/// A call that throws <see cref="StoreUnavailableException"/> may have happened: repeat it. Each may be repeated without harm.
/// </para>
/// </remarks>
public interface IMemberTable
{
    /// <summary>The greatest number of living members.</summary>
    const int MaxLiving = 1_000;

    /// <summary>The greatest number of dead members that are remembered.</summary>
    const int MaxDeadRows = 200;

    /// <summary>The ends of a shard's owners count together if no more than this lies between one and the next.</summary>
    static readonly TimeSpan FallsKept = TimeSpan.FromHours(1);

    /// <summary>How long a dead member is remembered: for people, and for a frozen node that wakes.</summary>
    static readonly TimeSpan DeadRowsKept = TimeSpan.FromHours(1);

    /// <summary>Write a member's row. A living member of the same name at the same address is dead from now on: this process has its socket.</summary>
    /// <param name="lease">How long the member lives when it does not renew; 1 ms or more.</param>
    /// <param name="status">A living status; a member that the store forgot comes back with the one that it had.</param>
    /// <returns>The whole view; also when the member has joined already.</returns>
    /// <exception cref="StoreRefusedException">
    /// One process serves the store alone, the incarnation is dead, or the cluster is full; the message says which.
    /// </exception>
    ValueTask<MemberRenewal.Renewed> JoinAsync(MemberInfo me, TimeSpan lease, MemberStatus status, CancellationToken cancellationToken);

    /// <summary>Live for another lease from now on.</summary>
    /// <param name="status">The member's status from now on, a living one. It never goes back: a late call changes nothing.</param>
    /// <param name="lease">As at the join; 1 ms or more.</param>
    /// <param name="knownVersion">The version of the view that the caller has; 0: none.</param>
    ValueTask<MemberRenewal> RenewAsync(
        string incarnation, MemberStatus status, TimeSpan lease, long knownVersion, CancellationToken cancellationToken);

    /// <summary>Declare a member dead, for ever; a member that leaves says it of itself.</summary>
    /// <returns>Whether this call did it: false if it is dead already, or unknown.</returns>
    ValueTask<bool> DeclareDeadAsync(string incarnation, CancellationToken cancellationToken);

    /// <summary>
    /// A shard's owner ended without giving the shard back: one more of its owners that it may have killed. If there were too many, and few other shards are
    /// as suspect, the shard is parked. If many are, it is not the shards that kill the nodes, or nobody can tell which.
    /// </summary>
    /// <param name="shard">From 0.</param>
    /// <param name="owner">The former owner's incarnation.</param>
    /// <param name="claim">Its claim: each is counted once, however often and by whomever it is told.</param>
    /// <param name="most">So many may end before the shard is parked; 1 or more.</param>
    /// <param name="few">So many shards at most may have that count or more, this one included; 1 or more.</param>
    ValueTask<ShardFalls> CountFallAsync(int shard, string owner, ClaimId claim, int most, int few, CancellationToken cancellationToken);

    /// <summary>A shard has been served for long enough, or an operator says that it may be taken again: its count begins anew, and it is not parked any more.</summary>
    /// <param name="after">The claim whose end was the last one to be counted before the shard was served: if another was counted since, nothing happens. <see langword="null"/>: whatever was counted.</param>
    /// <returns>Whether it was parked, and is not any more.</returns>
    ValueTask<bool> AcquitAsync(int shard, ClaimId? after, CancellationToken cancellationToken);

    /// <summary>The table as it stands; changes nothing. An empty table has version 0.</summary>
    ValueTask<MemberView> ReadAsync(CancellationToken cancellationToken);
}
