using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>Changes of all jobs of a cluster.</summary>
internal sealed partial class ClusterJobQueue
{
    private static readonly TimeSpan LookForNodes = TimeSpan.FromSeconds(1);

    /// <summary>Each node that serves shards tells of its own jobs; one that comes is asked as soon as it can be reached.</summary>
    public async IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long skipped = 0;
        var merged = Channel.CreateBounded<JobChange>(
            new BoundedChannelOptions(ChangeReader.MaxHeld) { FullMode = BoundedChannelFullMode.DropOldest },
            dropped => Interlocked.Add(ref skipped, 1 + dropped.SkippedBefore));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var gathering = GatherAsync(filter, merged.Writer, ending.Token);
        try
        {
            await foreach (var change in merged.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change with { SkippedBefore = change.SkippedBefore + Interlocked.Exchange(ref skipped, 0) };
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await gathering.ConfigureAwait(false);
        }
    }

    private async Task GatherAsync(JobFilter filter, ChannelWriter<JobChange> merged, CancellationToken cancellationToken)
    {
        var told = new ConcurrentDictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                var change = nodes.Changed; // before the look, so that a change after it is not missed
                foreach (var node in nodes.Living.Where(node => node.Roles.HasFlag(MemberRoles.Queue)).Select(node => node.Incarnation).Where(node => !told.ContainsKey(node)).ToList())
                {
                    if (nodes.QueueOf(node) is { } queue)
                    {
                        told[node] = TellAsync(node, queue);
                    }
                }

                try
                {
                    await change.WaitAsync(LookForNodes, time, cancellationToken).ConfigureAwait(false);
                }
                catch (TimeoutException)
                {
                    // A node may have come within reach, or been lost for a moment.
                }
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(told.Values).ConfigureAwait(false);
            merged.TryComplete();
        }
        catch (Exception error)
        {
            merged.TryComplete(error);
        }

        async Task TellAsync(string node, IJobQueue queue)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // it is noted before it can have ended
            try
            {
                await foreach (var change in queue.WatchQueueAsync(filter, cancellationToken).ConfigureAwait(false))
                {
                    merged.TryWrite(change);
                }
            }
            catch (Exception error) when (error is QueueUnavailableException or OperationCanceledException)
            {
                // It is asked again when it can be reached, unless nobody watches any more.
            }
            finally
            {
                told.TryRemove(node, out _);
            }
        }
    }
}
