using System.Runtime.CompilerServices;
using FlowerPower.Jobs;

namespace FlowerPower.Client;

/// <summary>Reading what jobs write, over the end of the node that is asked: it goes on with the next one, after the last line that was read.</summary>
internal sealed class JobLogReader(OpenedQueue queue, NodeReturn nodes)
{
    /// <summary>The lines that there are now.</summary>
    /// <param name="after"><see langword="null"/>: from the oldest that is kept.</param>
    public Task<List<JobLogLine>> ReadAsync(JobId id, JobLogPlace? after, CancellationToken cancellationToken) => queue.AskAsync(
        async opened =>
        {
            var lines = new List<JobLogLine>();
            await foreach (var line in opened.LogsAsync(id, follow: false, after, cancellationToken).ConfigureAwait(false))
            {
                lines.Add(line);
            }

            return lines;
        },
        cancellationToken);

    /// <summary>The lines that there are now, and others as they come, until the job has ended.</summary>
    public async IAsyncEnumerable<JobLogLine> FollowAsync(JobId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        JobLogPlace? place = null;
        var opened = await queue.OpenAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var lines = opened.LogsAsync(id, follow: true, place, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (lines.ConfigureAwait(false))
            {
                while (await HasNextAsync(lines, opened).ConfigureAwait(false) is { } hasNext)
                {
                    if (!hasNext)
                    {
                        yield break;
                    }

                    place = JobLogPlace.Of(lines.Current);
                    yield return lines.Current;
                }
            }

            if ((await nodes.UntilServedAsync(id, queue.JoinAsync, cancellationToken).ConfigureAwait(false)).Queue is not { } next)
            {
                break; // it ended meanwhile, and what is left to read is stored with it
            }

            opened = next;
        }

        foreach (var line in await ReadAsync(id, place, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    /// <returns><see langword="null"/>: the node has gone away.</returns>
    private static async ValueTask<bool?> HasNextAsync(IAsyncEnumerator<JobLogLine> lines, IJobQueue opened)
    {
        try
        {
            return await lines.MoveNextAsync().ConfigureAwait(false);
        }
        catch (QueueUnavailableException) when (OpenedQueue.IsGone(opened))
        {
            return null;
        }
    }
}
