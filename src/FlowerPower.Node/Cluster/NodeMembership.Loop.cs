using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>The loop that renews, and what its answers mean.</summary>
internal sealed partial class NodeMembership
{
    // Only ever sooner: the times were checked against each other as they are.
    private const double RenewalJitter = 0.1;
    private const double RetryJitter = 0.5;

    private MemberStatus desired = MemberStatus.Joining;
    private TableMark mark = new(0, default, default);
    private string? trouble;
    private long failedRenewals;
    private long dueAt;
    private bool isLookAsked;
    private int wakes;
    private int answeredWakes;

    /// <summary>Whether a member that the table does not know may join again with its incarnation, because the store forgot it.</summary>
    /// <param name="silence">Since the member's last good renewal was sent.</param>
    /// <param name="known">Which table it was in.</param>
    /// <param name="found">Which table does not know it.</param>
    /// <remarks>
    /// The other reason is that it was declared dead and its row has been removed since; that verdict stands. Within a lease nobody's ends, and after
    /// half the time for which the dead are remembered nobody can tell.
    /// </remarks>
    internal static bool MayJoinAgain(TimeSpan silence, TimeSpan lease, TableMark known, TableMark found) =>
        silence < IMemberTable.DeadRowsKept / 2
        && (silence < lease || found.BornAt != known.BornAt || found.History.Tick < known.History.Tick);

    private async Task KeepAsync()
    {
        try
        {
            while (true)
            {
                await wake.Reader.ReadAsync(stop.Token).ConfigureAwait(false);
                var seen = Volatile.Read(ref wakes);
                await turn.WaitAsync(stop.Token).ConfigureAwait(false);
                try
                {
                    if (IsTurn())
                    {
                        await TakeTurnAsync().ConfigureAwait(false);
                    }
                }
                finally
                {
                    turn.Release();
                }

                if (died.Task.IsCompleted)
                {
                    return;
                }

                Volatile.Write(ref answeredWakes, seen);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The node leaves.
        }
        catch (Exception e)
        {
            // A listener failed. A node that misses what it should have heard is no member.
            died.TrySetException(e);
            TellServing();
        }
    }

    private void Wake()
    {
        Interlocked.Increment(ref wakes);
        wake.Writer.TryWrite(true);
    }

    // The alarm of a turn that somebody else took meanwhile wakes the loop for nothing.
    private bool IsTurn()
    {
        var late = time.GetElapsedTime(dueAt);
        if (late > times.StallAfter)
        {
            Interlocked.Increment(ref stalls);
            Volatile.Write(ref isDoubtful, true);
            TellServing();
        }

        var isAsked = Interlocked.Exchange(ref isLookAsked, false);
        if (late < TimeSpan.Zero && !isAsked)
        {
            SetAlarm(-late);
            return false;
        }

        return true;
    }

    private async Task TakeTurnAsync()
    {
        try
        {
            await RenewAsync(stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or ObjectDisposedException)
        {
            // The table is away: nobody dies of that, and the next turn comes soon.
        }
    }

    /// <summary>One renewal, which is also a look; sets the alarm for the next.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            SetAlarm(NextTurnIn(await LiveOnAsync(cancellationToken).ConfigureAwait(false)));
        }
        catch (Exception e)
        {
            if (e is StoreException)
            {
                Interlocked.Increment(ref failedRenewals);
                ClusterMeter.Renewed(isGood: false, TimeSpan.Zero);
                Volatile.Write(ref trouble, e.Message);
            }

            SetAlarm(times.RetryAfter * (1 - (RetryJitter * chance())));
            throw;
        }
    }

    /// <returns>How long the other lease lasts that ends first.</returns>
    private async Task<TimeSpan?> LiveOnAsync(CancellationToken cancellationToken)
    {
        var sentAt = time.GetTimestamp();
        var answer = await CallAsync(
            c => table.RenewAsync(Me.Incarnation, desired, times.Lease, View.Version, c), cancellationToken).ConfigureAwait(false);
        if (answer is MemberRenewal.Unknown unknown && MayJoinAgain(time.GetElapsedTime(confirmedAt), times.Lease, mark, unknown.Mark))
        {
            try
            {
                sentAt = time.GetTimestamp();
                answer = await CallAsync(c => table.JoinAsync(Me, times.Lease, desired, c), cancellationToken).ConfigureAwait(false);
            }
            catch (StoreRefusedException e)
            {
                Die(e.Message);
                return null;
            }
        }

        if (answer is not MemberRenewal.Renewed renewed)
        {
            ReplacedBy = await FindReplacementAsync(cancellationToken).ConfigureAwait(false);
            Die(ReplacedBy is { } other
                ? $"The node {Me.Name} ({Me.Incarnation}) was replaced by {other.Incarnation} ({other.Process}), which has the same name and address."
                : $"The node {Me.Name} was declared dead ({Me.Incarnation}): it starts again as a new one.");
            return null;
        }

        if (renewed.OtherServersChanged || mark.History.IsDoubtedBy(renewed.Mark.History) || mark.BornAt != renewed.Mark.BornAt)
        {
            mark = renewed.Mark;
            HistoryDoubted?.Invoke();
            if (renewed.View is null)
            {
                // The same version may stand for another view now.
                sentAt = time.GetTimestamp();
                answer = await CallAsync(c => table.RenewAsync(Me.Incarnation, desired, times.Lease, 0, c), cancellationToken).ConfigureAwait(false);
                renewed = answer as MemberRenewal.Renewed ?? renewed;
                if (answer is MemberRenewal.Renewed { OtherServersChanged: true })
                {
                    HistoryDoubted?.Invoke();
                }
            }
        }

        Confirm(sentAt, renewed);
        return renewed.SoonestOtherEnd;
    }

    /// <summary>Only one can be at an address under a name: whoever came last. That it is another process, alive, is for people to mend.</summary>
    private async Task<MemberInfo?> FindReplacementAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = await CallAsync(table.ReadAsync, cancellationToken).ConfigureAwait(false);
            return now.Living.Select(m => m.Info).FirstOrDefault(m => m.Incarnation != Me.Incarnation && (m.Name, m.Address) == (Me.Name, Me.Address));
        }
        catch (StoreException)
        {
            return null;
        }
    }

    private async Task<T> CallAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(times.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException(
                FormattableString.Invariant($"The table of the cluster's nodes did not answer within {times.CallTimeout.TotalSeconds:0.###} s; the call is repeated."), e);
        }
    }

    private void Die(string reason)
    {
        died.TrySetResult(reason);
        ClusterMeter.Died();
        TellServing();
    }

    private TimeSpan NextTurnIn(TimeSpan? soonestOtherEnd)
    {
        var renewal = (times.RenewEvery * (1 - (RenewalJitter * chance()))) - time.GetElapsedTime(confirmedAt);
        return soonestOtherEnd + (times.LookAfter * (1 + chance())) is { } look && look < renewal ? look : renewal;
    }

    private void SetAlarm(TimeSpan delay)
    {
        delay = delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
        dueAt = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
        alarm.Change(delay, Timeout.InfiniteTimeSpan);
    }
}
