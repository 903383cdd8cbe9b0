using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>Runs a job as one run of its project's pipeline: no retry inside, the queue keeps count of those.</summary>
public sealed class ProjectJobExecutor(FlowerPowerProject project) : IJobExecutor
{
    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> RunAsync(
        JobSpec spec, AttemptNumber attempt, Action<JobProgress> progress, CancellationToken cancellationToken)
    {
        if (CallbackRunner.IsOne(spec))
        {
            return await CallbackRunner.RunAsync(project, spec, cancellationToken).ConfigureAwait(false);
        }

        var config = RunConfig.FromJson(spec.RunConfigJson.Span);
        var result = await project.RunOnceAsync(spec.Pipeline, config, new ProgressObserver(progress), cancellationToken).ConfigureAwait(false);
        return ResultJson.Serialize(result);
    }

    /// <summary>Counts nodes as they come and go; nodes of one run may do so side by side.</summary>
    private sealed class ProgressObserver(Action<JobProgress> progress) : IPipelineObserver
    {
        private readonly Lock gate = new();
        private int total;
        private int done;

        public void Started(int total)
        {
            lock (gate)
            {
                this.total = total;
                progress(new JobProgress(0, total, null));
            }
        }

        public void NodeStarted(string node)
        {
            lock (gate)
            {
                progress(new JobProgress(done, total, node));
            }
        }

        public void NodeFinished(string node, TimeSpan took)
        {
            lock (gate)
            {
                done++;
                progress(new JobProgress(done, Math.Max(total, done), null));
            }
        }

        public void Warned(string node, string message)
        {
        }
    }
}
