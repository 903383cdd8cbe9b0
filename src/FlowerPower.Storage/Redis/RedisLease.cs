using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>What the holder of a lease must know.</summary>
public enum LeaseEvent
{
    /// <summary>Somebody else holds it now: this process serves no more. Final.</summary>
    Lost = 1,

    /// <summary>Redis was restarted, replaced or set back: what it acknowledged before may be gone, so histories must be compared.</summary>
    HistoryDoubted = 2,
}

/// <summary>Who takes a lease.</summary>
/// <param name="Incarnation">Unguessable and never used before; the same one again finds what it holds.</param>
/// <param name="Name">Who it is, for people.</param>
/// <param name="Seat">
/// A place that only one process can hold at a time, because a lock of the operating system guards it: whoever takes it knows that the
/// former holder is dead, and need not wait for the end of its lease. <see langword="null"/>: none.
/// </param>
public sealed record LeaseHolder(string Incarnation, string Name, string? Seat = null);

/// <summary>The right to claim the shards of a store, by Redis' clock, renewed until it is given back.</summary>
/// <remarks>
/// It keeps two nodes from taking shards from each other in turn; it is not the fence. That is the claim, which every write of a shard is
/// checked against, so a lease that ends too early costs time and never a job. Each renewal counts up in Redis and
/// brings its replication id (<c>INFO replication</c>, <c>master_replid</c>): a lower count or another id is a Redis that may have forgotten. In a
/// Redis Cluster each renewal also asks the other masters for theirs.
/// </remarks>
public sealed class RedisLease : IAsyncDisposable
{
    // Nobody should wait for a Redis that is away only to say good-bye to it.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromMilliseconds(500);

    private readonly RedisGate gate;
    private readonly RedisKey[] keys;
    private readonly RedisMasters? masters;
    private readonly LeaseHolder holder;
    private readonly TimeSpan length;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gateOfEvents = new();
    private Action<LeaseEvent>? listener;
    private bool isLost;
    private int isDisposed;
    private HistoryMark mark;
    private Task renewing = Task.CompletedTask;

    private RedisLease(
        RedisGate gate, RedisKey[] keys, RedisMasters? masters, LeaseHolder holder, TimeSpan length, TimeProvider time, HistoryMark mark)
    {
        this.gate = gate;
        this.keys = keys;
        this.masters = masters;
        this.holder = holder;
        this.length = length;
        this.time = time;
        this.mark = mark;
    }

    /// <summary>How long a lease lasts when nobody renews it; renewed three times in that time.</summary>
    public static TimeSpan DefaultLength { get; } = TimeSpan.FromSeconds(9);

    /// <summary>Take the lease.</summary>
    /// <param name="masters">The masters that the lease is not kept by; <see langword="null"/>: there is one.</param>
    /// <exception cref="StoreRefusedException">Somebody else holds it; the message says who, and when it ends.</exception>
    internal static async Task<RedisLease> TakeAsync(
        RedisGate gate, string name, RedisMasters? masters, LeaseHolder holder, TimeSpan length, TimeProvider time, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [ShardKeys.Leases(name), .. ShardKeys.Members(name).AsSpan(0, 2)];
        var answer = await RenewAsync(gate, keys, holder, length, "take", cancellationToken).ConfigureAwait(false);
        if ((string?)answer[0] == "OK")
        {
            if (masters is not null)
            {
                await masters.LearnAsync(cancellationToken).ConfigureAwait(false);
            }

            var lease = new RedisLease(gate, keys, masters, holder, length, time, MarkOf(answer));
            lease.renewing = lease.KeepAsync();
            return lease;
        }

        var left = TimeSpan.FromMilliseconds((long)answer[2]);
        throw new StoreRefusedException(
            $"The store '{name}' in Redis at {gate.Where} is served by {answer[1]}: stop it first, or wait {Math.Ceiling(left.TotalSeconds):0} s if it is dead.");
    }

    /// <summary>Whom to tell from now on, by the renewing thread; at once if the lease is lost already.</summary>
    public void Listen(Action<LeaseEvent> heard)
    {
        lock (gateOfEvents)
        {
            listener = heard;
            if (isLost)
            {
                heard(LeaseEvent.Lost);
            }
        }
    }

    /// <summary>Give it back, so that the next one need not wait for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0)
        {
            return;
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await renewing.ConfigureAwait(false);
        using var brief = new CancellationTokenSource(GoodbyeTimeout, time);
        try
        {
            await RenewAsync(gate, keys, holder, TimeSpan.Zero, "keep", brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or ObjectDisposedException or OperationCanceledException)
        {
            // It ends by itself.
        }

        stop.Dispose();
    }

    private async Task KeepAsync()
    {
        while (true)
        {
            try
            {
                await Task.Delay(length / 3, time, stop.Token).ConfigureAwait(false);
                var answer = await RenewAsync(gate, keys, holder, length, "keep", stop.Token).ConfigureAwait(false);
                if ((string?)answer[0] != "OK")
                {
                    Tell(LeaseEvent.Lost);
                    return;
                }

                var former = mark;
                mark = MarkOf(answer);
                var doubts = former.IsDoubtedBy(mark);
                if (masters is not null)
                {
                    doubts |= await masters.HaveChangedAsync(stop.Token).ConfigureAwait(false);
                }

                if (doubts)
                {
                    Tell(LeaseEvent.HistoryDoubted);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is StoreException or ObjectDisposedException)
            {
                // Redis is away: the next turn tries again, and whoever appends meanwhile hears of it.
            }
        }
    }

    private static HistoryMark MarkOf(RedisResult[] answer) => new((string)answer[1]!, (long)answer[2]);

    private void Tell(LeaseEvent what)
    {
        lock (gateOfEvents)
        {
            isLost |= what == LeaseEvent.Lost;
            listener?.Invoke(what);
        }
    }

    private static async Task<RedisResult[]> RenewAsync(
        RedisGate gate, RedisKey[] keys, LeaseHolder holder, TimeSpan length, string how, CancellationToken cancellationToken) =>
        (RedisResult[])(await gate.RunAsync(
            RedisScript.Renew,
            keys,
            [holder.Incarnation, holder.Name, (long)length.TotalMilliseconds, holder.Seat ?? "", how],
            RedisLane.Leases,
            cancellationToken).ConfigureAwait(false))!;
}
