using System.Runtime.CompilerServices;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>How a process that is no node reaches a cluster. No record: a record would print its secret.</summary>
public sealed class ClusterClientOptions
{
    /// <summary>Nodes to ask first; any of them will do. At least one.</summary>
    public required IReadOnlyList<PeerAddress> Nodes { get; init; }

    /// <summary>The cluster's name: what its Redis address says after <c>?name=</c>.</summary>
    public string Name { get; init; } = RedisAddress.DefaultName;

    /// <summary>The cluster's shared secret; <see langword="null"/> if it has none.</summary>
    public string? Secret { get; init; }

    /// <summary>TLS, if the cluster's nodes use it: whom to trust; <see langword="null"/> if they do not.</summary>
    public PeerTlsOptions? Tls { get; init; }

    /// <summary>How long to look for a node that answers; more than zero.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where ids come from.</summary>
    public NodeChance Chance { get; init; } = NodeChance.Secure;
}

/// <summary>
/// A cluster's jobs from outside: it connects to any node, learns from it who is there and who has which shard, and asks that one directly; when
/// shards move or nodes die, it learns anew and asks again with the same ids.
/// </summary>
public sealed class ClusterClient : IJobQueue
{
    private readonly ClientNodes nodes;
    private readonly ClusterJobQueue queue;
    private readonly PeerTransport transport;

    private ClusterClient(ClusterClientOptions options, PeerTransport transport, ClientNodes nodes)
    {
        this.transport = transport;
        this.nodes = nodes;
        queue = new ClusterJobQueue(nodes, options.Chance, options.Time);
    }

    /// <summary>Connect to the first node that answers.</summary>
    /// <exception cref="QueueUnavailableException">None does, or the cluster refuses; the message says why, node by node.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static async Task<ClusterClient> ConnectAsync(ClusterClientOptions options, CancellationToken cancellationToken = default)
    {
        if (options.Nodes.Count == 0)
        {
            throw new ArgumentException("Name at least one node of the cluster, as host:port.", nameof(options));
        }

        var nodes = new ClientNodes(options);
        var transport = await PeerTransport.StartAsync(
            new PeerTransportOptions
            {
                ClusterId = options.Name,
                NodeId = $"client-{options.Chance.NextGuid():N}",
                Incarnation = 0,
                Types = ClusterWire.Types,
                Secret = options.Secret,
                Tls = options.Tls,
                Time = options.Time,
            },
            nodes,
            cancellationToken).ConfigureAwait(false);
        nodes.Begin(transport);
        try
        {
            await nodes.LearnAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new ClusterClient(options, transport, nodes);
    }

    /// <summary>Who is there and who has what, as a node knows it now.</summary>
    /// <exception cref="QueueUnavailableException">No node answers.</exception>
    public async Task<ClusterPicture> LookAsync(CancellationToken cancellationToken = default) =>
        ClusterPicture.Of(await nodes.LearnAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Asks one node to leave in order; returns when it has said that it will.</summary>
    /// <exception cref="QueueUnavailableException">The node cannot be reached, or refuses.</exception>
    public async Task AskToLeaveAsync(Member member, CancellationToken cancellationToken = default) =>
        await (await nodes.ReachAsync(member.Info, cancellationToken).ConfigureAwait(false)).StopNodeAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Has a node declared dead, for ever, by any other node: its shards go to others and its jobs run again, at once. One that lives after all
    /// stops serving at its next renewal.
    /// </summary>
    /// <returns>Whether this call did it: <see langword="false"/> if it is dead already.</returns>
    /// <exception cref="QueueUnavailableException">No other node answers, or the table of members does not.</exception>
    public Task<bool> DeclareDeadAsync(Member member, CancellationToken cancellationToken = default) =>
        nodes.DeclareDeadAsync(member.Info, cancellationToken);

    /// <summary>Lets a parked shard be taken up again by whoever it belongs to.</summary>
    /// <param name="shard">From 0.</param>
    /// <returns>Whether it was parked.</returns>
    /// <exception cref="QueueUnavailableException">No node answers, or the table of members does not.</exception>
    public async Task<bool> UnparkAsync(int shard, CancellationToken cancellationToken = default) =>
        (await nodes.AskAnyAsync<ShardUnparked>(nodes.Living, new UnparkShard(shard), $"unpark shard {shard}", cancellationToken).ConfigureAwait(false)).WasParked;

    /// <inheritdoc/>
    public Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default) =>
        queue.EnqueueAsync(requests, cancellationToken);

    /// <inheritdoc/>
    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default) => queue.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        await nodes.OnAnyAsync(any => any.ListAsync(filter, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default) => queue.WaitAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobView> WatchAsync(JobId id, CancellationToken cancellationToken = default) => queue.WatchAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobLogLine> LogsAsync(
        JobId id, bool follow = false, JobLogPlace? after = null, CancellationToken cancellationToken = default) =>
        queue.LogsAsync(id, follow, after, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // Any node gathers what all have to tell; when it goes away, another one does.
            var any = await nodes.OnAnyAsync(Task.FromResult, cancellationToken).ConfigureAwait(false);
            var changes = any.WatchQueueAsync(filter, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (changes.ConfigureAwait(false))
            {
                while (await HasNextAsync(changes, any).ConfigureAwait(false))
                {
                    yield return changes.Current;
                }
            }
        }

        static async ValueTask<bool> HasNextAsync(IAsyncEnumerator<JobChange> changes, IJobQueue any)
        {
            try
            {
                return await changes.MoveNextAsync().ConfigureAwait(false);
            }
            catch (QueueUnavailableException) when (any is PeerJobQueue { IsGone: true })
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
        queue.CancelAsync(id, by, reason, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> RetryAsync(
        JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default) =>
        queue.RetryAsync(id, by, request, fresh, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default) =>
        queue.KeepAsync(id, length, by, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default) => queue.DeleteAsync(id, by, cancellationToken);

    /// <inheritdoc/>
    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default) =>
        await nodes.OnAnyAsync(any => any.OverviewAsync(cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default) =>
        await nodes.OnAnyAsync(any => any.ChangeQueueAsync(queue, change, by, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default) =>
        await nodes.OnAnyAsync(any => any.QueuesAsync(cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await transport.DisposeAsync().ConfigureAwait(false);
}
