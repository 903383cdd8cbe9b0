using FlowerPower.Cli.Commands;
using FlowerPower.Cli.Parsing;
using FlowerPower.Client;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Local;

namespace FlowerPower.Cli.Running;

/// <summary>Who serves the project's jobs just now.</summary>
internal static class QueueState
{
    /// <summary>Is it another process, rather than a node that this command opened for itself?</summary>
    public static bool IsServedElsewhere(IJobQueue queue) => queue is not EmbeddedJobQueue;

    /// <summary>The process that serves it, for people: <c>node local-1a (process 123)</c>.</summary>
    public static string Server(IJobQueue queue, QueueOverview overview) => queue switch
    {
        LocalJobQueue local => $"node {overview.Node} (process {local.ProcessId})",
        ClusterClient => "the cluster",
        _ => $"node {overview.Node}",
    };

    /// <summary>
    /// Makes sure that somebody runs the job: the workers of the process that serves the project, else this process, which then runs it and
    /// no other. A holder without workers is most often a command that is done in a moment; its end is waited for, and so is that of a
    /// process that only runs its own jobs, however long it takes.
    /// </summary>
    /// <returns>The queue that runs it.</returns>
    /// <exception cref="CommandFailedException">Workers are up, but none of them serves the job's queue.</exception>
    /// <exception cref="QueueUnavailableException">The process that serves the project runs no workers, and stays.</exception>
    public static async Task<IJobQueue> EnsureRunsAsync(
        CommandContext context, JobQueueManager queue, JobView job, CancellationToken cancellationToken)
    {
        var (host, output, next) = (context.Host, context.Output, context.Next);
        var started = host.Time.GetTimestamp();
        var waitsFor = 0;
        while (true)
        {
            var overview = await queue.OverviewAsync(cancellationToken).ConfigureAwait(false);
            var opened = await queue.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (opened is EmbeddedJobQueue mine)
            {
                await mine.RunHereAsync(job.Id, cancellationToken).ConfigureAwait(false);
                _ = mine.Node.StopRequested.ContinueWith(_ => host.Interrupts.Raise(), TaskScheduler.Default);
                return opened;
            }

            if (overview.CanRun(job.Id, job.Queue))
            {
                return opened;
            }

            if (overview.WorkerSlots > 0 || opened is ClusterClient)
            {
                RequireWorkers(next, opened, overview, job);
                return opened; // it has ended already
            }

            if (overview.OwnJobs is { Count: > 0 } && opened is LocalJobQueue other)
            {
                if (waitsFor != other.ProcessId)
                {
                    waitsFor = other.ProcessId;
                    output.Note($"process {waitsFor} holds the project until its own jobs have ended: waiting for that ({next.Queue("worker start")} "
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

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>That workers are up, but not for this queue; not yet a sentence.</summary>
    public static string NobodyServes(IJobQueue opened, QueueOverview overview, string queue) =>
        $"no worker serves queue '{queue}' ({Server(opened, overview)} serves only {string.Join(", ", overview.Queues ?? [])})";

    /// <summary>What to type, one after the other, so that this queue is served beside those that are.</summary>
    public static (string First, string Then) HowToServe(NextCommands next, QueueOverview overview, string queue) =>
        (next.Queue("worker stop"), next.Queue($"worker start --queues {string.Join(',', (overview.Queues ?? []).Append(queue))}"));

    /// <summary>What to type so that somebody serves this queue of the project's, or of the cluster.</summary>
    public static string HowToServeAlso(NextCommands next, IJobQueue opened, QueueOverview overview, string queue)
    {
        if (opened is ClusterClient)
        {
            return $"flowerpower node start --roles worker --queues {queue}";
        }

        var (stop, start) = HowToServe(next, overview, queue);
        return overview.WorkerSlots == 0 ? next.Queue("worker start") : $"{stop} and {start}";
    }

    /// <summary>Makes sure that somebody will end an unfinished job, before anything waits for it.</summary>
    /// <exception cref="CommandFailedException">No worker is up, or none for the job's queue.</exception>
    public static async Task RequireWorkersAsync(NextCommands next, JobQueueManager queue, JobView job, CancellationToken cancellationToken)
    {
        if (!job.IsFinished)
        {
            var overview = await queue.OverviewAsync(cancellationToken).ConfigureAwait(false);
            RequireWorkers(next, await queue.OpenAsync(cancellationToken).ConfigureAwait(false), overview, job);
        }
    }

    /// <inheritdoc cref="RequireWorkersAsync"/>
    public static void RequireWorkers(NextCommands next, IJobQueue opened, QueueOverview overview, JobView job)
    {
        if (job.IsFinished || overview.CanRun(job.Id, job.Queue))
        {
            return;
        }

        var (stop, start) = HowToServe(next, overview, job.Queue);
        var (why, remedy) = opened is ClusterClient
            ? (overview.WorkerSlots == 0 ? "no node of the cluster runs jobs" : NobodyServes(opened, overview, job.Queue),
                $"start a node that does ({HowToServeAlso(next, opened, overview, job.Queue)})")
            : overview.WorkerSlots == 0
            ? ("no worker is running that would end it", $"start one in another terminal with {next.Queue("worker start")}")
            : (NobodyServes(opened, overview, job.Queue), $"{stop}, in another terminal {start}");
        throw new CommandFailedException(
            $"Job {job.Id} is {Rendering.JobText.Word(job.Status)}, and {why}, so waiting would be in vain: {remedy}, then {next.Queue($"result {job.Id} --wait")}.");
    }
}
