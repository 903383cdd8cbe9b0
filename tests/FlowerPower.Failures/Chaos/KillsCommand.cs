using System.Globalization;
using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Failures.Scenarios;

namespace FlowerPower.Failures.Chaos;

/// <summary>
/// <c>tests/chaos kills N</c>: N workers killed, N queue nodes killed and N workers frozen under load, with the default lease, and how long it took until what they
/// had was with others. Each kill is a trial of its own, and is judged.
/// </summary>
internal static class KillsCommand
{
    public const string Name = "kills";

    private const int Warm = 20;

    private static readonly string[] Workers = ["w1", "w2"];
    private static readonly string[] Queues = ["q1", "q2", "q3"];

    public static async Task<int> RunAsync(int count)
    {
        await using var cluster = await TestCluster.StartAsync(
            lease: null, [.. Queues.Select(name => new NodePlan(name, "queue")), .. Workers.Select(name => new NodePlan(name, "worker", Slots: 4))]);
        var (reruns, failovers, vanished) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < count; i++)
        {
            var (worker, name) = (Workers[i % Workers.Length], $"{i}");
            if (!await JudgedAsync(cluster, $"worker{name}", async trial =>
                {
                    reruns.Add(Say($"kill -9 of worker {worker}: its jobs run again", await Faults.RerunsAfterAsync(cluster, trial, $"worker{name}", worker, cluster[worker].KillAsync)));
                    await cluster.StartNodeAsync(worker);
                })
                || !await JudgedAsync(cluster, $"queue{name}", async trial =>
                {
                    var picture = await trial.LookAsync();
                    var queue = Queues.MaxBy(q => Faults.ShardsOf(picture, q).Count())!; // after a start a node has none for a while
                    failovers.Add(Say($"kill -9 of queue node {queue}: its shards serve", await Faults.FailoversAfterAsync(trial, $"queue{name}", queue, cluster[queue].KillAsync)));
                    await cluster.StartNodeAsync(queue);
                })
                || !await JudgedAsync(cluster, $"frozen{name}", async trial =>
                {
                    var node = cluster[worker];
                    var (was, times) = (node.Incarnations[^1], node.Incarnations.Count);
                    vanished.Add(Say($"SIGSTOP of worker {worker}: its jobs run again", await Faults.RerunsAfterAsync(cluster, trial, $"frozen{name}", worker, () =>
                    {
                        node.Freeze();
                        return Task.CompletedTask;
                    })));
                    await Faults.DeclaredDeadAsync(trial, was);
                    node.Thaw();
                    await node.ServingAsync(times + 1, TestCluster.StartPatience);
                }, new Leniency { Excused = run => run.Node == worker })) // a grant that reached it while it stood still may begin before it looks at its lease
            {
                return 1;
            }
        }

        Print("cluster.worker_kill_rerun", reruns);
        Print("cluster.failover", failovers);
        Print("cluster.vanish_rerun", vanished);
        return 0;
    }

    private static async Task<bool> JudgedAsync(TestCluster cluster, string name, Func<Trial, Task> act, Leniency? leniency = null)
    {
        await using var trial = await Trial.BeginAsync(cluster, name, seed: 1);
        await trial.Load.AcknowledgedAsync(Warm);
        await act(trial);
        var problems = await trial.JudgeAsync(await trial.WholeAsync(), leniency);
        foreach (var problem in problems)
        {
            Console.Error.WriteLine($"{name}: {problem}");
        }

        if (problems.Count > 0)
        {
            Console.Error.WriteLine(cluster.Logs());
        }

        return problems.Count == 0;
    }

    /// <returns>The worst of what one fault took.</returns>
    private static TimeSpan Say(string what, IReadOnlyList<TimeSpan> took)
    {
        Console.WriteLine(FormattableString.Invariant($"{what} after {took.Max().TotalSeconds:0.00} s ({took.Count} of them, the first after {took.Min().TotalSeconds:0.00} s)"));
        return took.Max();
    }

    private static void Print(string name, List<TimeSpan> took)
    {
        took.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}_median_s {took[took.Count / 2].TotalSeconds:0.000}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}_worst_s {took[^1].TotalSeconds:0.000}"));
    }
}
