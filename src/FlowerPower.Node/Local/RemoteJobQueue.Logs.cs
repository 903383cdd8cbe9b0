using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>What jobs wrote, and write.</summary>
public abstract partial class RemoteJobQueue
{
    private const int MaxHeldLines = 2_000; // of a slow reader: the connection is everybody's, and is not held up for one

    /// <inheritdoc/>
    public async IAsyncEnumerable<JobLogLine> LogsAsync(
        JobId id, bool follow = false, JobLogPlace? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref lastNumber);
        var answers = Open(number, Channel.CreateBounded<LocalResponse>(new BoundedChannelOptions(MaxHeldLines) { FullMode = BoundedChannelFullMode.DropOldest }));
        var place = after ?? default;
        try
        {
            await SendAsync(new LocalRequest.Logs(number, id, follow, after), cancellationToken).ConfigureAwait(false);
            while (await NextAsync(answers, cancellationToken).ConfigureAwait(false) is LocalResponse.Line { Item: var line })
            {
                yield return line with { DroppedBefore = place.MissingBefore(line) };
                place = JobLogPlace.Of(line);
            }
        }
        finally
        {
            await CloseAsync(number).ConfigureAwait(false);
        }
    }
}
