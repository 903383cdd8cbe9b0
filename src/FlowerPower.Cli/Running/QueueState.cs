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

    /// <summary>
    /// Makes sure that somebody runs the job: the workers of the process that serves the project, else this process, which then runs it and
    /// no other. A holder without workers is most often a command that is done in a moment; its end is waited for, and so is that of a
    /// process that only runs its own jobs, however long it takes.
    /// </summary>
    /// <returns>The queue that runs it.</returns>
    /// <exception cref="QueueUnavailableException">The process that serves the project runs no workers, and stays.</exception>
    public static async Task<IJobQueue> EnsureRunsAsync(
        JobQueueManager queue, JobId job, CliHost host, Output output, CancellationToken cancellationToken)
    {
        var started = host.Time.GetTimestamp();
        var waitsFor = 0;
        while (true)
        {
            var overview = await queue.OverviewAsync(cancellationToken).ConfigureAwait(false);
            var opened = await queue.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (opened is EmbeddedJobQueue { Node: var mine })
            {
                mine.RunHere(job);
                _ = mine.StopRequested.ContinueWith(_ => host.Interrupts.Raise(), TaskScheduler.Default);
                return opened;
            }

            if (overview.CanRun(job))
            {
                return opened;
            }

            if (overview.OwnJobs is { Count: > 0 } && opened is LocalJobQueue other)
            {
                if (waitsFor != other.ProcessId)
                {
                    waitsFor = other.ProcessId;
                    output.Note($"process {waitsFor} holds the project until its own jobs have ended: waiting for that (flowerpower queue worker start "
                        + "serves everybody at once)");
                }

                started = host.Time.GetTimestamp();
            }
            else if (host.Time.GetElapsedTime(started) > Patience)
            {
                throw new QueueUnavailableException(
                    $"Project '{queue.Project.Name}' is served by {Server(opened, overview)}, which runs no workers: end it, or start the workers in it.");
            }

            await Task.Delay(LookAgainAfter, host.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes sure that somebody will end an unfinished job, before anything waits for it.</summary>
    /// <exception cref="CommandFailedException">No worker is up.</exception>
    public static async Task RequireWorkersAsync(JobQueueManager queue, JobView job, CancellationToken cancellationToken)
    {
        if (job.IsFinished || (await queue.OverviewAsync(cancellationToken).ConfigureAwait(false)).CanRun(job.Id))
        {
            return;
        }

        throw new CommandFailedException(
            $"Job {job.Id} is {Rendering.JobText.Word(job.Status)}, and no worker is running that would end it, so waiting would be in vain: "
            + "start one in another terminal with flowerpower queue worker start.");
    }
}
