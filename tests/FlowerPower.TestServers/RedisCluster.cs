using System.Diagnostics;

namespace FlowerPower.TestServers;

/// <summary>A real Redis Cluster on the loopback interface: three masters without replicas, a third of the slots each.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Masters = 3;
    private const int Slots = 16_384;

    private readonly List<RedisServer> replicas = [];

    private RedisCluster(IReadOnlyList<RedisServer> servers) => Servers = servers;

    public IReadOnlyList<RedisServer> Servers { get; }

    /// <summary>The address that names all of them.</summary>
    public string Url => $"redis://{string.Join(',', Servers.Select(s => $"{s.Host}:{s.Port}"))}";

    /// <param name="settings">As in redis.conf, for each of them.</param>
    public static async Task<RedisCluster> StartAsync(params string[] settings)
    {
        var servers = new List<RedisServer>();
        try
        {
            for (var i = 0; i < Masters; i++)
            {
                servers.Add(await RedisServer.StartAsync(
                    ["cluster-enabled yes", "cluster-node-timeout 3000", $"cluster-port {RedisServer.FreePort()}", .. settings]));
            }

            var cluster = new RedisCluster(servers);
            await cluster.JoinAsync();
            return cluster;
        }
        catch
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Start a server that follows one of the masters, and wait until it has all that its master has.</summary>
    public async Task<RedisServer> AddReplicaAsync(RedisServer master)
    {
        var replica = await RedisServer.StartAsync(
            ["cluster-enabled yes", "cluster-node-timeout 3000", $"cluster-port {RedisServer.FreePort()}", "repl-diskless-sync-delay 0"]);
        replicas.Add(replica);
        await master.CommandAsync("CONFIG", "SET", "repl-diskless-sync-delay", "0");
        await MeetAsync(replica);
        var id = await IdOfAsync(master);
        await UntilAsync("the replica knows its master", async () => (await replica.CommandAsync("CLUSTER", "NODES")).Contains(id, StringComparison.Ordinal));
        Expect(await replica.CommandAsync("CLUSTER", "REPLICATE", id));
        await UntilAsync("the replica follows", async () =>
            (await replica.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));
        await UntilAsync("all know the replica", async () => (await Task.WhenAll(Servers.Select(s => s.CommandAsync("CLUSTER", "NODES"))))
            .All(n => n.Split('\n').Any(l => l.Contains($":{replica.Port}@", StringComparison.Ordinal) && l.Contains("slave", StringComparison.Ordinal))));
        return replica;
    }

    /// <summary>From now on the replica hears nothing of its master any more, which takes writes as before.</summary>
    public static async Task CutOffAsync(RedisServer master, RedisServer replica)
    {
        // With a password that the master does not have, the replica cannot enter again.
        await replica.CommandAsync("CONFIG", "SET", "masteruser", "nobody");
        await replica.CommandAsync("CONFIG", "SET", "masterauth", "wrong");
        await master.CommandAsync("CLIENT", "KILL", "TYPE", "replica");
        await UntilAsync("the replica is cut off", async () =>
            (await replica.CommandAsync("INFO", "replication")).Contains("master_link_status:down", StringComparison.Ordinal));
    }

    /// <summary>Wait until a replica has taken the place of its master.</summary>
    public static Task UntilPromotedAsync(RedisServer replica) => UntilAsync("the replica is promoted", async () =>
        (await replica.CommandAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal)
        && (await replica.CommandAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal));

    /// <summary>kill -9 for all three.</summary>
    public async Task KillAsync() => await Task.WhenAll(Servers.Select(s => s.KillAsync()));

    /// <summary>Start them on their ports with their data, and wait until they serve all slots.</summary>
    public async Task StartAgainAsync()
    {
        await Task.WhenAll(Servers.Select(s => s.StartAgainAsync()));
        await UntilServingAsync();
    }

    /// <summary>The master that serves a key.</summary>
    public async Task<RedisServer> MasterOfAsync(string key)
    {
        foreach (var server in Servers)
        {
            if (!(await server.CommandAsync("EXISTS", key)).StartsWith('-'))
            {
                return server;
            }
        }

        throw new InvalidOperationException($"No master serves {key}.");
    }

    /// <summary>Send a command to all of them.</summary>
    public async Task ToAllAsync(params string[] words) => await Task.WhenAll(Servers.Select(s => s.CommandAsync(words)));

    /// <summary>Move a key's slot, and all keys in it, to another master, while clients go on.</summary>
    /// <param name="betweenKeys">Called after each key, when some of the slot is here and some there.</param>
    public async Task MoveSlotAsync(string key, RedisServer target, Func<Task> betweenKeys)
    {
        var slot = (await target.CommandAsync("CLUSTER", "KEYSLOT", key)).Trim().TrimStart(':');
        var source = await MasterOfAsync(key);
        var (from, to) = (await IdOfAsync(source), await IdOfAsync(target));
        Expect(await target.CommandAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", from));
        Expect(await source.CommandAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", to));
        while (await source.CommandAsync("CLUSTER", "GETKEYSINSLOT", slot, "1") is var keys && !keys.StartsWith("*0", StringComparison.Ordinal))
        {
            var moved = keys.Split("\r\n")[2];
            Expect(await source.CommandAsync("MIGRATE", target.Host, $"{target.Port}", moved, "0", "5000"));
            await betweenKeys();
        }

        Expect(await target.CommandAsync("CLUSTER", "SETSLOT", slot, "NODE", to));
        Expect(await source.CommandAsync("CLUSTER", "SETSLOT", slot, "NODE", to));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers.Concat(replicas))
        {
            await server.DisposeAsync();
        }
    }

    private static void Expect(string answer)
    {
        if (!answer.StartsWith("+OK", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"A Redis Cluster node refuses: {answer}");
        }
    }

    private static async Task<string> IdOfAsync(RedisServer server) => (await server.CommandAsync("CLUSTER", "MYID")).Split("\r\n")[1];

    private async Task JoinAsync()
    {
        for (var i = 0; i < Masters; i++)
        {
            var (first, last) = (Slots * i / Masters, (Slots * (i + 1) / Masters) - 1);
            Expect(await Servers[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", $"{first}", $"{last}"));
            Expect(await Servers[i].CommandAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}"));
        }

        foreach (var other in Servers.Skip(1))
        {
            await MeetAsync(other);
        }

        await UntilServingAsync();
    }

    private async Task MeetAsync(RedisServer other)
    {
        var bus = (await other.CommandAsync("CONFIG", "GET", "cluster-port")).Split("\r\n")[4];
        Expect(await Servers[0].CommandAsync("CLUSTER", "MEET", other.Host, $"{other.Port}", bus));
    }

    private Task UntilServingAsync() => UntilAsync("the Redis Cluster serves", AllServeAsync);

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

    private async Task<bool> AllServeAsync()
    {
        var infos = await Task.WhenAll(Servers.Select(s => s.CommandAsync("CLUSTER", "INFO")));
        return infos.All(i => i.Contains("cluster_state:ok", StringComparison.Ordinal) && i.Contains($"cluster_known_nodes:{Masters}", StringComparison.Ordinal));
    }
}
