using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>Changes of all jobs of a queue.</summary>
public abstract partial class RemoteJobQueue
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref lastNumber);
        long skipped = 0;
        var answers = Open(number, Channel.CreateBounded<LocalResponse>(
            new BoundedChannelOptions(ChangeReader.MaxHeld) { FullMode = BoundedChannelFullMode.DropOldest },
            dropped => Interlocked.Add(ref skipped, 1 + ((dropped as LocalResponse.JobChanged)?.Item.SkippedBefore ?? 0))));
        try
        {
            await SendAsync(new LocalRequest.WatchQueue(number, filter), cancellationToken).ConfigureAwait(false);
            while (await NextAsync(answers, cancellationToken).ConfigureAwait(false) is LocalResponse.JobChanged { Item: var change })
            {
                yield return change with { SkippedBefore = change.SkippedBefore + Interlocked.Exchange(ref skipped, 0) };
            }
        }
        finally
        {
            await CloseAsync(number).ConfigureAwait(false);
        }
    }
}
