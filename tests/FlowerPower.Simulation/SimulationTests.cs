using System.Collections.Concurrent;
using System.Globalization;

namespace FlowerPower.Simulation;

public sealed class SimulationTests
{
    /// <summary>Play this seed, and no other.</summary>
    public const string SeedVariable = "FP_SIMULATION_SEED";

    /// <summary>Play so many seeds.</summary>
    public const string CountVariable = "FP_SIMULATION_COUNT";

    private const int SeedsByDefault = 200;

    [Fact]
    public void Every_promise_holds_whatever_a_seed_lets_happen()
    {
        var seed = Read(SeedVariable);
        var (first, count) = seed is { } one ? (one, 1) : (1, Read(CountVariable) ?? SeedsByDefault);
        var failures = new ConcurrentBag<(int Seed, string Broken)>();
        Parallel.For(first, first + count, (next, loop) =>
        {
            try
            {
                SeededRun.Run(next);
            }
            catch (BrokenPromiseException broken)
            {
                failures.Add((next, broken.Message));
                loop.Break();
            }
        });
        Assert.True(failures.IsEmpty, failures.OrderBy(failure => failure.Seed).FirstOrDefault().Broken);
    }

    [Fact]
    public void A_seed_plays_the_same_twice() => Assert.Equal(SeededRun.Run(7), SeededRun.Run(7));

    private static int? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
