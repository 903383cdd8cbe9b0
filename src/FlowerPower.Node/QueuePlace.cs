using System.Globalization;
using System.Net;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>Where a project's jobs are kept, and where on this machine whoever serves them is found.</summary>
public sealed record QueuePlace
{
    private QueuePlace(string folder, string holdFile, RedisAddress? redis)
    {
        Folder = folder;
        HoldFile = holdFile;
        Redis = redis;
    }

    /// <summary>The folder of the socket and of the hold; not shared with another store's.</summary>
    public string Folder { get; }

    /// <summary>The file that says which process of this machine serves the store, by a lock beside it; with SQLite the database itself.</summary>
    public string HoldFile { get; }

    /// <summary>The Redis that holds the jobs; <see langword="null"/>: they are in <see cref="HoldFile"/>, a SQLite database.</summary>
    public RedisAddress? Redis { get; }

    /// <summary>Where the serving node listens.</summary>
    public string SocketPath => LocalAddress.SocketPath(Folder);

    /// <summary>What people are shown: the database's path, or the address without its password.</summary>
    public string Text => Redis is null ? HoldFile : Redis.ToString();

    /// <summary>The place of a state folder's jobs.</summary>
    /// <param name="redis"><see langword="null"/>: a SQLite database in the folder.</param>
    public static QueuePlace Of(string stateFolder, RedisAddress? redis = null)
    {
        if (redis is null)
        {
            return new QueuePlace(stateFolder, Path.Combine(stateFolder, "jobs.db"), null);
        }

        // One project may be used with several stores, on one machine and at one time: each has its own socket and hold. However somebody writes this machine, it is one.
        var hosts = string.Join(',', redis.Hosts.Select(h => $"{(IsThisMachine(h.Host) ? "localhost" : h.Host.ToLowerInvariant())}:{h.Port}"));
        var identity = $"{hosts}/{redis.Database}/{redis.SentinelMaster}/{redis.Name}";
        var folder = Path.Combine(stateFolder, $"redis-{ShardKey.Fnv1a(identity).ToString("x16", CultureInfo.InvariantCulture)}");
        return new QueuePlace(folder, Path.Combine(folder, "store"), redis);
    }

    private static bool IsThisMachine(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The process of this machine that serves the store; <see langword="null"/> if none does.</summary>
    /// <exception cref="StoreRefusedException">This user may not read what stands there.</exception>
    public StoreHolder? ReadHolder() => StoreHolder.Read(HoldFile);
}
