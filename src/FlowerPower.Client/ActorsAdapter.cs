using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Local;
using FlowerPower.Node.Workers;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Client;

/// <summary>The default backend: the node that serves this project on this machine, or, if none does, one inside this process.</summary>
public sealed class ActorsAdapter : QueueAdapter
{
    /// <summary>Its name.</summary>
    public const string AdapterName = "actors";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public override string Name => AdapterName;

    /// <inheritdoc/>
    /// <remarks>
    /// Whoever holds the project's database also listens on its socket. Between a holder's start and its socket, and between its last
    /// answer and its end, there is a moment with neither: so both are tried, in turn, for some seconds.
    /// </remarks>
    public override async Task<IJobQueue> OpenAsync(
        FlowerPowerProject project, QueueOptions options, CancellationToken cancellationToken = default)
    {
        var place = QueuePlaces.Of(project, options);
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        while (true)
        {
            if (await LocalJobQueue.TryConnectAsync(place.SocketPath, cancellationToken).ConfigureAwait(false)
                is { } running)
            {
                if (options.WorkerSlots == 0)
                {
                    return running;
                }

                // A holder without workers is most often a command that is done in a moment: its turn comes first, then ours.
                if (clock.GetElapsedTime(started) > Patience || await HasWorkersAsync(running, cancellationToken).ConfigureAwait(false))
                {
                    return await RefuseSecondAsync(running, project, options).ConfigureAwait(false);
                }

                await running.DisposeAsync().ConfigureAwait(false);
                await Task.Delay(LookAgainAfter, clock, cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                return await OpenEmbeddedAsync(project, place, options, cancellationToken).ConfigureAwait(false);
            }
            catch (StoreRefusedException refused) when (place.ReadHolder() is not null)
            {
                if (clock.GetElapsedTime(started) > Patience)
                {
                    throw new QueueUnavailableException(refused.Message, refused);
                }
            }

            await Task.Delay(LookAgainAfter, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<IJobQueue> OpenEmbeddedAsync(
        FlowerPowerProject project, QueuePlace place, QueueOptions options, CancellationToken cancellationToken) =>
        new EmbeddedJobQueue(await EmbeddedNode.StartAsync(
            place,
            options.Holder,
            new ProjectJobExecutor(project),
            new EmbeddedOptions
            {
                Node = new NodeOptions
                {
                    Name = Environment.MachineName is { Length: > 0 } machine ? machine : "local",
                    WorkerSlots = options.WorkerSlots,
                    Queues = options.Queues,
                    DrainTimeout = options.DrainTimeout,
                    OnAttemptEnded = options.OnAttemptEnded,
                    OnNotice = notice => (notice.IsRecord ? options.OnDeleted : options.OnWarning)?.Invoke(notice.Text),
                },
            },
            cancellationToken).ConfigureAwait(false));

    private static async Task<bool> HasWorkersAsync(LocalJobQueue running, CancellationToken cancellationToken)
    {
        try
        {
            return (await running.OverviewAsync(cancellationToken).ConfigureAwait(false)).WorkerSlots > 0;
        }
        catch (QueueUnavailableException)
        {
            return false; // it has just ended
        }
    }

    private static async Task<IJobQueue> RefuseSecondAsync(LocalJobQueue running, FlowerPowerProject project, QueueOptions options)
    {
        var process = running.ProcessId;
        var overview = await running.OverviewAsync().ConfigureAwait(false);
        await running.DisposeAsync().ConfigureAwait(false);
        throw new QueueUnavailableException(
            overview.WorkerSlots > 0
                ? $"Project '{project.Name}' has a node already: process {process} runs {overview.WorkerSlots} worker slots. "
                    + $"Stop it first (flowerpower queue worker stop{(options.Redis is null ? "" : ", with the same --redis")}) and start one with more slots (--count)."
                : overview.OwnJobs is { Count: > 0 } own
                    ? $"Project '{project.Name}' is held by process {process} until the jobs that it waits for have ended ({own[0]}"
                        + (own.Count > 1 ? $" and {own.Count - 1} more" : "") + "). Start the workers then, or end it: the jobs are stored."
                    : $"Project '{project.Name}' is held by process {process}, which runs no workers. End it, or start the workers in it.");
    }
}
