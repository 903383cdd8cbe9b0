using System.Diagnostics;
using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Failures.Scenarios;

namespace FlowerPower.Failures.Chaos;

/// <summary><c>tests/chaos [MINUTES] [--seed N]</c>: one random fault after the other under load, each judged; ends with the time or with the first violation.</summary>
internal static class ChaosCommand
{
    private const int Warm = 40;

    public static async Task<int> RunAsync(TimeSpan length, int seed)
    {
        Console.WriteLine(FormattableString.Invariant($"{length.TotalMinutes:0.#} minutes of faults with --seed {seed}"));
        var random = new Random(seed);
        await using var cluster = await TestCluster.StartAsync(
            ClusterFixture.ShortLease,
            [new("q1", "queue"), new("q2", "queue"), new("both", "queue,worker", Slots: 4), new("w1", "worker", Slots: 4), new("w2", "worker", Slots: 4)],
            "appendfsync always");
        var clock = Stopwatch.StartNew();
        var count = 0;
        for (; clock.Elapsed < length; count++)
        {
            var fault = RandomFault.Next(random, [.. cluster.Names]);
            Console.Write(FormattableString.Invariant($"{clock.Elapsed:mm\\:ss} {count + 1}. {fault.What}: "));
            await using var trial = await Trial.BeginAsync(cluster, $"t{count}", seed + count);
            await trial.Load.AcknowledgedAsync(Warm);
            await fault.ActAsync(cluster);
            var whole = await trial.WholeAsync();
            await trial.Load.AcknowledgedAsync(trial.Load.History.Acknowledged + Warm);
            var problems = await trial.JudgeAsync(whole, new Leniency { RedisMayGoBack = fault.KillsRedis });
            var asked = trial.Load.History.Invocations;
            Console.WriteLine($"{asked.Count} requests, {asked.Count(i => i.Answer == Answer.Unknown)} of them without an answer, {problems.Count} violations");
            if (problems.Count > 0)
            {
                Console.WriteLine($"{string.Join('\n', problems)}\n{cluster.Logs()}\nIt was fault {count + 1} of --seed {seed}.");
                return 1;
            }
        }

        Console.WriteLine($"{count} faults, no violation");
        return 0;
    }
}
