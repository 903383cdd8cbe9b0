using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>Whether the servers of an address together are one Redis, and one that can hold a store.</summary>
internal static class RedisTopology
{
    /// <exception cref="StoreRefusedException">They are several that know nothing of each other, or a cluster without the database that is asked for.</exception>
    public static void Check(ConnectionMultiplexer multiplexer, RedisAddress address)
    {
        IServer[] servers = [.. multiplexer.GetEndPoints().Select(e => multiplexer.GetServer(e)).Where(s => s.IsConnected)];
        if (servers.Any(s => s.ServerType == ServerType.Cluster))
        {
            if (address.Database != 0)
            {
                throw new StoreRefusedException(
                    $"Redis at {address.HostList} is a Redis Cluster, which has only database 0, and not {address.Database}: leave the database out and give a name (redis://…?name=NAME).");
            }

            return;
        }

        // The client would write to any of them.
        if (servers.Count(s => !s.IsSlave) > 1)
        {
            throw new StoreRefusedException(
                $"The Redis at {address.HostList} are separate servers and no Redis Cluster, so a store would be in one of them by chance: name one, or the sentinels (?sentinel=MASTER).");
        }
    }

    /// <summary>Whether servers answer, but none of them as a master; not once the connection is closed.</summary>
    public static bool HasOnlyReplicas(ConnectionMultiplexer multiplexer)
    {
        try
        {
            IServer[] servers = [.. multiplexer.GetEndPoints().Select(e => multiplexer.GetServer(e)).Where(s => s.IsConnected)];
            return servers.Length > 0 && servers.All(s => s.IsSlave);
        }
        catch (Exception e) when (e is ArgumentException or ObjectDisposedException)
        {
            // It was closed while we looked.
            return false;
        }
    }
}
