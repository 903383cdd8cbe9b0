namespace FlowerPower.Actors.Transport;

/// <summary>The peers of this process, and which incarnations may not come any more.</summary>
internal sealed class PeerTable(PeerIdentity self)
{
    /// <summary>Nodes whose newest incarnation is remembered.</summary>
    internal const int MaxRemembered = 4096;

    private readonly Lock gate = new();
    private readonly List<RemotePeer> peers = [];
    private readonly Dictionary<string, long> oldestWelcome = new(StringComparer.Ordinal);
    private readonly Queue<string> remembered = new();
    private bool isClosed;

    public RemotePeer[] All
    {
        get
        {
            lock (gate)
            {
                return [.. peers];
            }
        }
    }

    /// <summary>Why a proved identity may not come in, or <see langword="null"/>.</summary>
    public (HandshakeRefusal Reason, string Detail)? Admit(PeerIdentity other)
    {
        if (other.NodeId == self.NodeId)
        {
            return (HandshakeRefusal.SameNode, $"{self} and {other} have the same node id");
        }

        lock (gate)
        {
            if (isClosed)
            {
                return (HandshakeRefusal.Stopping, $"{self} is about to stop");
            }

            return oldestWelcome.TryGetValue(other.NodeId, out var oldest) && other.Incarnation < oldest
                ? (HandshakeRefusal.StaleIncarnation, FormattableString.Invariant($"{other} is a former incarnation: {oldest} is the oldest that {self} accepts"))
                : null;
        }
    }

    /// <summary>Adds a peer.</summary>
    /// <param name="replaced">The peers that it takes the place of; they are to be ended first.</param>
    /// <returns><see langword="false"/> if a newer incarnation came while it was shaking hands, or this process stops.</returns>
    public bool TryAdd(RemotePeer peer, out (RemotePeer Peer, PeerLossReason Reason)[] replaced)
    {
        var id = peer.Identity;
        replaced = [];
        lock (gate)
        {
            if (isClosed || Admit(id) is not null)
            {
                return false;
            }

            if (!id.IsClient)
            {
                Remember(id.NodeId, id.Incarnation);
            }

            replaced =
            [
                .. peers.Where(p => p.Identity.NodeId == id.NodeId && p.Identity.Incarnation < id.Incarnation).Select(p => (p, PeerLossReason.Superseded)),
                .. peers.Where(p => p.Identity == id && p.WasDialled == peer.WasDialled).Select(p => (p, PeerLossReason.Replaced)),
            ];
            peers.Add(peer);
            return true;
        }
    }

    public void Remove(RemotePeer peer)
    {
        lock (gate)
        {
            peers.Remove(peer);
        }
    }

    /// <summary>Lets an incarnation, and those before it, in no more.</summary>
    /// <returns>Those that are in.</returns>
    public RemotePeer[] Retire(string nodeId, long incarnation)
    {
        lock (gate)
        {
            Remember(nodeId, incarnation + 1);
            return [.. peers.Where(p => p.Identity.NodeId == nodeId && p.Identity.Incarnation <= incarnation)];
        }
    }

    /// <summary>Lets nobody in any more.</summary>
    public RemotePeer[] Close()
    {
        lock (gate)
        {
            isClosed = true;
            return [.. peers];
        }
    }

    private void Remember(string nodeId, long incarnation)
    {
        if (oldestWelcome.TryGetValue(nodeId, out var known))
        {
            oldestWelcome[nodeId] = Math.Max(known, incarnation);
            return;
        }

        oldestWelcome[nodeId] = incarnation;
        remembered.Enqueue(nodeId);
        if (remembered.Count > MaxRemembered)
        {
            oldestWelcome.Remove(remembered.Dequeue()); // membership's own table refuses it still
        }
    }
}
