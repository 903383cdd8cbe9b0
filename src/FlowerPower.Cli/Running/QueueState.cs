using FlowerPower.Client;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Cli.Running;

/// <summary>Who serves the project's jobs just now.</summary>
internal static class QueueState
{
    /// <summary>Is it another process, rather than a node that this command opened for itself?</summary>
    public static bool IsServedElsewhere(IJobQueue queue) => queue is not EmbeddedJobQueue;

    /// <summary>The process that serves it, for people: <c>node local-1a (process 123)</c>.</summary>
    public static string Server(IJobQueue queue, QueueOverview overview) => queue is LocalJobQueue local
        ? $"node {overview.Node} (process {local.ProcessId})"
        : $"node {overview.Node}";

    /// <summary>Makes sure that somebody will end an unfinished job, before anything waits for it.</summary>
    /// <exception cref="CommandFailedException">No worker is up.</exception>
    public static async Task RequireWorkersAsync(IJobQueue queue, JobView job, CancellationToken cancellationToken)
    {
        if (job.IsFinished || (await queue.OverviewAsync(cancellationToken).ConfigureAwait(false)).WorkerSlots > 0)
        {
            return;
        }

        throw new CommandFailedException(
            $"Job {job.Id} is {Rendering.JobText.Word(job.Status)}, and no worker is running that would end it, so waiting would be in vain: "
            + "start one in another terminal with flowerpower queue worker start.");
    }
}
