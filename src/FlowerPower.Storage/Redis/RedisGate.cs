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
    private readonly RedisStoreOptions options;
    private readonly TimeProvider time;
    private readonly RedisConnection[] lanes;
    private readonly RedisHealth health;
    private int isDisposed;

    private RedisGate(RedisStoreOptions options, RedisConnection[] lanes, TimeSpan freezeAfter)
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

    /// <summary>Connect.</summary>
    /// <param name="freezeAfter">How long without an answer makes <see cref="RedisState.Frozen"/>.</param>
    /// <exception cref="StoreUnavailableException">Nobody answers there.</exception>
    /// <exception cref="StoreRefusedException">The password is wrong.</exception>
    public static async Task<RedisGate> ConnectAsync(RedisStoreOptions options, TimeSpan freezeAfter, CancellationToken cancellationToken)
    {
        var lanes = new List<RedisConnection>();
        try
        {
            foreach (var _ in Enum.GetValues<RedisLane>())
            {
                lanes.Add(await RedisConnection.ConnectAsync(options, cancellationToken).ConfigureAwait(false));
            }

            return new RedisGate(options, [.. lanes], freezeAfter);
        }
        catch
        {
            lanes.ForEach(l => l.Dispose());
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
            return await SendAsync(lane, d => d.ScriptEvaluateAsync(script.Hash, keys, arguments), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e) when (e.InnerException is RedisServerException { Message: var m } && m.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A restart, a failover or SCRIPT FLUSH: with its text the script runs and is known again.
            return await SendAsync(lane, d => d.ScriptEvaluateAsync(script.Text, keys, arguments), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Send a command that reads.</summary>
    public async ValueTask<T> SendAsync<T>(RedisLane lane, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed != 0, typeof(RedisShardStore));
        cancellationToken.ThrowIfCancellationRequested();
        var sentAt = time.GetTimestamp();
        try
        {
            var timeout = lane == RedisLane.Bulk ? options.BulkTimeout : options.CommandTimeout;
            var answer = await command(lanes[(int)lane].Database).WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
            health.Answered(sentAt);
            return answer;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or TaskCanceledException or InvalidOperationException)
        {
            ObjectDisposedException.ThrowIf(isDisposed != 0, typeof(RedisShardStore));
            if (e is RedisServerException)
            {
                // A refusal is an answer: the server lives.
                health.Answered(sentAt);
            }
            else
            {
                health.Failed();
            }

            throw RedisErrors.Of(e, Where);
        }
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
