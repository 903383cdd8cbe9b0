using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>Runs a job as one run of its project's pipeline: no retry inside, the queue keeps count of those.</summary>
public sealed class ProjectJobExecutor(FlowerPowerProject project) : IJobExecutor
{
    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken)
    {
        if (CallbackRunner.IsOne(spec))
        {
            return await CallbackRunner.RunAsync(project, spec, cancellationToken).ConfigureAwait(false);
        }

        var config = RunConfig.FromJson(spec.RunConfigJson.Span);
        var observer = new RunTeller(spec.Pipeline, job);
        var context = new QueueJobContext(spec.Id, job, observer.Reported);
        var result = await project.RunOnceAsync(spec.Pipeline, config, observer, context, cancellationToken).ConfigureAwait(false);
        return ResultJson.Serialize(result);
    }

    /// <summary>Counts nodes as they come and go; nodes of one run may do so side by side. What deserves attention is a line of the job's log.</summary>
    private sealed class RunTeller(string pipeline, IRunningJob job) : IPipelineObserver
    {
        private readonly Lock gate = new();
        private JobProgress known = new(0, 0, null);

        public void Started(int total) => Tell(now => new JobProgress(0, total, null) { Fraction = now.Fraction, Text = now.Text });

        public void NodeStarted(string node) => Tell(now => now with { CurrentNode = node });

        public void NodeFinished(string node, TimeSpan took) => Tell(now => now with
        {
            NodesDone = now.NodesDone + 1,
            NodesTotal = Math.Max(now.NodesTotal, now.NodesDone + 1),
            CurrentNode = null,
        });

        public void Warned(string node, string message) => job.Log(node == pipeline ? $"warning: {message}" : $"warning: {node}: {message}");

        public void Reported(double fraction, string? text) => Tell(now => now with { Fraction = fraction, Text = text });

        private void Tell(Func<JobProgress, JobProgress> change)
        {
            lock (gate)
            {
                known = change(known);
                job.Report(known);
            }
        }
    }
}
