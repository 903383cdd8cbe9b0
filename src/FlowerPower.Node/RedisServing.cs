using System.Globalization;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>Opens a store in Redis to serve it alone: held on this machine by a lock, and against other machines by a lease.</summary>
internal static class RedisServing
{
    /// <summary>More than SQLite's, because other nodes will share them; fixed when a store is made.</summary>
    private const int Shards = 64;

    /// <summary>
    /// With appendfsync everysec a power cut takes the last two seconds, and so does a kill of Redis while it waits for its disk; a replica is
    /// behind by less. The rest is for the time until the owner is asked.
    /// </summary>
    public static readonly TimeSpan RepairWindow = TimeSpan.FromSeconds(15);

    /// <exception cref="StoreRefusedException">Another process serves it; the message names it.</exception>
    public static async Task<(RedisShardStore Store, RedisLease Lease)> OpenAsync(
        QueuePlace place, string holder, NodeOptions options, CancellationToken cancellationToken)
    {
        var store = await RedisShardStore.OpenAsync(
            new RedisStoreOptions
            {
                Address = place.Redis!,
                ShardCount = Shards,
                AcceptsOtherShardCount = true,
                HoldFile = place.HoldFile,
                HolderName = holder,
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            var who = $"{holder} (process {Environment.ProcessId} on {Environment.MachineName})";
            var lease = await store.TakeLeaseAsync(
                new LeaseHolder(options.Chance.NextGuid().ToString("N"), who, SeatOf(place.HoldFile)), cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            return (store, lease);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a store that other nodes serve as well: whoever claims a shard is decided by the table of members.</summary>
    public static Task<RedisShardStore> OpenSharedAsync(RedisAddress address, string name, CancellationToken cancellationToken) =>
        RedisShardStore.OpenAsync(
            new RedisStoreOptions { Address = address, ShardCount = Shards, AcceptsOtherShardCount = true, HolderName = name }, cancellationToken);

    /// <summary>
    /// The hold's file on this boot of this machine: whoever holds its lock knows that the one who held it before is dead. A container has its
    /// own host name, a copy of the project its own path.
    /// </summary>
    private static string? SeatOf(string holdFile)
    {
        const string bootId = "/proc/sys/kernel/random/boot_id";
        if (!File.Exists(bootId))
        {
            return null;
        }

        var seat = $"{File.ReadAllText(bootId).Trim()}/{Environment.MachineName}/{Path.GetFullPath(holdFile)}";
        return ShardKey.Fnv1a(seat).ToString("x16", CultureInfo.InvariantCulture);
    }
}
