using System.Diagnostics;
using FlowerPower.Benchmarks.Cluster.Peers;

namespace FlowerPower.Benchmarks.Cluster;

/// <summary>
/// Nodes on a Redis (appendfsync everysec), everything journaled and every result kept, beside other queues on a Redis of the same kind with jobs
/// of the same payload and result. All on this machine.
/// </summary>
internal static class ClusterSuite
{
    private const int Jobs = 60_000;
    private const int WarmUps = 2;
    private const int Slots = 960;
    private const int LatencySamples = 1_000;
    private const int HandOffs = 3;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(20);

    public static IReadOnlyList<Measure> Measures { get; } =
    [
        EndToEnd("cluster.end_to_end_jobs_per_s.1_node", "jobs/s", nodes: 1, ran => ran.PerSecond),
        EndToEnd("cluster.end_to_end_jobs_per_s.3_nodes", "jobs/s", nodes: 3, ran => ran.PerSecond),
        EndToEnd("cluster.processor_us_per_job.1_node", "µs of node and Redis", nodes: 1, ran => ran.ProcessorMicroseconds),
        .. PeerQueue.All.Select(peer => new Measure($"peer.{peer.Name}.end_to_end_jobs_per_s", "jobs/s", peer.EndToEndAsync, Runs: 3)),
        new("cluster.result_latency_p50_ms", "ms", () => ResultLatencyAsync(0.50), Runs: 3),
        new("cluster.result_latency_p99_ms", "ms", () => ResultLatencyAsync(0.99), Runs: 3),
        .. PeerQueue.All.Where(peer => peer.Waits).Select(peer => new Measure($"peer.{peer.Name}.result_latency_p50_ms", "ms", peer.ResultLatencyAsync, Runs: 3)),
        new("cluster.handoff_gap_p99_ms", "ms", HandOffGapAsync, Runs: 1),
        new("cluster.idle_redis_commands_per_s", "commands/s of one node", IdleCommandsAsync, Runs: 1),
    ];

    /// <summary>Jobs are stored first, then the workers start; it ends when every result is stored.</summary>
    private static Measure EndToEnd(string name, string unit, int nodes, Func<Ran, double> figure) =>
        new(name, unit, async () =>
        {
            await using var cluster = await BenchCluster.StartAsync(nodes);
            for (var warmUp = 0; warmUp < WarmUps; warmUp++)
            {
                await RunAsync(cluster, warmUp * Jobs); // what runs often is compiled: a node lives for weeks
            }

            return figure(await RunAsync(cluster, WarmUps * Jobs));
        }, Runs: 3);

    private static async Task<Ran> RunAsync(BenchCluster cluster, long before)
    {
        await cluster.EnqueueManyAsync(Jobs);
        var processor = cluster.ProcessorTime();
        var clock = Stopwatch.StartNew();
        await cluster.SetSlotsAsync(Slots);
        await cluster.WaitUntilCompletedAsync(before + Jobs);
        var ran = new Ran(Jobs / clock.Elapsed.TotalSeconds, (cluster.ProcessorTime() - processor).TotalMicroseconds / Jobs);
        await cluster.SetSlotsAsync(0);
        return ran;
    }

    /// <summary>One job at a time on an idle node, from before the call to its result in the client's hands.</summary>
    private static async Task<double> ResultLatencyAsync(double quantile)
    {
        await using var cluster = await BenchCluster.StartAsync(1);
        await cluster.SetSlotsAsync(4);
        var samples = new double[LatencySamples];
        for (var i = -LatencySamples; i < LatencySamples; i++)
        {
            var job = cluster.NewJob();
            var start = Stopwatch.GetTimestamp();
            await cluster.Client.EnqueueAsync([job]);
            await cluster.Client.WaitAsync(job.Spec.Id);
            samples[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(start).TotalMilliseconds; // the first half only warms up
        }

        return Quantile(samples, quantile);
    }

    /// <summary>
    /// What a client sees of a shard that moves: one job after the other is enqueued in each of the shards while a third node leaves in order; the slowest
    /// call of each shard that it had.
    /// </summary>
    private static async Task<double> HandOffGapAsync()
    {
        var gaps = new List<double>();
        for (var round = 0; round < HandOffs; round++)
        {
            await using var cluster = await BenchCluster.StartAsync(3);
            var before = await SettledAsync(cluster);
            using var end = new CancellationTokenSource();
            var slowest = Enumerable.Range(0, cluster.ShardCount).Select(shard => SlowestAsync(cluster, shard, end.Token)).ToList();
            await cluster.RemoveNodeAsync();
            await end.CancelAsync();
            await Task.WhenAll(slowest);
            var after = await OwnersAsync(cluster);
            gaps.AddRange(before.Keys.Where(shard => after[shard] != before[shard]).Select(shard => slowest[shard].Result));
        }

        return Quantile([.. gaps], 0.99);
    }

    private static async Task<double> SlowestAsync(BenchCluster cluster, int shard, CancellationToken end)
    {
        var slowest = 0.0;
        while (!end.IsCancellationRequested)
        {
            var job = cluster.NewJobIn(shard);
            var start = Stopwatch.GetTimestamp();
            await cluster.Client.EnqueueAsync([job], CancellationToken.None);
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await Task.Delay(20, CancellationToken.None);
        }

        return slowest;
    }

    /// <summary>Waits until each node has its share, which it gets after the minimum residence.</summary>
    private static async Task<Dictionary<int, string?>> SettledAsync(BenchCluster cluster)
    {
        var before = await OwnersAsync(cluster);
        for (var isSame = false; !isSame || before.Values.Distinct().Count() < cluster.Nodes;)
        {
            await Task.Delay(5_000);
            var now = await OwnersAsync(cluster);
            isSame = now.All(owner => before[owner.Key] == owner.Value);
            before = now;
        }

        return before;
    }

    private static async Task<Dictionary<int, string?>> OwnersAsync(BenchCluster cluster)
    {
        var picture = await cluster.Client.LookAsync();
        return Enumerable.Range(0, picture.Owners.Count).ToDictionary(shard => shard, shard => picture.Owners[shard]);
    }

    private static async Task<double> IdleCommandsAsync()
    {
        await using var cluster = await BenchCluster.StartAsync(3);
        await cluster.SetSlotsAsync(12);
        await SettledAsync(cluster);
        return await CommandsAsync(cluster, IdleTime) / IdleTime.TotalSeconds / cluster.Nodes;
    }

    /// <summary>Commands that clients send in that time. Redis' own counter would count what a script calls inside as well.</summary>
    private static async Task<int> CommandsAsync(BenchCluster cluster, TimeSpan time)
    {
        using var monitor = Process.Start(new ProcessStartInfo("redis-cli", ["-p", $"{cluster.Redis.Port}", "monitor"]) { RedirectStandardOutput = true })!;
        await Task.Delay(time);
        monitor.Kill();
        var lines = (await monitor.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Count(line => line.Contains('[') && !line.Contains(" lua]", StringComparison.Ordinal));
    }

    private static double Quantile(double[] samples, double quantile)
    {
        Array.Sort(samples);
        return samples[Math.Min(samples.Length - 1, (int)(samples.Length * quantile))];
    }

    /// <param name="ProcessorMicroseconds">Of all nodes and of Redis, for a job.</param>
    private readonly record struct Ran(double PerSecond, double ProcessorMicroseconds);
}
