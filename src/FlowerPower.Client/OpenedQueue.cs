using FlowerPower.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>A manager's hold on its backend: opened with the first call, let go of when the node behind it has gone, opened again with the next call.</summary>
internal sealed class OpenedQueue(FlowerPowerProject project, QueueAdapter adapter, QueueOptions options, string socketPath) : IAsyncDisposable
{
    private const int MaxHandOvers = 20;

    private readonly SemaphoreSlim opening = new(1, 1);
    private IJobQueue? queue;
    private bool disposed;

    /// <summary>Was there a backend, whose node has gone away since?</summary>
    public bool HasGone => Volatile.Read(ref queue) is { } open && IsGone(open);

    /// <summary>Has the node behind it gone away?</summary>
    public static bool IsGone(IJobQueue queue) => queue is LocalJobQueue { IsGone: true };

    /// <summary>What is open; else it is opened now, in this process if nobody serves the project.</summary>
    public async Task<IJobQueue> OpenAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref queue) is { } open && !IsGone(open)
            ? open
            : (await FillAsync(async token => await adapter.OpenAsync(project, options, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false))!;

    /// <summary>What is open already, or the node that serves the project now; never a node of this process's own.</summary>
    /// <returns><see langword="null"/>: nobody serves it.</returns>
    public Task<IJobQueue?> JoinAsync(CancellationToken cancellationToken) =>
        FillAsync(async token => await LocalJobQueue.TryConnectAsync(socketPath, token).ConfigureAwait(false), cancellationToken);

    /// <summary>Asks the backend; if the node goes away over it, asks again whoever serves the project then. Every request may be repeated.</summary>
    public async Task<T> AskAsync<T>(Func<IJobQueue, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await ask(opened).ConfigureAwait(false);
            }
            catch (QueueUnavailableException) when (IsGone(opened) && tries < MaxHandOvers)
            {
                // Commands that serve the project for a moment come and go one after the other.
            }
        }
    }

    /// <summary>Lets go of it for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await opening.WaitAsync().ConfigureAwait(false);
        try
        {
            disposed = true;
            if (queue is not null)
            {
                await queue.DisposeAsync().ConfigureAwait(false);
                queue = null;
            }
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task<IJobQueue?> FillAsync(Func<CancellationToken, Task<IJobQueue?>> open, CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, typeof(JobQueueManager));
            if (queue is not null && IsGone(queue))
            {
                var gone = queue;
                queue = null;
                await gone.DisposeAsync().ConfigureAwait(false);
            }

            return queue ??= await open(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            opening.Release();
        }
    }
}
