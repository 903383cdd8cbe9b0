using System.Diagnostics;
using System.Globalization;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Workers;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Benchmarks.Waiting;

/// <summary>
/// Many jobs at once on one node with SQLite, each a pipeline whose asynchronous function waits for something outside, as a request's answer: how much memory that takes, and how
/// long it takes until all of them run and until all of them have ended.
/// </summary>
internal static class WaitingSuite
{
    private const int DefaultCount = 10_000;
    private const int Page = 1_000;
    private const double MiB = 1024 * 1024;

    /// <summary>How many jobs the command line wants.</summary>
    public static int CountOf(string[] args) =>
        Array.IndexOf(args, "--count") is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : DefaultCount;

    public static IReadOnlyList<Measure> MeasuresOf(int count)
    {
        var taken = new Lazy<Task<Taken>>(() => TakeAsync(count));
        return
        [
            new("waiting.jobs_at_once", "jobs", async () => (await taken.Value).Running, Runs: 1),
            new("waiting.until_all_run_s", "s", async () => (await taken.Value).StartSeconds, Runs: 1),
            new("waiting.heap_mib", "MiB", async () => (await taken.Value).Heap / MiB, Runs: 1),
            new("waiting.heap_bytes_per_job", "bytes", async () => ((await taken.Value).Heap - (await taken.Value).HeapBefore) / (double)count, Runs: 1),
            new("waiting.working_set_mib", "MiB", async () => (await taken.Value).WorkingSet / MiB, Runs: 1),
            new("waiting.peak_working_set_mib", "MiB", async () => (await taken.Value).Peak / MiB, Runs: 1),
            new("waiting.threads", "threads", async () => (await taken.Value).Threads, Runs: 1),
            new("waiting.until_all_ended_s", "s", async () => (await taken.Value).EndSeconds, Runs: 1),
        ];
    }

    private static async Task<Taken> TakeAsync(int count)
    {
        var folder = Directory.CreateTempSubdirectory("flowerpower-bench-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "conf"));
        await File.WriteAllTextAsync(Path.Combine(folder, "conf", "project.yml"), "name: bench\n");
        var project = FlowerPowerProject.Load(folder);
        project.RegisterPipeline("waits", typeof(Waits));
        Waits.Begin(count);
        var store = await SqliteShardStore.OpenAsync(new SqliteStoreOptions
        {
            Path = Path.Combine(folder, "jobs.db"),
            Synchronous = SqliteSynchronous.Normal,
            HolderName = "benchmark",
        });
        var node = await JobNode.StartAsync(store, new ProjectJobExecutor(project), new NodeOptions { WorkerSlots = count });
        try
        {
            var heapBefore = GC.GetTotalMemory(forceFullCollection: true);
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < count; i += Page)
            {
                await node.Queue.EnqueueAsync([.. Enumerable.Range(i, Math.Min(Page, count - i)).Select(NewJob)]);
            }

            await Waits.AllWait.WaitAsync(TimeSpan.FromMinutes(5));
            var started = clock.Elapsed.TotalSeconds;
            var running = (await node.Queue.OverviewAsync()).Counts.GetValueOrDefault(JobStatus.Running);
            var process = Process.GetCurrentProcess();
            var taken = new Taken(
                running, started, heapBefore, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet, process.PeakWorkingSet64, process.Threads.Count, 0);
            clock.Restart();
            Waits.Release();
            while ((await node.Queue.OverviewAsync()).Counts.GetValueOrDefault(JobStatus.Completed) < count)
            {
                await Task.Delay(5);
            }

            return taken with { EndSeconds = clock.Elapsed.TotalSeconds };
        }
        finally
        {
            await node.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static EnqueueRequest NewJob(int i) => new(new JobSpec
    {
        Id = JobId.Parse(FormattableString.Invariant($"waits-{i}")),
        Pipeline = "waits",
        Project = "bench",
        RunConfigJson = System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($$"""{"inputs":{"number":{{i}}},"final_vars":["answer"]}""")),
    });

    private sealed record Taken(
        long Running, double StartSeconds, long HeapBefore, long Heap, long WorkingSet, long Peak, int Threads, double EndSeconds);

    /// <summary>The pipeline.</summary>
    public static class Waits
    {
        private static TaskCompletionSource release = new();
        private static TaskCompletionSource allWait = new();
        private static int expected;
        private static int waiting;

        /// <summary>Done when all jobs wait.</summary>
        internal static Task AllWait => allWait.Task;

        internal static void Begin(int count) =>
            (expected, waiting, release, allWait) =
            (count, 0, new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));

        internal static void Release() => release.SetResult();

        /// <summary>Waits for what comes from outside.</summary>
        public static async Task<int> Answer(int number, JobContext job, CancellationToken stop)
        {
            job.Report(0.5, "waiting");
            if (Interlocked.Increment(ref waiting) == expected)
            {
                allWait.SetResult();
            }

            await release.Task.WaitAsync(stop).ConfigureAwait(false);
            return number;
        }
    }
}
