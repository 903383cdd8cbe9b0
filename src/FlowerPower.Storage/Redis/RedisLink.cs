using System.Net;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>One lane's connection, and its replacement when it breaks, falls silent or turns out to lead to a replica.</summary>
/// <remarks>
/// One attempt at a time, with pauses that double up to <see cref="LongestPause"/>; each looks for the master anew. Calls wait for it as long as
/// their deadline allows, so that nobody needs a loop of his own. A connection to a Redis Cluster mends its broken sockets itself, and is replaced
/// when a replica was promoted; then every server that the cluster named is asked, because those of the address may be the dead ones.
/// </remarks>
internal sealed class RedisLink : IDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly RedisStoreOptions options;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private RedisConnection? current;
    private IReadOnlyList<DnsEndPoint> known = [];
    private TaskCompletionSource<RedisConnection> next = NewNext();
    private StoreException? reason;
    private long? silentSince;
    private bool isDisposed;

    private RedisLink(RedisStoreOptions options)
    {
        this.options = options;
        time = options.TimeProvider ?? TimeProvider.System;
    }

    /// <summary>Whether the connection leads to several servers; <see langword="false"/> while there is none.</summary>
    public bool HasManyServers
    {
        get
        {
            lock (gate)
            {
                return current?.HasManyServers ?? false;
            }
        }
    }

    private bool HasSentinels => options.Address.SentinelMaster is not null;

    /// <summary>Connect. It waits as long as opening may for a server that lives but is not ready, and with sentinels for the end of a failover.</summary>
    public static async Task<RedisLink> ConnectAsync(RedisStoreOptions options, CancellationToken cancellationToken)
    {
        var link = new RedisLink(options);
        var began = link.time.GetTimestamp();
        while (true)
        {
            try
            {
                link.Take(await link.AttemptAsync(cancellationToken).ConfigureAwait(false));
                return link;
            }
            catch (StoreUnavailableException e) when (
                (link.HasSentinels || e.InnerException is RedisConnectionException or RespRefusalException)
                && link.time.GetElapsedTime(began) < options.ConnectTimeout * 2)
            {
                await Task.Delay(ShortestPause * 2, link.time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The connection, or the next one as soon as there is one.</summary>
    /// <param name="patience">How long to wait for it.</param>
    /// <exception cref="StoreUnavailableException">There is none yet; nothing was sent.</exception>
    public async ValueTask<RedisConnection> UseAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Task<RedisConnection> coming;
        lock (gate)
        {
            if (current is not null)
            {
                return current;
            }

            coming = next.Task;
        }

        try
        {
            return await coming.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (gate)
            {
                throw new StoreUnavailableException(
                    reason?.Message ?? $"Redis at {options.Address.HostList} cannot be reached: start it, or correct the address.", reason);
            }
        }
    }

    /// <summary>The connection brought an answer.</summary>
    public void Answered()
    {
        lock (gate)
        {
            silentSince = null;
        }
    }

    /// <summary>The connection is of no use any more.</summary>
    public void Lost(RedisConnection connection, StoreException why)
    {
        lock (gate)
        {
            if (current != connection || isDisposed)
            {
                return;
            }

            current = null;
            next = NewNext();
            reason = why;
            silentSince = null;
        }

        // Closing fails the calls that still wait for answers; they must not run their continuations here.
        _ = Task.Run(() => ReplaceAsync(connection));
    }

    /// <summary>A call found no answer in time. A peer that vanished without a word leaves a socket that looks well for minutes.</summary>
    public void Unanswered(RedisConnection connection, long sentAt, StoreException why)
    {
        bool isDead;
        lock (gate)
        {
            silentSince ??= sentAt;
            isDead = time.GetElapsedTime(silentSince.Value) >= options.CommandTimeout * 3;
        }

        if (isDead)
        {
            Lost(connection, why);
        }
    }

    public void Dispose()
    {
        RedisConnection? last;
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            last = current;
            current = null;
            next.TrySetException(new ObjectDisposedException(nameof(RedisShardStore)));
            _ = next.Task.Exception; // seen, if nobody waits
        }

        stop.Cancel();
        last?.Dispose();
    }

    private async Task ReplaceAsync(RedisConnection old)
    {
        old.Dispose();
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                Take(await AttemptAsync(stop.Token).ConfigureAwait(false));
                return;
            }
            catch (StoreException e)
            {
                lock (gate)
                {
                    reason = e;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Delay(pause, time, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<RedisConnection> AttemptAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DnsEndPoint> servers =
            [.. (await RedisLocator.LocateAsync(options.Address, time, cancellationToken).ConfigureAwait(false)).Union(known)];
        try
        {
            // The client library takes its whole time-out to say that nobody listens, and several connections to say that nobody answers.
            await RedisLocator.KnockAsync(servers, options, cancellationToken).ConfigureAwait(false);
            await RedisDatabaseCheck.RequireAsync(servers, options, cancellationToken).ConfigureAwait(false);
            return await RedisConnection.ConnectAsync(options, servers, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (StoreException or OperationCanceledException))
        {
            throw RedisErrors.Of(e, RedisAddress.ListOf(servers));
        }
    }

    private void Take(RedisConnection connection)
    {
        TaskCompletionSource<RedisConnection> waiting;
        lock (gate)
        {
            if (isDisposed)
            {
                connection.Dispose();
                return;
            }

            current = connection;
            known = connection.HasManyServers ? connection.Servers : [];
            waiting = next;
            silentSince = null;
        }

        waiting.TrySetResult(connection);
        if (!connection.HasManyServers)
        {
            connection.WhenLost(c => Lost(c, RedisErrors.Broken(options.Address.HostList)));
        }
    }

    private static TaskCompletionSource<RedisConnection> NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
