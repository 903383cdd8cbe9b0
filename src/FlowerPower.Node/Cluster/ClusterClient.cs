using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Local;
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
    private readonly Nodes nodes;
    private readonly ClusterJobQueue queue;
    private readonly PeerTransport transport;

    private ClusterClient(ClusterClientOptions options, PeerTransport transport, Nodes nodes)
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

        var nodes = new Nodes(options);
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
        await (await nodes.AnyAsync(cancellationToken).ConfigureAwait(false)).ListAsync(filter, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default) => queue.WaitAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobView> WatchAsync(JobId id, CancellationToken cancellationToken = default) => queue.WatchAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
        queue.CancelAsync(id, by, reason, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandReply> RetryAsync(JobId id, string by, RequestId? request = null, CancellationToken cancellationToken = default) =>
        queue.RetryAsync(id, by, request, cancellationToken);

    /// <inheritdoc/>
    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default) =>
        await (await nodes.AnyAsync(cancellationToken).ConfigureAwait(false)).OverviewAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await transport.DisposeAsync().ConfigureAwait(false);

    /// <summary>The cluster as this process knows it.</summary>
    private sealed class Nodes(ClusterClientOptions options) : IClusterNodes, ITransportHandler
    {
        private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(3);
        private static readonly TimeSpan AdminTimeout = TimeSpan.FromSeconds(5);
        private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(200);

        private readonly SemaphoreSlim learning = new(1, 1);
        private readonly Lock gate = new();
        private readonly Dictionary<Peer, PeerJobQueue> queues = [];
        private readonly Dictionary<string, Peer> peers = new(StringComparer.Ordinal);
        private readonly HashSet<string> dialling = new(StringComparer.Ordinal);
        private PeerTransport transport = null!;
        private ClusterMap? map;
        private ShardDirectory? directory;
        private int isRelearning;

        public int ShardCount => Known.Owners.Count;

        public IEnumerable<MemberInfo> Living => Known.Members.Where(m => m.Status != MemberStatus.Dead).Select(m => m.Info);

        public Task Changed => directory!.Changed;

        public IReadOnlyList<ParkedShard> Parked => Known.Parked ?? [];

        private ClusterMap Known => map ?? throw new InvalidOperationException("Nothing was learnt yet.");

        public void Begin(PeerTransport started) => transport = started;

        public string? OwnerOf(int shard) => directory!.OwnerOf(shard);

        /// <summary>A node that is not connected is dialled, for the next time.</summary>
        public IJobQueue? QueueOf(string node)
        {
            lock (gate)
            {
                if (peers.TryGetValue(node, out var peer))
                {
                    return queues[peer];
                }
            }

            if (Living.FirstOrDefault(m => m.Incarnation == node) is { } member && PeerAddress.TryParse(member.Address, out var address))
            {
                _ = DialAsync(node, address);
            }

            return null;
        }

        /// <summary>That node and no other.</summary>
        public async Task<PeerJobQueue> ReachAsync(MemberInfo node, CancellationToken cancellationToken)
        {
            if (Connected().Find(p => p.Identity.NodeId == node.Incarnation) is not { } peer)
            {
                if (!PeerAddress.TryParse(node.Address, out var address))
                {
                    throw new QueueUnavailableException($"The node {node.Name} has no address that could be reached: '{node.Address}'.");
                }

                try
                {
                    peer = await transport.DialAsync(address, node.Incarnation, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception error) when (error is PeerUnreachableException or HandshakeRefusedException)
                {
                    throw new QueueUnavailableException($"The node {node.Name} at {address} cannot be reached: {error.Message}", error);
                }
            }

            lock (gate)
            {
                return queues.GetValueOrDefault(peer) ?? throw new QueueUnavailableException($"The node {node.Name} has gone; look again.");
            }
        }

        public async Task<bool> DeclareDeadAsync(MemberInfo victim, CancellationToken cancellationToken)
        {
            var others = Living.Where(node => node.Incarnation != victim.Incarnation).ToList();
            if (others.Count == 0)
            {
                throw new QueueUnavailableException(
                    $"The node {victim.Name} is the only one of the cluster, so nobody could declare it dead: stop it with flowerpower cluster leave, or end its process.");
            }

            return (await AskAnyAsync<MemberDeclared>(others, new DeclareDead(victim.Incarnation), $"declare {victim.Name} dead", cancellationToken).ConfigureAwait(false)).DidIt;
        }

        /// <summary>Asks one node after the other until one answers, those that are connected first.</summary>
        /// <param name="what">What could not be done if none does.</param>
        public async Task<T> AskAnyAsync<T>(IEnumerable<MemberInfo> any, object message, string what, CancellationToken cancellationToken)
            where T : class
        {
            var failures = new List<string>();
            var connected = Connected().Select(peer => peer.Identity.NodeId).ToHashSet();
            foreach (var node in any.OrderBy(node => connected.Contains(node.Incarnation) ? 0 : 1).ToList())
            {
                try
                {
                    await ReachAsync(node, cancellationToken).ConfigureAwait(false);
                    var peer = Connected().Find(p => p.Identity.NodeId == node.Incarnation) ?? throw new IOException("its connection broke");
                    return await peer.Ask<T>(message, AdminTimeout, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception error) when (
                    error is QueueUnavailableException or IOException or TimeoutException or RemoteFailureException or MessageNotSentException)
                {
                    failures.Add($"{node.Name} at {node.Address}: {error.Message}");
                }
            }

            throw new QueueUnavailableException($"No node could {what}: {string.Join("; ", failures)}");
        }

        public void Doubt(int shard, string node)
        {
            directory!.Doubt(shard, node);
            _ = RelearnAsync();
        }

        public async Task<IJobQueue> AnyAsync(CancellationToken cancellationToken)
        {
            lock (gate)
            {
                if (queues.Count > 0)
                {
                    return queues.Values.First();
                }
            }

            await LearnAsync(cancellationToken).ConfigureAwait(false);
            lock (gate)
            {
                return queues.Values.FirstOrDefault() ?? throw new QueueUnavailableException("The node that answered has gone again; ask once more.");
            }
        }

        /// <summary>Ask whoever is connected, else whoever can be reached.</summary>
        public async Task<ClusterMap> LearnAsync(CancellationToken cancellationToken)
        {
            await learning.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var started = options.Time.GetTimestamp();
                var failures = new Dictionary<string, string>();
                while (true)
                {
                    foreach (var peer in Connected())
                    {
                        if (await TryAskAsync(peer, failures, cancellationToken).ConfigureAwait(false) is { } learnt)
                        {
                            return learnt;
                        }
                    }

                    foreach (var address in Addresses())
                    {
                        try
                        {
                            var peer = await transport.DialAsync(address, null, cancellationToken).ConfigureAwait(false);
                            if (await TryAskAsync(peer, failures, cancellationToken).ConfigureAwait(false) is { } learnt)
                            {
                                return learnt;
                            }
                        }
                        catch (Exception error) when (error is PeerUnreachableException or HandshakeRefusedException)
                        {
                            failures[address.ToString()] = error.Message;
                            if (error is HandshakeRefusedException { NeedsConfiguration: true } && options.Nodes.Count == 1)
                            {
                                throw new QueueUnavailableException(error.Message, error);
                            }
                        }
                    }

                    if (options.Time.GetElapsedTime(started) > options.ConnectTimeout)
                    {
                        throw new QueueUnavailableException(
                            $"No node of the cluster '{options.Name}' answers: {string.Join("; ", failures.Select(f => $"{f.Key}: {f.Value}"))}");
                    }

                    await Task.Delay(BetweenTries, options.Time, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                learning.Release();
            }
        }

        public void PeerUp(Peer peer)
        {
            lock (gate)
            {
                peers[peer.Identity.NodeId] = peer;
                queues[peer] = new PeerJobQueue(peer);
            }
        }

        public void PeerLost(Peer peer, PeerLoss loss)
        {
            PeerJobQueue? lost;
            lock (gate)
            {
                queues.Remove(peer, out lost);
                if (peers.GetValueOrDefault(peer.Identity.NodeId) == peer)
                {
                    peers.Remove(peer.Identity.NodeId);
                }
            }

            lost?.Lose();
            if (map is not null)
            {
                _ = RelearnAsync();
            }
        }

        public ValueTask ReceiveAsync(Inbound message)
        {
            if (message.Message is LocalResponse answer)
            {
                PeerJobQueue? queue;
                lock (gate)
                {
                    queue = queues.GetValueOrDefault(message.From);
                }

                queue?.Take(message.From, answer);
            }
            else if (message.Message is ClusterMap pushed && pushed.Version >= map?.Version)
            {
                Keep(pushed);
            }

            return ValueTask.CompletedTask;
        }

        private List<Peer> Connected()
        {
            lock (gate)
            {
                return [.. peers.Values];
            }
        }

        private IEnumerable<PeerAddress> Addresses() => (map?.Members ?? [])
            .Where(m => m.Status != MemberStatus.Dead)
            .Select(m => PeerAddress.TryParse(m.Info.Address, out var address) ? address : default)
            .Where(address => address != default)
            .Concat(options.Nodes)
            .Distinct();

        private async Task<ClusterMap?> TryAskAsync(Peer peer, Dictionary<string, string> failures, CancellationToken cancellationToken)
        {
            try
            {
                var learnt = await peer.Ask<ClusterMap>(new AskClusterMap(), AskTimeout, cancellationToken).ConfigureAwait(false);
                Keep(learnt);
                return learnt;
            }
            catch (Exception error) when (error is IOException or TimeoutException or RemoteFailureException or MessageNotSentException)
            {
                failures[peer.Identity.Address?.ToString() ?? peer.Identity.ToString()] = error.Message;
                return null;
            }
        }

        private void Keep(ClusterMap learnt)
        {
            lock (gate)
            {
                map = learnt;
                directory ??= new ShardDirectory(learnt.Owners.Count);
                directory.Apply(learnt.Members);
                directory.Serves(learnt.Owners);
            }
        }

        /// <summary>Many may find at once that the map is old: one of them asks.</summary>
        private async Task RelearnAsync()
        {
            if (Interlocked.Exchange(ref isRelearning, 1) != 0)
            {
                return;
            }

            try
            {
                await LearnAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception error) when (error is QueueUnavailableException or ObjectDisposedException or OperationCanceledException)
            {
                // Whoever asks next hears it.
            }
            finally
            {
                Volatile.Write(ref isRelearning, 0);
            }
        }

        private async Task DialAsync(string node, PeerAddress address)
        {
            lock (gate)
            {
                if (!dialling.Add(node))
                {
                    return;
                }
            }

            try
            {
                await transport.DialAsync(address, node, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception error) when (error is PeerUnreachableException or HandshakeRefusedException or ObjectDisposedException)
            {
                await RelearnAsync().ConfigureAwait(false);
            }
            finally
            {
                lock (gate)
                {
                    dialling.Remove(node);
                }
            }
        }
    }
}
