using System.Globalization;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>Who serves a store in Redis, for somebody who does not want to serve it.</summary>
public static class RedisLeaseLook
{
    /// <summary>Look.</summary>
    /// <returns>The holder of the lease in its own words, with its process and machine; <see langword="null"/> if nobody holds it.</returns>
    /// <exception cref="StoreUnavailableException">Redis does not answer.</exception>
    /// <exception cref="StoreRefusedException">The password is wrong, or the address leads to no store.</exception>
    public static async Task<string?> HolderAsync(RedisAddress address, CancellationToken cancellationToken = default)
    {
        var options = new RedisStoreOptions { Address = address };
        await using var gate = await RedisGate.ConnectAsync(options, options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
        var key = ShardKeys.Leases(RedisAddress.NameOf(address.Name));
        var lease = await gate.SendAsync(RedisLane.Leases, d => d.HashGetAsync(key, ["holder", "until"], RedisGate.MasterOnly), cancellationToken)
            .ConfigureAwait(false);
        var time = await gate.SendAsync(RedisLane.Leases, d => d.ExecuteAsync("TIME", [], RedisGate.MasterOnly), cancellationToken).ConfigureAwait(false);
        var ends = long.TryParse((string?)lease[1], NumberStyles.None, CultureInfo.InvariantCulture, out var until) ? until : 0;
        return ends > (long)((RedisResult[])time!)[0] * 1000 ? (string?)lease[0] : null;
    }
}
