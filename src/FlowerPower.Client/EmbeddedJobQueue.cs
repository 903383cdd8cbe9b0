using FlowerPower.Jobs;
using FlowerPower.Node;

namespace FlowerPower.Client;

/// <summary>A queue whose node lives in this process and ends with it.</summary>
public sealed class EmbeddedJobQueue(EmbeddedNode node) : IJobQueue
{
    /// <summary>The node.</summary>
    public EmbeddedNode Node => node;

    /// <summary>Runs a job here, and those that it waits for, even if the node has no worker slots: <see cref="EmbeddedNode.RunHere"/>.</summary>
    public async Task RunHereAsync(JobId id, CancellationToken cancellationToken = default)
    {
        var asked = new HashSet<JobId>();
        for (var left = new Stack<JobId>([id]); left.TryPop(out var next);)
        {
            if (!asked.Add(next))
            {
                continue;
            }

            node.RunHere(next);
            foreach (var parent in (await FindAsync(next, cancellationToken).ConfigureAwait(false))?.WaitsFor ?? [])
            {
                left.Push(parent);
            }
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(
        IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default) =>
        node.Queue.EnqueueAsync(requests, cancellationToken);

    /// <inheritdoc/>
    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default) => node.Queue.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        node.Queue.ListAsync(filter, cancellationToken);

    /// <inheritdoc/>
    public Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default) => node.Queue.WaitAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobView> WatchAsync(JobId id, CancellationToken cancellationToken = default) =>
        node.Queue.WatchAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobLogLine> LogsAsync(
        JobId id, bool follow = false, JobLogPlace? after = null, CancellationToken cancellationToken = default) =>
        node.Queue.LogsAsync(id, follow, after, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        node.Queue.WatchQueueAsync(filter, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
        node.Queue.CancelAsync(id, by, reason, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> RetryAsync(
        JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default) =>
        node.Queue.RetryAsync(id, by, request, fresh, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default) =>
        node.Queue.KeepAsync(id, length, by, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default) =>
        node.Queue.DeleteAsync(id, by, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default) => node.Queue.OverviewAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default) =>
        node.Queue.ChangeQueueAsync(queue, change, by, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default) => node.Queue.QueuesAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => node.DisposeAsync();
}
