using FlowerPower.Benchmarks;
using FlowerPower.Benchmarks.Embedded;
using FlowerPower.Benchmarks.Kernel;
using FlowerPower.Benchmarks.Redis;
using FlowerPower.Benchmarks.Store;

return await BenchmarkRunner.RunAsync(
    args,
    new Dictionary<string, IReadOnlyList<Measure>>
    {
        ["embedded"] = EmbeddedSuite.Measures,
        ["kernel"] = [.. KernelSuite.Measures.Select(Measure.Of)],
        ["redis"] = RedisSuite.Measures,
        ["store"] = [.. StoreSuite.Measures.Select(Measure.Of)],
    });
