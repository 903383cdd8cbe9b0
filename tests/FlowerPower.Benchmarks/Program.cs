using FlowerPower.Benchmarks;
using FlowerPower.Benchmarks.Embedded;
using FlowerPower.Benchmarks.Kernel;
using FlowerPower.Benchmarks.Redis;
using FlowerPower.Benchmarks.Store;
using FlowerPower.Benchmarks.Transport;

if (args is [GrantCounter.Command])
{
    return await GrantCounter.RunAsync();
}

return await BenchmarkRunner.RunAsync(
    args,
    new Dictionary<string, IReadOnlyList<Measure>>
    {
        ["embedded"] = EmbeddedSuite.Measures,
        ["kernel"] = [.. KernelSuite.Measures.Select(Measure.Of)],
        ["redis"] = RedisSuite.Measures,
        ["store"] = [.. StoreSuite.Measures.Select(Measure.Of)],
        ["transport"] = TransportSuite.Measures,
    });
