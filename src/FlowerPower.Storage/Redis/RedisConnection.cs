using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>One connection to the servers of an address; it comes back by itself when they do.</summary>
internal sealed class RedisConnection : IDisposable
{
    private readonly ConnectionMultiplexer multiplexer;

    private RedisConnection(ConnectionMultiplexer multiplexer, int database)
    {
        this.multiplexer = multiplexer;
        Database = multiplexer.GetDatabase(database);
    }

    public IDatabase Database { get; }

    /// <summary>Connect, and wait until a server answers.</summary>
    public static async Task<RedisConnection> ConnectAsync(RedisStoreOptions options, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider ?? TimeProvider.System;
        var settings = SettingsOf(options);
        var log = new StringWriter();
        ConnectionMultiplexer? multiplexer = null;
        try
        {
            multiplexer = await ConnectionMultiplexer.ConnectAsync(settings, log)
                .WaitAsync(options.ConnectTimeout * 2, time, cancellationToken).ConfigureAwait(false);
            var database = multiplexer.GetDatabase(options.Address.Database);
            await database.PingAsync().WaitAsync(options.ConnectTimeout, time, cancellationToken).ConfigureAwait(false);
            return new RedisConnection(multiplexer, options.Address.Database);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException)
        {
            multiplexer?.Dispose();
            // The client tells a refused password only in its log.
            throw log.ToString() is var text && (text.Contains("NOAUTH", StringComparison.Ordinal) || text.Contains("WRONGPASS", StringComparison.Ordinal)
                || text.Contains("AuthenticationFailure", StringComparison.Ordinal) || text.Contains("invalid password", StringComparison.Ordinal))
                ? RedisErrors.WrongPassword(options.Address.HostList, e)
                : RedisErrors.Of(e, options.Address.HostList);
        }
        catch
        {
            multiplexer?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // Without this it sends a farewell and waits a second for its answer.
        multiplexer.Close(allowCommandsToComplete: false);
        multiplexer.Dispose();
    }

    private static ConfigurationOptions SettingsOf(RedisStoreOptions options)
    {
        var settings = new ConfigurationOptions
        {
            ClientName = "flowerpower",
            Password = options.Address.Password,
            Ssl = options.Address.UsesTls,
            AbortOnConnectFail = false,
            ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds,
            SyncTimeout = (int)options.CommandTimeout.TotalMilliseconds,
            ReconnectRetryPolicy = new LinearRetry(500),
            ConnectRetry = 1,
            KeepAlive = 5,
            // Nothing here listens to channels: without them there is one socket instead of two.
            CommandMap = CommandMap.Create(["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PUBLISH"], available: false),
            // The client's own way of choosing among masters writes a key; who is master is not its to decide.
            TieBreaker = "",
            ConfigurationChannel = "",
        };
        foreach (var host in options.Address.Hosts)
        {
            settings.EndPoints.Add(host.Host, host.Port);
        }

        return settings;
    }
}
