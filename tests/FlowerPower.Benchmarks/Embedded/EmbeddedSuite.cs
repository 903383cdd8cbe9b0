using System.Diagnostics;

namespace FlowerPower.Benchmarks.Embedded;

/// <summary>One node with SQLite, <c>synchronous=NORMAL</c>, everything journaled and every result kept; no-op jobs with a payload like the peers'.</summary>
internal static class EmbeddedSuite
{
    private const int BulkJobs = 50_000;
    private const int BulkPage = 1_000;
    private const int OneByOneJobs = 2_000;
    private const int LatencySamples = 1_000;
    private const int WaitingJobs = 1_000_000;
    private const int Slots = 128;

    public static IReadOnlyList<Measure> Measures { get; } =
    [
        new("embedded.enqueue_one_by_one_per_s", "jobs/s", () => EnqueueOneByOneAsync(perSecond: true)),
        new("embedded.enqueue_latency_p50_ms", "ms", () => EnqueueOneByOneAsync(perSecond: false)),
        new("embedded.enqueue_bulk_per_s", "jobs/s", EnqueueBulkAsync),
        new("embedded.end_to_end_jobs_per_s", "jobs/s", () => EndToEndAsync(countEnqueueing: true)),
        new("embedded.processor_us_per_job", "µs", () => CostAsync(() => Environment.CpuUsage.TotalTime.TotalMicroseconds)),
        new("embedded.allocated_bytes_per_job", "bytes", () => CostAsync(() => GC.GetTotalAllocatedBytes())),
        new("embedded.drain_jobs_per_s", "jobs/s", () => EndToEndAsync(countEnqueueing: false)),
        new("embedded.result_latency_p50_ms", "ms", () => ResultLatencyAsync(0.50)),
        new("embedded.result_latency_p95_ms", "ms", () => ResultLatencyAsync(0.95)),
        new("embedded.result_latency_p99_ms", "ms", () => ResultLatencyAsync(0.99)),
        new("embedded.bytes_per_waiting_job", "bytes", BytesPerWaitingJobAsync, Runs: 1),
        new("embedded.recover_1m_waiting_s", "s", RecoverAsync, Runs: 1),
        new("embedded.cli_help_ms", "ms", () => CliStart.TakeAsync("--version")),
    ];

    private static async Task<double> EnqueueOneByOneAsync(bool perSecond)
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 0);
        var samples = new double[OneByOneJobs];
        var all = Stopwatch.StartNew();
        for (var i = 0; i < OneByOneJobs; i++)
        {
            var one = Stopwatch.GetTimestamp();
            await bench.Queue.EnqueueAsync([bench.NewJob()]);
            samples[i] = Stopwatch.GetElapsedTime(one).TotalMilliseconds;
        }

        return perSecond ? OneByOneJobs / all.Elapsed.TotalSeconds : Percentile(samples, 0.5);
    }

    private static async Task<double> EnqueueBulkAsync()
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 0);
        var all = Stopwatch.StartNew();
        await bench.EnqueueManyAsync(BulkJobs, BulkPage);
        return BulkJobs / all.Elapsed.TotalSeconds;
    }

    /// <summary>The jobs are stored first, then the workers start; it ends when every result is stored.</summary>
    /// <param name="countEnqueueing">Whether storing them counts. The usual drivers of other queues begin with the workers' start: they do not count it.</param>
    private static async Task<double> EndToEndAsync(bool countEnqueueing)
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 0);
        var all = Stopwatch.StartNew();
        await bench.EnqueueManyAsync(BulkJobs, BulkPage);
        if (!countEnqueueing)
        {
            all.Restart();
        }

        bench.Node.SetWorkerSlots(Slots);
        await bench.WaitUntilCompletedAsync(BulkJobs);
        return BulkJobs / all.Elapsed.TotalSeconds;
    }

    /// <summary>What a job costs from its enqueueing to its stored result: unlike its time, that does not depend on what else the machine does.</summary>
    private static async Task<double> CostAsync(Func<double> meter)
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 0);
        var before = meter();
        await bench.EnqueueManyAsync(BulkJobs, BulkPage);
        bench.Node.SetWorkerSlots(Slots);
        await bench.WaitUntilCompletedAsync(BulkJobs);
        return (meter() - before) / BulkJobs;
    }

    private static async Task<double> ResultLatencyAsync(double quantile)
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 4);
        var samples = new double[LatencySamples];
        for (var i = 0; i < LatencySamples; i++)
        {
            var job = bench.NewJob();
            var one = Stopwatch.GetTimestamp();
            await bench.Queue.EnqueueAsync([job]);
            await bench.Queue.WaitAsync(job.Spec.Id);
            samples[i] = Stopwatch.GetElapsedTime(one).TotalMilliseconds;
        }

        return Percentile(samples, quantile);
    }

    private static async Task<double> BytesPerWaitingJobAsync()
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 0);
        await bench.EnqueueManyAsync(BulkPage, BulkPage);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await bench.EnqueueManyAsync(WaitingJobs, BulkPage);
        await bench.RestAsync();
        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)WaitingJobs;
    }

    private static async Task<double> RecoverAsync()
    {
        await using var bench = await BenchNode.StartAsync(workerSlots: 0);
        await bench.EnqueueManyAsync(WaitingJobs, 10 * BulkPage);
        var clock = Stopwatch.StartNew();
        await bench.RestartAsync();
        return clock.Elapsed.TotalSeconds;
    }

    private static double Percentile(double[] samples, double quantile)
    {
        Array.Sort(samples);
        return samples[Math.Min(samples.Length - 1, (int)(samples.Length * quantile))];
    }
}
