using FlowerPower.Failures.Cluster;

namespace FlowerPower.Failures.Chaos;

/// <summary>One fault that a seed decides on, from its beginning until nothing holds the cluster back any more.</summary>
/// <param name="What">In words.</param>
/// <param name="ActAsync">Does it and takes it back.</param>
/// <param name="KillsRedis">Redis may come back with less than it had.</param>
internal sealed record RandomFault(string What, Func<TestCluster, Task> ActAsync, bool KillsRedis = false)
{
    /// <summary>The next one.</summary>
    public static RandomFault Next(Random random, IReadOnlyList<string> nodes)
    {
        var node = nodes[random.Next(nodes.Count)];
        var other = nodes.Where(n => n != node).ElementAt(random.Next(nodes.Count - 1));
        var length = TimeSpan.FromSeconds(0.5 + (random.NextDouble() * random.NextDouble() * 14)); // from a hiccup to long after a lease
        return random.Next(10) switch
        {
            0 or 1 => new($"kill -9 of {node}, back after {Text(length / 4)}", cluster => AfterAsync(length / 4, cluster[node].KillAsync, () => cluster.StartNodeAsync(node))),
            2 => new($"kill -9 of {node} and {other}", async cluster =>
            {
                await Task.WhenAll(cluster[node].KillAsync(), cluster[other].KillAsync());
                await Task.WhenAll(cluster.StartNodeAsync(node), cluster.StartNodeAsync(other));
            }),
            3 or 4 => new($"SIGSTOP of {node} for {Text(length)}", cluster => AfterAsync(
                length,
                () => DoAsync(cluster[node].Freeze),
                () => DoAsync(cluster[node].Thaw))),
            5 => new($"restart of {node}", async cluster =>
            {
                if (await cluster[node].StopAsync(TestCluster.StartPatience) is not 0 and var code)
                {
                    throw new InvalidOperationException($"Node {node} was told to stop, and ended with exit code {code}.");
                }

                await cluster.StartNodeAsync(node);
            }),
            6 => new($"cut between {node} and {other} for {Text(length)}", cluster => AfterAsync(length, () => cluster.Network.CutAsync(node, other), cluster.Network.HealAsync)),
            7 => new($"nothing from {node} reaches {other} for {Text(length)}", cluster => AfterAsync(length, () => cluster.Network.CutOneWayAsync(node, other), cluster.Network.HealAsync)),
            8 when random.Next(2) == 0 => new($"cut between {node} and Redis for {Text(length)}", cluster => AfterAsync(
                length, () => cluster.Network.CutAsync(node, TestCluster.RedisMachine), cluster.Network.HealAsync)),
            8 => new($"{node} is cut off from everybody for {Text(length)}", cluster => AfterAsync(length, () => cluster.Network.CutOffAsync(node), cluster.Network.HealAsync)),
            _ => random.Next(2) == 0
                ? new($"kill -9 of Redis, back after {Text(length / 4)}", cluster => AfterAsync(length / 4, cluster.Redis.KillAsync, cluster.Redis.StartAgainAsync), KillsRedis: true)
                : new($"SIGSTOP of Redis for {Text(length)}", cluster => AfterAsync(length, () => DoAsync(cluster.Redis.Freeze), () => DoAsync(cluster.Redis.Thaw))),
        };
    }

    private static async Task AfterAsync(TimeSpan length, Func<Task> begin, Func<Task> end)
    {
        await begin();
        await Task.Delay(length);
        await end();
    }

    private static Task DoAsync(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private static string Text(TimeSpan span) => FormattableString.Invariant($"{span.TotalSeconds:0.0} s");
}
