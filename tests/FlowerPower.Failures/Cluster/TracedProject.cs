using System.Globalization;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Failures.Cluster;

/// <summary>
/// A project with one cheap pipeline whose every run leaves a trace in files of its own, so that what ran is known without asking the queue:
/// one file when a run begins, one when it ends, in a folder for each job. A run's result is its own name.
/// </summary>
internal sealed class TracedProject : IDisposable
{
    public const string Pipeline = "traced";

    /// <summary>The environment variable by which a run knows on which node it is.</summary>
    public const string NodeVariable = "TRACED_NODE";

    private const string Code = """
        using System.Diagnostics;

        public static class Traced
        {
            public static async Task<string> Answer(string job, string trace, double first, double later, int failures, CancellationToken stop)
            {
                var folder = Directory.CreateDirectory(Path.Combine(trace, job)).FullName;
                var earlier = Directory.GetFiles(folder, "*.begun").Length;
                var run = Guid.NewGuid().ToString("N");
                Leave("begun", $"{Stopwatch.GetTimestamp()} {Environment.GetEnvironmentVariable("TRACED_NODE")}");
                for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < (earlier == 0 ? first : later) && !File.Exists(Path.Combine(folder, "go"));)
                {
                    await Task.Delay(10, stop);
                }

                Leave("ended", $"{Stopwatch.GetTimestamp()}");
                return earlier < failures ? throw new InvalidOperationException("not yet") : run;

                // Whole or not at all, whenever the process is killed.
                void Leave(string what, string text)
                {
                    File.WriteAllText(Path.Combine(folder, run), text);
                    File.Move(Path.Combine(folder, run), Path.Combine(folder, $"{run}.{what}"));
                }
            }
        }
        """;

    public TracedProject()
    {
        Root = Directory.CreateTempSubdirectory("fp-failures-").FullName;
        FlowerPowerProject.Create(Root, "failures");
        File.WriteAllText(Path.Combine(Root, "pipelines", $"{Pipeline}.cs"), Code);
        Directory.CreateDirectory(Trace);
    }

    public string Root { get; }

    private string Trace => Path.Combine(Root, "trace");

    /// <summary>A job.</summary>
    public EnqueueRequest Request(TracedJob job) => new(new JobSpec
    {
        Id = JobId.Parse(job.Id),
        Pipeline = Pipeline,
        Project = "failures",
        Priority = job.Priority,
        RunConfigJson = new RunConfig()
            .WithInputs(new Dictionary<string, object?>
            {
                ["job"] = job.Id,
                ["trace"] = Trace,
                ["first"] = job.First.TotalSeconds,
                ["later"] = job.Later.TotalSeconds,
                ["failures"] = job.Failures,
            })
            .WithFinalVars("answer")
            .ToJson(),
        ResultRetention = TimeSpan.FromMinutes(10), // for long runs: nobody looks for it later
        Retry = new RetryPolicy { MaxRetries = job.Failures, Delay = TimeSpan.FromMilliseconds(50) },
    });

    /// <summary>Let the run of a job end that takes long.</summary>
    public void Release(string job) => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Trace, job)).FullName, "go"), "");

    /// <summary>All runs of these jobs so far, by when they began.</summary>
    public IReadOnlyList<Run> RunsOf(IEnumerable<string> jobs) =>
        [.. jobs.Select(job => Path.Combine(Trace, job)).Where(Directory.Exists).SelectMany(ReadRuns).OrderBy(run => run.BegunAt)];

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static IEnumerable<Run> ReadRuns(string folder) => Directory.GetFiles(folder, "*.begun").Select(begun =>
    {
        var words = File.ReadAllText(begun).Split(' ');
        var ended = Path.ChangeExtension(begun, "ended");
        return new Run(
            Path.GetFileName(folder),
            Path.GetFileNameWithoutExtension(begun),
            words[1],
            Ticks(words[0]),
            File.Exists(ended) ? Ticks(File.ReadAllText(ended)) : null);
    });

    private static long Ticks(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>A job to be enqueued.</summary>
/// <param name="First">How long its first run takes.</param>
/// <param name="Later">How long each further run takes.</param>
/// <param name="Failures">So many of its runs fail before one succeeds; as many retries are allowed.</param>
internal sealed record TracedJob(string Id, TimeSpan First, TimeSpan Later, int Failures = 0, JobPriority Priority = JobPriority.Medium);

/// <summary>One run of a job as it left its trace; times are timestamps of the machine, the same for all processes.</summary>
/// <param name="Name">Unique; the result, if it succeeded.</param>
/// <param name="Node">The node's name.</param>
/// <param name="EndedAt"><see langword="null"/>: it was killed, cancelled, or runs yet.</param>
internal sealed record Run(string Job, string Name, string Node, long BegunAt, long? EndedAt);
