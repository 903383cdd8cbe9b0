using System.Net;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>One connection to a master, or one to each master of a Redis Cluster.</summary>
internal sealed class RedisConnection : IDisposable
{
    private readonly ConnectionMultiplexer multiplexer;
    private Action<RedisConnection>? lost;

    private RedisConnection(ConnectionMultiplexer multiplexer, int database)
    {
        this.multiplexer = multiplexer;
        Database = multiplexer.GetDatabase(database);
        var endPoints = multiplexer.GetEndPoints();
        HasManyServers = endPoints.Length > 1;
        Servers = [.. endPoints.Select(e => e as DnsEndPoint ?? (e is IPEndPoint ip ? new DnsEndPoint(ip.Address.ToString(), ip.Port) : null)).OfType<DnsEndPoint>()];
        multiplexer.ConnectionFailed += (_, _) =>
        {
            IsLost = true;
            Volatile.Read(ref lost)?.Invoke(this);
        };
    }

    public IDatabase Database { get; }

    /// <summary>Whether it goes on with the others when one server is lost, and looks for that one itself.</summary>
    public bool HasManyServers { get; }

    /// <summary>Where it leads: what its address names, and what a Redis Cluster named besides.</summary>
    public IReadOnlyList<DnsEndPoint> Servers { get; }

    /// <summary>Whether its socket, or one of them, broke at some time.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether servers answer, but none of them as a master.</summary>
    public bool HasOnlyReplicas => RedisTopology.HasOnlyReplicas(multiplexer);

    /// <summary>Connect, and wait until a master answers.</summary>
    /// <param name="servers">Where the data is.</param>
    /// <exception cref="StoreUnavailableException">Nobody answers, or no master does.</exception>
    /// <exception cref="StoreRefusedException">The password is wrong, or the servers are not one Redis.</exception>
    public static async Task<RedisConnection> ConnectAsync(
        RedisStoreOptions options, IReadOnlyList<DnsEndPoint> servers, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider ?? TimeProvider.System;
        var where = RedisAddress.ListOf(servers);
        var log = new StringWriter();
        ConnectionMultiplexer? multiplexer = null;
        try
        {
            multiplexer = await ConnectionMultiplexer.ConnectAsync(SettingsOf(options, servers), log)
                .WaitAsync(options.ConnectTimeout * 2, time, cancellationToken).ConfigureAwait(false);
            RedisTopology.Check(multiplexer, options.Address);
            var connection = new RedisConnection(multiplexer, options.Address.Database);
            await connection.Database.PingAsync().WaitAsync(options.ConnectTimeout, time, cancellationToken).ConfigureAwait(false);
            return connection.HasOnlyReplicas ? throw RedisErrors.Replica(where) : connection;
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException)
        {
            Close(multiplexer);
            // The client tells a refused password only in its log.
            throw log.ToString() is var text && (text.Contains("NOAUTH", StringComparison.Ordinal) || text.Contains("WRONGPASS", StringComparison.Ordinal)
                || text.Contains("AuthenticationFailure", StringComparison.Ordinal) || text.Contains("invalid password", StringComparison.Ordinal))
                ? string.IsNullOrEmpty(options.Address.Password) ? RedisErrors.NoPassword(where, e) : RedisErrors.WrongPassword(where, e)
                : RedisErrors.Of(e, where);
        }
        catch
        {
            Close(multiplexer);
            throw;
        }
    }

    /// <summary>Whom to tell when a socket breaks; at once if one is broken already.</summary>
    public void WhenLost(Action<RedisConnection> tell)
    {
        Volatile.Write(ref lost, tell);
        if (IsLost)
        {
            tell(this);
        }
    }

    public void Dispose() => Close(multiplexer);

    private static void Close(ConnectionMultiplexer? multiplexer)
    {
        // Without this it sends a farewell and waits a second for its answer.
        multiplexer?.Close(allowCommandsToComplete: false);
        multiplexer?.Dispose();
    }

    private static ConfigurationOptions SettingsOf(RedisStoreOptions options, IReadOnlyList<DnsEndPoint> servers)
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
        foreach (var server in servers)
        {
            settings.EndPoints.Add(server.Host, server.Port);
        }

        return settings;
    }
}
