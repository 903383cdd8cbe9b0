using FlowerPower.Benchmarks;
using FlowerPower.Benchmarks.Embedded;

return await BenchmarkRunner.RunAsync(
    args,
    new Dictionary<string, IReadOnlyList<Measure>>
    {
        ["embedded"] = EmbeddedSuite.Measures,
    });
