using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>The cluster as a client knows it: which nodes there are, the connections to them, and the map that they tell.</summary>
internal sealed class ClientNodes(ClusterClientOptions options) : IClusterNodes, ITransportHandler
{
    private const int MostAsked = 3;

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

    /// <summary>None while no node is connected: what was parked then may be served by now.</summary>
    public IReadOnlyList<ParkedShard> Parked
    {
        get
        {
            lock (gate)
            {
                return peers.Count == 0 ? [] : Known.Parked ?? [];
            }
        }
    }

    private ClusterMap Known => map ?? throw new InvalidOperationException("Nothing was learnt yet.");

    public void Begin(PeerTransport started) => transport = started;

    public string? OwnerOf(int shard) => directory!.OwnerOf(shard);

    public string? ServedBy(int shard) => directory!.ServedBy(shard);

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

    /// <summary>Asks one node, whichever; another one if it goes away over it.</summary>
    public async Task<T> OnAnyAsync<T>(Func<IJobQueue, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var any = await AnyAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await ask(any).ConfigureAwait(false);
            }
            catch (QueueUnavailableException) when (tries < MostAsked && any is PeerJobQueue { IsGone: true })
            {
                // Its connection broke in the middle: what it would have gathered, the next one can.
            }
        }
    }

    private async Task<IJobQueue> AnyAsync(CancellationToken cancellationToken)
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

    /// <summary>A request that cannot be sent as it is has no answer but this one.</summary>
    public void Dropped(DroppedMessage message)
    {
        if (UnsentAnswers.Of(message) is { } answer && message.Peer is { } identity)
        {
            PeerJobQueue? queue;
            lock (gate)
            {
                queue = peers.TryGetValue(identity.NodeId, out var peer) ? queues.GetValueOrDefault(peer) : null;
            }

            queue?.Refuse(answer);
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
        else if (message.Message is ClusterMap pushed && map is not null)
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

    /// <summary>A node that is behind may tell what was; nothing that was known already is forgotten for that.</summary>
    private void Keep(ClusterMap learnt)
    {
        lock (gate)
        {
            if (learnt.Version < map?.Version)
            {
                return;
            }

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
