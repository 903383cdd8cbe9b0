using System.Diagnostics;
using FlowerPower.Actors;

namespace FlowerPower.Benchmarks.Kernel;

/// <summary>What the actor runtime alone costs: no network, no store.</summary>
public static class KernelSuite
{
    private const int Window = 100; // messages in flight per pair, so that batches form as they do under load

    /// <summary>Each call of a measure makes its own system and returns one figure.</summary>
    public static IReadOnlyList<(string Name, string Unit, Func<Task<double>> Measure)> Measures { get; } =
    [
        ("kernel.tell_per_s.1_pair", "messages/s", () => TellPerSecond(pairs: 1, Window)),
        ("kernel.tell_per_s.4_pairs", "messages/s", () => TellPerSecond(pairs: 4, Window)),
        ("kernel.tell_per_s.1_pair_window_1", "messages/s", () => TellPerSecond(pairs: 1, window: 1)),
        ("kernel.ask_per_s", "asks/s", AskPerSecond),
        ("kernel.spawn_per_s", "actors/s", SpawnPerSecond),
        ("kernel.bytes_per_idle_actor", "bytes", BytesPerIdleActor),
        ("kernel.entity_activations_per_s", "entities/s", EntityActivationsPerSecond),
        ("kernel.bytes_per_idle_entity", "bytes", BytesPerIdleEntity),
    ];

    private static async Task<double> TellPerSecond(int pairs, int window)
    {
        var each = window == 1 ? 500_000 : 3_000_000;
        await using var system = new ActorSystem("bench");
        var done = new Countdown(pairs);
        var players = Enumerable.Range(0, pairs).Select(_ => (
            Ping: system.Spawn(Props.Of(() => new Player(each / 2, done))),
            Pong: system.Spawn(Props.Of(() => new Player(int.MaxValue, done))))).ToArray();
        var clock = Stopwatch.StartNew();
        foreach (var (ping, pong) in players)
        {
            for (var i = 0; i < window; i++)
            {
                pong.Tell(Ball.Instance, ping);
            }
        }

        await done.Task;
        return (double)each * pairs / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> AskPerSecond()
    {
        const int askers = 8;
        const int each = 25_000;
        await using var system = new ActorSystem("bench");
        var echo = system.Spawn(Props.Of(() => new Echo()));
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, askers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                await echo.Ask<Ball>(Ball.Instance, TimeSpan.FromSeconds(30));
            }
        })));
        return askers * each / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> SpawnPerSecond()
    {
        const int count = 300_000;
        await using var system = new ActorSystem("bench");
        var done = new Countdown(count);
        var props = Props.Of(() => new Counting(done));
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            system.Spawn(props).Tell(Ball.Instance);
        }

        await done.Task;
        return count / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> BytesPerIdleActor()
    {
        const int count = 100_000;
        await Task.Yield(); // off the stack of a former measure, which would keep its actors alive
        await using var system = new ActorSystem("bench");
        var done = new Countdown(count);
        var props = Props.Of(() => new Counting(done));
        var refs = new ActorRef[count];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
        {
            refs[i] = system.Spawn(props);
            refs[i].Tell(Ball.Instance);
        }

        await done.Task;
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(refs);
        return (after - before) / (double)count;
    }

    private static async Task<double> EntityActivationsPerSecond()
    {
        const int count = 300_000;
        await using var system = new ActorSystem("bench");
        var done = new Countdown(count);
        var region = StartRegion(system, done);
        var ids = Ids(count);
        var clock = Stopwatch.StartNew();
        foreach (var id in ids)
        {
            region.Tell(id, Ball.Instance);
        }

        await done.Task;
        return count / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> BytesPerIdleEntity()
    {
        const int count = 100_000;
        await Task.Yield(); // off the stack of a former measure, which would keep its actors alive
        await using var system = new ActorSystem("bench");
        var done = new Countdown(count);
        var region = StartRegion(system, done);
        var ids = Ids(count);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var id in ids)
        {
            region.Tell(id, Ball.Instance);
        }

        await done.Task;
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(ids);
        return (after - before) / (double)count;
    }

    private static string[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => $"entity-{i:D16}")];

    private static IShardRegion StartRegion(ActorSystem system, Countdown done) => LocalShardRegion.Start(system, new()
    {
        TypeName = "bench",
        ShardCount = 16,
        ShardOf = static id => (int)((uint)StableHash(id) % 16),
        Host = _ => new Host(Props.Of(() => new Counting(done))),
        BufferPerShard = 1_000_000,
        MaxActiveEntities = 1_000_000,
    });

    private static int StableHash(string id)
    {
        var hash = 17;
        foreach (var letter in id)
        {
            hash = (hash * 31) + letter;
        }

        return hash;
    }

    private sealed class Ball
    {
        public static Ball Instance { get; } = new();
    }

    private sealed class Countdown(int count)
    {
        private readonly TaskCompletionSource zero = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = count;

        public Task Task => zero.Task;

        public void Signal()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                zero.TrySetResult();
            }
        }
    }

    private sealed class Player(int limit, Countdown done) : Actor
    {
        private int received;

        protected internal override ValueTask OnReceive(object message)
        {
            if (++received == limit)
            {
                done.Signal();
            }
            else if (received < limit)
            {
                Context.Reply(message);
            }

            return default;
        }
    }

    private sealed class Echo : Actor
    {
        protected internal override ValueTask OnReceive(object message)
        {
            Context.Reply(message);
            return default;
        }
    }

    private sealed class Counting(Countdown done) : Actor
    {
        protected internal override ValueTask OnReceive(object message)
        {
            if (message is Ball)
            {
                done.Signal();
            }

            return default;
        }
    }

    private sealed class Host(Props props) : IShardHost
    {
        public ValueTask StartAsync(IShardContext context, CancellationToken cancellationToken) => default;

        public Props PropsOf(string entityId) => props;

        public ValueTask StopAsync() => default;
    }
}
