using System.Runtime.CompilerServices;
using FlowerPower.Jobs;

namespace FlowerPower.Client;

/// <summary>Waiting for jobs, over the end of the node that is asked: it goes on with the next one.</summary>
internal sealed class JobWaits(OpenedQueue queue, NodeReturn nodes)
{
    /// <summary>The job once it has ended; <see langword="null"/> if there is none of this id.</summary>
    public async Task<JobView?> UntilEndAsync(JobId id, CancellationToken cancellationToken)
    {
        var found = await BeginAsync(id, cancellationToken).ConfigureAwait(false);
        while (found.Queue is { } opened)
        {
            try
            {
                return await opened.WaitAsync(id, cancellationToken).ConfigureAwait(false);
            }
            catch (QueueUnavailableException) when (OpenedQueue.IsGone(opened))
            {
                found = await nodes.UntilServedAsync(id, queue.JoinAsync, cancellationToken).ConfigureAwait(false);
            }
        }

        return found.Job;
    }

    /// <summary>The job now and at each change, until its end; after a change of the node it may show the same again.</summary>
    public async IAsyncEnumerable<JobView> WatchAsync(JobId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = await BeginAsync(id, cancellationToken).ConfigureAwait(false);
        while (found.Queue is { } opened)
        {
            var views = opened.WatchAsync(id, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (views.ConfigureAwait(false))
            {
                while (await HasNextAsync(views, opened).ConfigureAwait(false) is { } hasNext)
                {
                    if (!hasNext)
                    {
                        yield break;
                    }

                    yield return views.Current;
                }
            }

            found = await nodes.UntilServedAsync(id, queue.JoinAsync, cancellationToken).ConfigureAwait(false);
        }

        if (found.Job is not null)
        {
            yield return found.Job;
        }
    }

    /// <summary>A node that has just gone away is not replaced by one in this process, which would run nothing and hold the project.</summary>
    private async Task<NodeReturn.Found> BeginAsync(JobId id, CancellationToken cancellationToken) => queue.HasGone
        ? await nodes.UntilServedAsync(id, queue.JoinAsync, cancellationToken).ConfigureAwait(false)
        : new NodeReturn.Found(await queue.OpenAsync(cancellationToken).ConfigureAwait(false), null);

    /// <returns><see langword="null"/>: the node has gone away.</returns>
    private static async ValueTask<bool?> HasNextAsync(IAsyncEnumerator<JobView> views, IJobQueue opened)
    {
        try
        {
            return await views.MoveNextAsync().ConfigureAwait(false);
        }
        catch (QueueUnavailableException) when (OpenedQueue.IsGone(opened))
        {
            return null;
        }
    }
}
