namespace FlowerPower.Storage;

/// <summary>One node's way to a member table, which a test can cut, slow down or make lose its answers.</summary>
/// <param name="time">The clock of <see cref="Delay"/>.</param>
public sealed class FaultyMemberTable(IMemberTable inner, TimeProvider time) : IMemberTable
{
    private int calls;

    /// <summary>Whether no call gets through.</summary>
    public bool IsCut { get; set; }

    /// <summary>Whether calls get through, and their answers do not come back.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>How long a call takes to get there; zero or more.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many calls were made, whatever became of them.</summary>
    public int Calls => Volatile.Read(ref calls);

    /// <inheritdoc/>
    public ValueTask<MemberRenewal.Renewed> JoinAsync(MemberInfo me, TimeSpan lease, MemberStatus status, CancellationToken cancellationToken) =>
        CallAsync(() => inner.JoinAsync(me, lease, status, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberRenewal> RenewAsync(
        string incarnation, MemberStatus status, TimeSpan lease, long knownVersion, CancellationToken cancellationToken) =>
        CallAsync(() => inner.RenewAsync(incarnation, status, lease, knownVersion, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeclareDeadAsync(string incarnation, CancellationToken cancellationToken) =>
        CallAsync(() => inner.DeclareDeadAsync(incarnation, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ShardFalls> CountFallAsync(int shard, string owner, ClaimId claim, int most, int few, CancellationToken cancellationToken) =>
        CallAsync(() => inner.CountFallAsync(shard, owner, claim, most, few, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> AcquitAsync(int shard, ClaimId? after, CancellationToken cancellationToken) =>
        CallAsync(() => inner.AcquitAsync(shard, after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberView> ReadAsync(CancellationToken cancellationToken) => CallAsync(() => inner.ReadAsync(cancellationToken), cancellationToken);

    private async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref calls);
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, time, cancellationToken).ConfigureAwait(false);
        }

        if (IsCut)
        {
            throw new StoreUnavailableException("The member table cannot be reached: this test cut the way to it.");
        }

        var answer = await call().ConfigureAwait(false);
        return LosesAnswers ? throw new StoreUnavailableException("The member table's answer was lost: this test lost it.") : answer;
    }
}
