using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>Which of a store's connections a call takes, so that none waits behind a kind that may be slow.</summary>
internal enum RedisLane
{
    /// <summary>Claims, appends, single records.</summary>
    Commands = 0,

    /// <summary>Leases: small, and their delay decides who lives.</summary>
    Leases = 1,

    /// <summary>Recovery and lists: large answers.</summary>
    Bulk = 2,
}

/// <summary>The only class that talks to Redis: connections, deadlines of our own, scripts that are loaded again when the server forgot them.</summary>
/// <remarks>
/// The client library gives an asynchronous call no deadline, and a call whose connection breaks may or may not have happened: both
/// end as <see cref="StoreUnavailableException"/>, an unknown outcome. Nothing is queued while there is no connection.
/// </remarks>
internal sealed class RedisGate : IAsyncDisposable
{
    /// <summary>For every call: a replica may be behind, and its client would ask it when the master is away.</summary>
    public const CommandFlags MasterOnly = CommandFlags.DemandMaster;

    private readonly RedisStoreOptions options;
    private readonly TimeProvider time;
    private readonly RedisLink[] lanes;
    private readonly RedisHealth health;
    private int isDisposed;

    private RedisGate(RedisStoreOptions options, RedisLink[] lanes, TimeSpan freezeAfter)
    {
        this.options = options;
        this.lanes = lanes;
        time = options.TimeProvider ?? TimeProvider.System;
        health = new RedisHealth(time, freezeAfter);
    }

    /// <summary>How the server is, from the answers to every lane.</summary>
    public RedisState State => health.State;

    /// <summary>The server's address for messages.</summary>
    public string Where => options.Address.HostList;

    /// <summary>Whether the shards are spread over several masters.</summary>
    public bool HasManyMasters => lanes[(int)RedisLane.Leases].HasManyServers;

    /// <summary>Connect.</summary>
    /// <param name="freezeAfter">How long without an answer makes <see cref="RedisState.Frozen"/>.</param>
    /// <exception cref="StoreUnavailableException">Nobody answers there.</exception>
    /// <exception cref="StoreRefusedException">The password is wrong.</exception>
    public static async Task<RedisGate> ConnectAsync(RedisStoreOptions options, TimeSpan freezeAfter, CancellationToken cancellationToken)
    {
        var lanes = Enum.GetValues<RedisLane>()
            .Select(lane => RedisLink.ConnectAsync(options with { CommandTimeout = TimeoutOf(options, lane) }, cancellationToken)).ToArray();
        try
        {
            return new RedisGate(options, await Task.WhenAll(lanes).ConfigureAwait(false), freezeAfter);
        }
        catch
        {
            foreach (var lane in lanes.Where(l => l.IsCompletedSuccessfully))
            {
                lane.Result.Dispose();
            }

            throw;
        }
    }

    /// <summary>Run a script.</summary>
    /// <exception cref="StoreUnavailableException">No answer, so the outcome is unknown; or the server refuses for now, and nothing happened.</exception>
    public async ValueTask<RedisResult> RunAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] arguments, RedisLane lane, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(lane, d => d.ScriptEvaluateAsync(script.Hash, keys, arguments, MasterOnly), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e) when (e.InnerException is RedisServerException { Message: var m } && m.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A restart, a failover or SCRIPT FLUSH: with its text the script runs and is known again.
            return await SendAsync(lane, d => d.ScriptEvaluateAsync(script.Text, keys, arguments, MasterOnly), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Send a command that reads.</summary>
    public async ValueTask<T> SendAsync<T>(RedisLane lane, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed != 0, typeof(RedisShardStore));
        cancellationToken.ThrowIfCancellationRequested();
        var link = lanes[(int)lane];
        var calledAt = time.GetTimestamp();
        var sentAt = calledAt;
        RedisConnection? connection = null;
        try
        {
            var patience = TimeoutOf(options, lane);
            connection = await link.UseAsync(patience, cancellationToken).ConfigureAwait(false);
            sentAt = time.GetTimestamp();
            var timeout = lane == RedisLane.Bulk ? options.BulkTimeout : patience - time.GetElapsedTime(calledAt, sentAt);
            var answer = await command(connection.Database).WaitAsync(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, time, cancellationToken)
                .ConfigureAwait(false);
            link.Answered();
            health.Answered(sentAt);
            return answer;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (
            e is RedisException or RedisCommandException or TimeoutException or TaskCanceledException or InvalidOperationException or StoreUnavailableException)
        {
            ObjectDisposedException.ThrowIf(isDisposed != 0, typeof(RedisShardStore));
            throw Failed(e, link, connection, sentAt);
        }
    }

    private static TimeSpan TimeoutOf(RedisStoreOptions options, RedisLane lane) =>
        lane == RedisLane.Leases && options.CommandTimeout > options.LeaseTimeout ? options.LeaseTimeout : options.CommandTimeout;

    private StoreException Failed(Exception e, RedisLink link, RedisConnection? connection, long sentAt)
    {
        if (e is RedisServerException)
        {
            // A refusal is an answer: the server lives.
            link.Answered();
            health.Answered(sentAt);
        }
        else
        {
            health.Failed();
        }

        var isUseless = connection is { HasManyServers: false, HasOnlyReplicas: true };
        var error = isUseless && e is RedisConnectionException ? RedisErrors.Replica(Where, e) : RedisErrors.Of(e, Where);
        if (connection is null)
        {
            return error;
        }

        if (connection.HasManyServers && e is RedisConnectionException { FailureType: ConnectionFailureType.ProtocolFailure })
        {
            // A replica was promoted. The client library has been sent to it, still takes it for a replica, and never looks again.
            link.Lost(connection, error);
        }
        else if (e is TimeoutException)
        {
            link.Unanswered(connection, sentAt, error);
        }
        else if (isUseless || (options.Address.SentinelMaster is not null && e is RedisServerException && e.Message.StartsWith("READONLY", StringComparison.Ordinal)))
        {
            // Its master is elsewhere now, or it will be one again.
            link.Lost(connection, error);
        }

        return error;
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
        {
            Array.ForEach(lanes, l => l.Dispose());
        }

        return ValueTask.CompletedTask;
    }
}
