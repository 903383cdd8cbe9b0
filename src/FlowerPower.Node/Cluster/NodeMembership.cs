using System.Threading.Channels;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>A node's life in a cluster: it joins, renews its lease, sees the others, and knows by its own clock when it must not serve.</summary>
/// <remarks>
/// <para>
/// What a node may do is decided by the monotonic clock from the moment at which the last good renewal was <em>sent</em>: <see cref="MayServe"/>. A
/// process can still be halted between that look and what it does then, and a machine that sleeps may stop that clock too: the fence is the claim
/// that each write of a shard is checked against.
/// </para>
/// <para>
/// Events are told one at a time and in order, on the thread that found them; a listener must not wait for this object. Subscribe before the join.
/// </para>
/// </remarks>
internal sealed partial class NodeMembership : IAsyncDisposable
{
    // Nobody should wait long for a table that is away only to say good-bye to it: the lease ends by itself.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromMilliseconds(500);

    private readonly IMemberTable table;
    private readonly LeaseTimes times;
    private readonly TimeProvider time;
    private readonly Func<double> chance;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource<string> died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer alarm;
    private Task keeping = Task.CompletedTask;
    private int isDisposed;

    /// <summary>A node that has not joined yet.</summary>
    /// <param name="chance">Uniform samples in [0, 1): nodes that joined together must not renew together for ever.</param>
    /// <exception cref="ArgumentException">The times do not fit.</exception>
    public NodeMembership(IMemberTable table, MemberInfo me, LeaseTimes times, TimeProvider time, Func<double> chance)
    {
        times.Validate();
        this.table = table;
        this.times = times;
        this.time = time;
        this.chance = chance;
        Me = me;
        alarm = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        selfStop = time.CreateTimer(_ => OnSelfStop(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The view changed. Each has a higher version than the one before, unless the store forgot some of it.</summary>
    public event Action<MemberView>? Changed;

    /// <summary>The table's store was restarted, replaced or set back: what it acknowledged before may be gone, so histories must be compared.</summary>
    public event Action? HistoryDoubted;

    /// <summary>What this node says of itself.</summary>
    public MemberInfo Me { get; }

    /// <summary>The newest view; <see cref="MemberView.Empty"/> before the join.</summary>
    public MemberView View => Volatile.Read(ref view);

    /// <summary>Completes, with the reason in one sentence, when the node was declared dead: it serves no more, and its process starts anew. It fails if a listener did.</summary>
    public Task<string> Died => died.Task;

    /// <summary>Of a node that is dead: who is at its address under its name now; <see langword="null"/> if nobody is, or nobody could tell.</summary>
    public MemberInfo? ReplacedBy { get; private set; }

    /// <summary>How often a turn of this object's own loop came so late that it did not trust what it knew.</summary>
    public long Stalls => Interlocked.Read(ref stalls);

    /// <summary>How many renewals failed.</summary>
    public long FailedRenewals => Interlocked.Read(ref failedRenewals);

    /// <summary>Why the last renewal failed, in one sentence; <see langword="null"/> if it did not.</summary>
    public string? Trouble => Volatile.Read(ref trouble);

    /// <summary>Join as <see cref="MemberStatus.Joining"/>, and renew from now on.</summary>
    /// <exception cref="StoreUnavailableException">The table does not answer in time; call again.</exception>
    /// <exception cref="StoreRefusedException">The cluster does not take this node; the message says why.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken = default)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (hasJoined)
            {
                throw new InvalidOperationException("This node has joined already.");
            }

            var sentAt = time.GetTimestamp();
            var answer = await CallAsync(c => table.JoinAsync(Me, times.Lease, MemberStatus.Joining, c), cancellationToken).ConfigureAwait(false);
            hasJoined = true;
            Confirm(sentAt, answer);
            SetAlarm(NextTurnIn(answer.SoonestOtherEnd));
            keeping = KeepAsync();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Be something else from now on, in the table too.</summary>
    /// <param name="status">A living status; it never goes back.</param>
    /// <exception cref="StoreUnavailableException">The table does not answer: the next good renewal will say it.</exception>
    /// <exception cref="InvalidOperationException">The node has not joined, has left, or is dead.</exception>
    public async Task SetStatusAsync(MemberStatus status, CancellationToken cancellationToken = default)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireLife();
            desired = status > desired ? status : desired;
            await RenewAsync(cancellationToken).ConfigureAwait(false);
            RequireLife();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Declare a member dead, for ever.</summary>
    /// <returns>Whether this call did it; the view follows at once.</returns>
    /// <exception cref="StoreUnavailableException">The table does not answer, so it may have happened: call again.</exception>
    public async Task<bool> DeclareDeadAsync(string incarnation, CancellationToken cancellationToken = default)
    {
        var didIt = await CallAsync(c => table.DeclareDeadAsync(incarnation, c), cancellationToken).ConfigureAwait(false);
        LookNow();
        return didIt;
    }

    /// <summary>Count the end of a shard's owner that did not give it back.</summary>
    /// <returns>Whether the shard is parked.</returns>
    /// <exception cref="StoreUnavailableException">The table does not answer: call again, it is counted once.</exception>
    public async Task<bool> CountFallAsync(int shard, ShardOwner former, int most, int few, CancellationToken cancellationToken)
    {
        var falls = await CallAsync(c => table.CountFallAsync(shard, former.Node, former.Claim, most, few, c), cancellationToken).ConfigureAwait(false);
        if (falls.IsParked)
        {
            LookNow();
        }

        return falls.IsParked;
    }

    /// <summary>A shard may be taken by whoever it belongs to, and nothing is held against it any more.</summary>
    /// <param name="after">The claim whose end was counted last, unless it is all the same: see <see cref="IMemberTable.AcquitAsync"/>.</param>
    /// <returns>Whether it was parked; the view follows at once.</returns>
    /// <exception cref="StoreUnavailableException">The table does not answer, so it may have happened: call again.</exception>
    public async Task<bool> AcquitAsync(int shard, ClaimId? after, CancellationToken cancellationToken)
    {
        var wasParked = await CallAsync(c => table.AcquitAsync(shard, after, c), cancellationToken).ConfigureAwait(false);
        if (wasParked)
        {
            LookNow();
        }

        return wasParked;
    }

    /// <summary>A hint that the table may have changed: look at once. Hints during a look are one more look.</summary>
    public void LookNow()
    {
        Volatile.Write(ref isLookAsked, true);
        Wake();
    }

    /// <summary>Stop serving and leave: dead at once, and the others need not wait for the end of the lease. Then this object is at its end.</summary>
    /// <exception cref="StoreUnavailableException">The table does not answer: the lease ends by itself.</exception>
    public async Task LeaveAsync(CancellationToken cancellationToken = default)
    {
        await HaltAsync().ConfigureAwait(false);
        if (hasJoined && !died.Task.IsCompleted)
        {
            await CallAsync(c => table.DeclareDeadAsync(Me.Incarnation, c), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Leave, if it has not, but do not wait long for a table that is away.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0)
        {
            return;
        }

        var wasHalted = Volatile.Read(ref isHalted);
        await HaltAsync().ConfigureAwait(false);
        if (hasJoined && !wasHalted && !died.Task.IsCompleted)
        {
            using var brief = new CancellationTokenSource(GoodbyeTimeout, time);
            try
            {
                await table.DeclareDeadAsync(Me.Incarnation, brief.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StoreException or ObjectDisposedException or OperationCanceledException)
            {
                // It ends by itself.
            }
        }

        ClusterMeter.Saw(View, null);
        await alarm.DisposeAsync().ConfigureAwait(false);
        await selfStop.DisposeAsync().ConfigureAwait(false);
        stop.Dispose();
        turn.Dispose();
    }

    /// <summary>For tests: whether the loop has answered every wake-up and waits for the next.</summary>
    internal bool IsResting => keeping.IsCompleted || Volatile.Read(ref answeredWakes) == Volatile.Read(ref wakes);

    /// <summary>For tests: say nothing any more, as a machine that vanished.</summary>
    internal Task VanishAsync() => HaltAsync();

    private async Task HaltAsync()
    {
        Volatile.Write(ref isHalted, true);
        TellServing();
        await stop.CancelAsync().ConfigureAwait(false);
        await keeping.ConfigureAwait(false);
    }

    private void RequireLife()
    {
        if (!hasJoined || isHalted || died.Task.IsCompleted)
        {
            throw new InvalidOperationException(
                !hasJoined ? $"The node {Me.Name} has not joined." : isHalted ? $"The node {Me.Name} has left." : $"The node {Me.Name} is dead.");
        }
    }
}
