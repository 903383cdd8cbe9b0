namespace FlowerPower.Pipelines.Tests;

public sealed class RandomGraphTests
{
    public static class Mixer
    {
        [ParameterizeFrom("mixes")]
        public static long Mix(long a, long b, long c, long salt) => unchecked((a * 31) + (b * 17) + (c ^ salt));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 8)]
    [InlineData(4, 3)]
    [InlineData(5, 64)]
    public async Task A_random_graph_gives_what_a_naive_evaluation_gives(int seed, int workers)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var size = random.Next(1, 60);
            var takes = Enumerable.Range(0, size).Select(i => Enumerable.Range(0, 3).Select(_ => i == 0 ? -1 : random.Next(-1, i)).ToArray()).ToArray();
            var nodes = Enumerable.Range(0, size).OrderBy(_ => random.Next()).ToDictionary(i => $"n{i}", i => (object?)Given.Values(
                ("a", Source(takes[i][0])), ("b", Source(takes[i][1])), ("c", Source(takes[i][2])), ("salt", (long)i)));
            var overridden = random.Next(3) == 0 ? random.Next(size) : -1;
            var finals = Enumerable.Range(0, size).Where(_ => random.Next(4) == 0).ToArray();
            var graph = Given.GraphWith(Given.Values(("mixes", nodes)), typeof(Mixer));

            var plan = graph.Plan(
                [.. finals.Select(i => $"n{i}")], Given.Values(), overridden < 0 ? null : Given.Values(($"n{overridden}", 7L)));
            var results = await Given.Run(plan, new GraphRunOptions { MaxWorkers = workers });

            var expected = finals.ToDictionary(i => $"n{i}", i => (object?)Naive(takes, i, overridden, []));
            Assert.True(expected.Count == results.Count && expected.All(pair => Equals(results[pair.Key], pair.Value)), $"seed {seed}, round {round}");
            Assert.Equal(plan.Nodes.Distinct(), plan.Nodes);
            Assert.DoesNotContain($"n{overridden}", plan.Nodes);
        }
    }

    private static object Source(int node) => node < 0 ? 5L : $"n{node}";

    private static long Naive(int[][] takes, int node, int overridden, Dictionary<int, long> known)
    {
        if (node < 0)
        {
            return 5;
        }

        if (node == overridden)
        {
            return 7;
        }

        if (!known.TryGetValue(node, out var value))
        {
            var given = takes[node].Select(giver => Naive(takes, giver, overridden, known)).ToArray();
            known[node] = value = Mixer.Mix(given[0], given[1], given[2], node);
        }

        return value;
    }

    public static class Chain
    {
        [ParameterizeFrom("links")]
        public static long Link(long previous) => previous + 1;
    }

    [Fact]
    public async Task A_very_long_chain_needs_no_stack()
    {
        const int length = 20_000;
        var links = Enumerable.Range(1, length).ToDictionary(i => $"n{i}", i => (object?)Given.Values(("previous", i == 1 ? 0L : $"n{i - 1}")));

        Assert.Equal((long)length, await Given.Run(Given.GraphWith(Given.Values(("links", links)), typeof(Chain)), $"n{length}"));
    }
}
