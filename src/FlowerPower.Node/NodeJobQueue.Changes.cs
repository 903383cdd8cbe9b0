using System.Runtime.CompilerServices;
using FlowerPower.Jobs;

namespace FlowerPower.Node;

/// <summary>Changes of all jobs of this node.</summary>
internal sealed partial class NodeJobQueue
{
    public async IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = parts.Changes.Read(filter);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, parts.Stopped.Token);
        while (true)
        {
            JobChange change;
            try
            {
                change = await reader.NextAsync(until.Token).ConfigureAwait(parts.IsSimulated);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new QueueUnavailableException("The node whose jobs were watched has stopped. Watch again when a node serves the project.");
            }

            yield return change;
        }
    }
}
