using FlowerPower.Actors;
using FlowerPower.Actors.Transport;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>Another incarnation of the cluster: its row, its actors' refs, and its connection while there is one.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private volatile Peer? connection;
    private PeerLink? link;

    public NodePeer(ActorSystem system, MemberInfo info)
    {
        Info = info;
        Worker = RefTo(system, "worker");
        Broker = RefTo(system, "broker");
    }

    /// <summary>What it says of itself; of one that came before its row was seen, as much as it said at the door.</summary>
    public MemberInfo Info { get; set; }

    public string Incarnation => Info.Incarnation;

    public bool HasQueues => Info.Roles.HasFlag(MemberRoles.Queue);

    public bool HasWorkers => Info.Roles.HasFlag(MemberRoles.Worker);

    /// <summary>Its worker.</summary>
    public RemoteRef Worker { get; }

    /// <summary>Its broker.</summary>
    public RemoteRef Broker { get; }

    /// <summary>Its queue over the present connection; <see langword="null"/> while there is none.</summary>
    public PeerJobQueue? Queue { get; private set; }

    /// <summary>Counts its connections up and down, so that what was begun for one knows whether it is still meant.</summary>
    public int Times { get; private set; }

    public bool IsConnected => connection is not null;

    /// <summary>Dial it from now on, whenever it is not connected.</summary>
    public void Dial(Func<PeerLink> begin) => link ??= begin();

    public void Connect(Peer peer)
    {
        Times++;
        Queue?.Lose();
        Queue = new PeerJobQueue(peer);
        connection = peer;
    }

    /// <returns><see langword="false"/>: another connection has come in its place.</returns>
    public bool Disconnect(Peer peer)
    {
        if (connection != peer)
        {
            return false;
        }

        Times++;
        connection = null;
        Queue?.Lose();
        Queue = null;
        return true;
    }

    /// <returns><see langword="false"/>: it is not connected, or takes no more.</returns>
    public bool Tell(object message) => connection?.Tell(message) ?? false;

    /// <exception cref="ShardElsewhereException">It is not connected.</exception>
    public Task<T> Ask<T>(object message, TimeSpan timeout, CancellationToken cancellationToken) =>
        connection?.Ask<T>(message, timeout, cancellationToken)
        ?? Task.FromException<T>(new ShardElsewhereException($"The node {Info.Name} at {Info.Address} cannot be reached at the moment."));

    /// <summary>It was declared dead: whoever watches its actors, or waits for an answer of its queue, is told. The end of its connection finds nobody any more.</summary>
    public void Die()
    {
        Times++;
        connection = null;
        Queue?.Lose();
        Queue = null;
        Worker.Die();
        Broker.Die();
    }

    public async ValueTask DisposeAsync()
    {
        if (link is not null)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }
    }

    private RemoteRef RefTo(ActorSystem system, string name)
    {
        RemoteRef? made = null;
        made = new RemoteRef(system, Info.Incarnation, name, (message, sender) =>
        {
            if (!Tell(message))
            {
                // What one side knows of the other's slots and attempts is not true any more: both begin anew.
                _ = connection?.CloseAsync();
                made!.Drop(DeadLetterReason.NodeUnreachable, message, sender);
            }
        });
        return made;
    }
}
