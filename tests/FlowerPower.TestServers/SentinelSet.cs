using System.Diagnostics;

namespace FlowerPower.TestServers;

/// <summary>A master, its replica and three sentinels that watch them, all on the loopback interface, with short time-outs.</summary>
public sealed class SentinelSet : IAsyncDisposable
{
    /// <summary>The name under which the sentinels know the master.</summary>
    public const string Name = "mymaster";

    private const int Quorum = 2;

    private readonly List<RedisServer> sentinels = [];

    private SentinelSet(RedisServer master, RedisServer replica)
    {
        Master = master;
        Replica = replica;
    }

    /// <summary>The master of the beginning.</summary>
    public RedisServer Master { get; }

    /// <summary>The replica of the beginning.</summary>
    public RedisServer Replica { get; }

    public IReadOnlyList<RedisServer> Sentinels => sentinels;

    public string Url => $"redis://{string.Join(',', sentinels.Select(s => $"{s.Host}:{s.Port}"))}?sentinel={Name}";

    /// <param name="settings">As in redis.conf, for both data servers.</param>
    public static async Task<SentinelSet> StartAsync(params string[] settings)
    {
        var master = await RedisServer.StartAsync(["repl-diskless-sync-delay 0", .. settings]);
        var set = new SentinelSet(master, await RedisServer.StartAsync(["repl-diskless-sync-delay 0", .. settings]));
        try
        {
            await set.Replica.CommandAsync("REPLICAOF", master.Host, $"{master.Port}");
            await UntilAsync("the replica follows", async () => (await set.Replica.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));
            for (var i = 0; i < 3; i++)
            {
                var sentinel = await RedisServer.StartSentinelAsync(
                    $"sentinel monitor {Name} {master.Host} {master.Port} {Quorum}",
                    $"sentinel down-after-milliseconds {Name} 700",
                    $"sentinel failover-timeout {Name} 3000",
                    $"sentinel parallel-syncs {Name} 1");
                set.sentinels.Add(sentinel);
            }

            await UntilAsync("the sentinels know each other and the replica", async () =>
                (await Task.WhenAll(set.sentinels.Select(s => s.CommandAsync("INFO", "sentinel"))))
                .All(i => i.Contains("status=ok", StringComparison.Ordinal) && i.Contains("slaves=1,sentinels=3", StringComparison.Ordinal)));
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Wait until the replica of the beginning takes writes.</summary>
    public Task UntilPromotedAsync() => UntilAsync("the replica is promoted", async () =>
        (await Replica.CommandAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in sentinels.Append(Replica).Append(Master))
        {
            await server.DisposeAsync();
        }
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        for (var clock = Stopwatch.StartNew(); !await isSo(); await Task.Delay(20))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"Not within 30 s: {what}.");
            }
        }
    }
}
