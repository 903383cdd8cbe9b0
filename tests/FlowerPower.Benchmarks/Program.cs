using FlowerPower.Benchmarks;
using FlowerPower.Benchmarks.Cluster;
using FlowerPower.Benchmarks.Embedded;
using FlowerPower.Benchmarks.Kernel;
using FlowerPower.Benchmarks.Redis;
using FlowerPower.Benchmarks.Store;
using FlowerPower.Benchmarks.Transport;
using FlowerPower.Benchmarks.Waiting;

if (args is [GrantCounter.Command])
{
    return await GrantCounter.RunAsync();
}

if (args is [BenchNodeProcess.Command, var redis, var name])
{
    return await BenchNodeProcess.RunAsync(redis, name);
}

return await BenchmarkRunner.RunAsync(
    args,
    new Dictionary<string, IReadOnlyList<Measure>>
    {
        ["cluster"] = ClusterSuite.Measures,
        ["embedded"] = EmbeddedSuite.Measures,
        ["kernel"] = [.. KernelSuite.Measures.Select(Measure.Of)],
        ["redis"] = RedisSuite.Measures,
        ["store"] = [.. StoreSuite.Measures.Select(Measure.Of)],
        ["transport"] = TransportSuite.Measures,
        ["waiting"] = WaitingSuite.MeasuresOf(WaitingSuite.CountOf(args)),
    });
