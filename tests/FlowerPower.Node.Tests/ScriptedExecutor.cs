using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Tests;

/// <summary>Pipelines by name, as a test wants them; it remembers what started.</summary>
internal sealed class ScriptedExecutor : IJobExecutor
{
    private readonly ConcurrentDictionary<string, Func<Run, Task<string>>> pipelines = new();
    private readonly Channel<Run> started = Channel.CreateUnbounded<Run>();
    private readonly ConcurrentDictionary<JobId, int> starts = new();
    private readonly ConcurrentDictionary<string, JobSpec> specs = new();

    public sealed record Run(JobSpec Spec, IRunningJob Job, CancellationToken Cancelled)
    {
        public int Attempt => Job.Attempt.InAll;

        public void Progress(JobProgress progress) => Job.Report(progress);
    }

    /// <summary>How often each job was started.</summary>
    public IReadOnlyDictionary<JobId, int> Starts => starts;

    /// <summary>What the job's latest start was given.</summary>
    public JobSpec LastSpec(string id) => specs[id];

    /// <summary>Returns its id at once.</summary>
    public static ScriptedExecutor Echo(string pipeline = "echo") => new ScriptedExecutor().On(pipeline, run => Task.FromResult($$"""{"id":"{{run.Spec.Id}}"}"""));

    public ScriptedExecutor On(string pipeline, Func<Run, Task<string>> run)
    {
        pipelines[pipeline] = run;
        return this;
    }

    /// <summary>The next start that nobody has asked for yet.</summary>
    public Task<Run> NextStartAsync() => started.Reader.ReadAsync().AsTask().Within("a job to start");

    /// <summary>The start of this job; earlier starts that nobody asked for are passed over.</summary>
    public async Task<Run> NextStartOfAsync(string id)
    {
        while (true)
        {
            var run = await NextStartAsync();
            if (run.Spec.Id.Value == id)
            {
                return run;
            }
        }
    }

    public async Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken)
    {
        var run = new Run(spec, job, cancellationToken);
        starts.AddOrUpdate(spec.Id, 1, (_, n) => n + 1);
        specs[spec.Id.Value] = spec;
        started.Writer.TryWrite(run);
        return Encoding.UTF8.GetBytes(await pipelines[spec.Pipeline](run));
    }
}
