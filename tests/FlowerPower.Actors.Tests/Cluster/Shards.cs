namespace FlowerPower.Actors.Tests.Cluster;

/// <summary>Regions with hosts that a test writes in place.</summary>
internal static class Shards
{
    public static ShardRegionSettings Settings(Func<string, Props> props, int shards = 1, Log? log = null) => new()
    {
        TypeName = "job",
        ShardCount = shards,
        ShardOf = id => id.Sum(letter => letter) % shards,
        Host = shard => new Host(shard, props, log ?? new Log()),
    };

    public static IShardRegion Start(
        Sim sim, Func<string, Props> props, Func<ShardRegionSettings, ShardRegionSettings>? change = null, int shards = 1, Log? log = null)
    {
        var settings = Settings(props, shards, log);
        return LocalShardRegion.Start(sim.System, change?.Invoke(settings) ?? settings);
    }

    /// <summary>Runs the system whenever something may have become runnable, until a task of the test's own thread pool has ended.</summary>
    public static async Task RunUntil(Sim sim, Task task)
    {
        while (!task.IsCompleted)
        {
            sim.Run();
            await Task.Yield();
        }

        await task;
    }

    /// <summary>What hosts did, and what a test wants them to do.</summary>
    public sealed class Log
    {
        public List<string> Lines { get; } = [];

        public List<IShardContext> Contexts { get; } = [];

        /// <summary>Called at each start with its number, from 1.</summary>
        public Func<int, CancellationToken, ValueTask> Start { get; set; } = (_, _) => default;

        public Func<ValueTask> Stop { get; set; } = () => default;
    }

    private sealed class Host(int shard, Func<string, Props> props, Log log) : IShardHost
    {
        public ValueTask StartAsync(IShardContext context, CancellationToken cancellationToken)
        {
            log.Contexts.Add(context);
            log.Lines.Add($"start {shard}");
            return log.Start(log.Contexts.Count, cancellationToken);
        }

        public Props PropsOf(string entityId) => props(entityId);

        public ValueTask StopAsync()
        {
            log.Lines.Add($"stop {shard}");
            return log.Stop();
        }
    }
}
