using System.Diagnostics;
using System.Globalization;
using FlowerPower.TestServers;

namespace FlowerPower.Benchmarks.Cluster.Peers;

/// <summary>
/// Another queue, driven by a small script of its own language beside this file: <c>SCRIPT fill N</c> stores jobs, <c>work</c> runs them until it is told to
/// end, and <c>latency N</c> prints the median of N results in ms. A queue that is not installed has no figure.
/// </summary>
/// <param name="Name">In the figure's name.</param>
/// <param name="Program">What runs the script.</param>
/// <param name="Script">Its file.</param>
/// <param name="WorkerProcesses">The number that is fastest on two processors.</param>
/// <param name="CountCommand">What Redis answers with the number of finished jobs.</param>
/// <param name="Waits">It can wait for a result.</param>
internal sealed record PeerQueue(string Name, string Program, string Script, int WorkerProcesses, string[] CountCommand, bool Waits)
{
    private const int Jobs = 30_000;

    public static IReadOnlyList<PeerQueue> All { get; } =
    [
        new("bullmq", "node", "bullmq.js", 1, ["ZCARD", "bull:bench:completed"], Waits: true),
        new("beequeue", "node", "beequeue.js", 2, ["SCARD", "bq:bench:succeeded"], Waits: true),
        new("sidekiq", "ruby", "sidekiq.rb", 2, ["HLEN", "results"], Waits: false),
    ];

    /// <summary>Jobs are stored first, then the workers start. It counts from the first result on: their start costs them nothing.</summary>
    public async Task<double> EndToEndAsync()
    {
        await using var redis = await RedisServer.StartAsync();
        await RunAsync(redis, "fill", $"{Jobs}");
        var workers = Enumerable.Range(0, WorkerProcesses).Select(_ => Start(redis, "work")).ToList();
        try
        {
            long first;
            while ((first = await FinishedAsync(redis)) == 0)
            {
                ThrowIfEnded(workers);
                await Task.Delay(5);
            }

            var clock = Stopwatch.StartNew();
            while (await FinishedAsync(redis) < Jobs)
            {
                ThrowIfEnded(workers);
                await Task.Delay(20);
            }

            return (Jobs - first) / clock.Elapsed.TotalSeconds;
        }
        finally
        {
            workers.ForEach(End);
        }
    }

    public async Task<double> ResultLatencyAsync()
    {
        await using var redis = await RedisServer.StartAsync();
        var worker = Start(redis, "work");
        try
        {
            return double.Parse(await RunAsync(redis, "latency", "500"), CultureInfo.InvariantCulture);
        }
        finally
        {
            End(worker);
        }
    }

    private void ThrowIfEnded(List<Process> workers)
    {
        if (workers.Any(worker => worker.HasExited))
        {
            throw new InvalidOperationException($"A worker of {Name} ended.");
        }
    }

    private static void End(Process process)
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private async Task<long> FinishedAsync(RedisServer redis)
    {
        var answer = await redis.CommandAsync(CountCommand);
        var text = answer[0] == '$' ? answer.Split("\r\n").ElementAtOrDefault(1) : answer[1..];
        return long.TryParse(text, CultureInfo.InvariantCulture, out var count) ? count : 0;
    }

    private async Task<string> RunAsync(RedisServer redis, params string[] arguments)
    {
        using var process = Start(redis, arguments);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{Program} {Script} {string.Join(' ', arguments)} failed. docs/benchmarks.md says how {Name} is installed.");
    }

    private Process Start(RedisServer redis, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, [Path.Combine(AppContext.BaseDirectory, "Cluster", "Peers", Script), .. arguments]) { RedirectStandardOutput = true };
        start.Environment["REDIS_PORT"] = $"{redis.Port}";
        return Process.Start(start)!;
    }
}
