using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Local;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>
/// Where a wait goes on whose node has gone away: a restart, a stop, a crash. It looks for the next node without becoming one itself, because
/// whoever is about to start would find the project held.
/// </summary>
internal sealed class NodeReturn(FlowerPowerProject project, QueuePlace place, QueueAdapter adapter, QueueOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstLookAfter = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookAtLeastEvery = TimeSpan.FromSeconds(1);

    /// <summary>Where to go on, or how it ended meanwhile.</summary>
    /// <param name="Queue">Who runs the job now; <see langword="null"/>: there is nothing more to wait for.</param>
    /// <param name="Job">Without a queue: the ended job, or <see langword="null"/> if there is none of this id.</param>
    public readonly record struct Found(IJobQueue? Queue, JobView? Job);

    /// <summary>Waits for a node that runs the job.</summary>
    /// <param name="join">The queue that is open, or a connection to the node that serves just now; <see langword="null"/> if none does.</param>
    /// <exception cref="QueueUnavailableException">None has come within <see cref="QueueOptions.NodeReturnTimeout"/>.</exception>
    public async Task<Found> UntilServedAsync(JobId id, Func<CancellationToken, Task<IJobQueue?>> join, CancellationToken cancellationToken)
    {
        options.OnWarning?.Invoke($"The node that served project '{project.Name}' has gone away. Job {id} is stored; waiting for the next node.");
        var alone = time.GetTimestamp();
        var hasLooked = false;
        for (var wait = FirstLookAfter; ; wait = wait * 2 < LookAtLeastEvery ? wait * 2 : LookAtLeastEvery)
        {
            var joined = await join(cancellationToken).ConfigureAwait(false);
            if (joined is not null)
            {
                if (await TryAsync(joined, id, cancellationToken).ConfigureAwait(false) is { } found)
                {
                    return found;
                }
            }
            else if (place.Redis is null && !File.Exists(place.HoldFile))
            {
                throw new QueueUnavailableException($"Job {id} cannot be waited for any more: the project's database {place.HoldFile} is gone.");
            }
            else if (place.ReadHolder() is not null)
            {
                alone = time.GetTimestamp(); // a node that starts, or one that lets running jobs finish before it ends
            }
            else if (!hasLooked)
            {
                hasLooked = true;
                if (await LookAsync(id, cancellationToken).ConfigureAwait(false) is { } ended)
                {
                    return ended;
                }
            }

            if (time.GetElapsedTime(alone) > options.NodeReturnTimeout)
            {
                throw new QueueUnavailableException(
                    $"The node went away while job {id} was waited for, and none has come back to run it within "
                    + $"{options.NodeReturnTimeout.TotalSeconds:0.#} s. The job is stored: start a worker (flowerpower queue worker start{(options.Redis is null ? "" : ", with the same --redis")}), and wait again.");
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<Found?> TryAsync(IJobQueue queue, JobId id, CancellationToken cancellationToken)
    {
        if (queue is not LocalJobQueue)
        {
            return new Found(queue, null); // this process's own; or a backend that knows itself when it is served
        }

        try
        {
            var job = await queue.FindAsync(id, cancellationToken).ConfigureAwait(false);
            return job is not { IsFinished: false } ? new Found(null, job)
                : (await queue.OverviewAsync(cancellationToken).ConfigureAwait(false)).CanRun(id, job.Queue) ? new Found(queue, null)
                : null;
        }
        catch (QueueUnavailableException)
        {
            return null; // gone again
        }
    }

    /// <summary>The node may have ended the job before it ended itself: one look into the store, held for that moment only.</summary>
    private async Task<Found?> LookAsync(JobId id, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await adapter.OpenAsync(project, options with { WorkerSlots = 0 }, cancellationToken).ConfigureAwait(false);
            await using (opened.ConfigureAwait(false))
            {
                var job = await opened.FindAsync(id, cancellationToken).ConfigureAwait(false);
                return job is { IsFinished: false } ? null : new Found(null, job);
            }
        }
        catch (QueueUnavailableException)
        {
            return null; // somebody else opens it just now
        }
    }
}
