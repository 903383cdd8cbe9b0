using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>A cluster at one moment, as one of its nodes knows it.</summary>
/// <param name="Node">The incarnation that answered.</param>
/// <param name="AsOf">When, by that node's clock.</param>
/// <param name="Version">Of the table of members; it rises with each change.</param>
/// <param name="Members">The living, and those that died lately; ascending by name.</param>
/// <param name="Owners">By shard, the incarnation that serves it, or that it belongs to; <see langword="null"/>: none.</param>
public sealed record ClusterPicture(
    string Node, DateTimeOffset AsOf, long Version, IReadOnlyList<Member> Members, IReadOnlyList<string?> Owners);

/// <summary>Looking at a cluster, and telling one of its nodes what to do.</summary>
public static class ClusterLooks
{
    extension(ClusterClient client)
    {
        /// <summary>Who is there and who has what.</summary>
        /// <exception cref="QueueUnavailableException">No node answers.</exception>
        public async Task<ClusterPicture> LookAsync(CancellationToken cancellationToken = default)
        {
            var map = await client.MapAsync(cancellationToken).ConfigureAwait(false);
            return new ClusterPicture(
                map.Node,
                map.AsOf,
                map.Version,
                [
                    .. map.Members
                        .Select(m => new Member(m.Info, m.Status, m.JoinedAt, m.ChangedAt, TimeSpan.FromSeconds(m.LeaseLeftSeconds)))
                        .OrderBy(m => m.Info.Name, StringComparer.Ordinal).ThenBy(m => m.Info.Incarnation, StringComparer.Ordinal),
                ],
                map.Owners);
        }
    }

    /// <summary>Asks one node to leave in order; returns when it has said that it will.</summary>
    /// <param name="options">How the cluster is reached; its nodes do not matter.</param>
    /// <exception cref="QueueUnavailableException">The node cannot be reached, or refuses.</exception>
    public static async Task AskToLeaveAsync(ClusterClientOptions options, Member member, CancellationToken cancellationToken = default)
    {
        if (!PeerAddress.TryParse(member.Info.Address, out var address))
        {
            throw new QueueUnavailableException($"The node {member.Info.Name} has no address that could be reached: '{member.Info.Address}'.");
        }

        var ears = new Ears();
        var transport = await PeerTransport.StartAsync(
            new PeerTransportOptions
            {
                ClusterId = options.Name,
                NodeId = $"client-{options.Chance.NextGuid():N}",
                Incarnation = 0,
                Types = ClusterWire.Types,
                Secret = options.Secret,
                Time = options.Time,
            },
            ears,
            cancellationToken).ConfigureAwait(false);
        await using (transport.ConfigureAwait(false))
        {
            try
            {
                ears.Queue = new PeerJobQueue(await transport.DialAsync(address, member.Info.Incarnation, cancellationToken).ConfigureAwait(false));
                await ears.Queue.StopNodeAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is PeerUnreachableException or HandshakeRefusedException)
            {
                throw new QueueUnavailableException($"The node {member.Info.Name} at {address} cannot be told to leave: {error.Message}", error);
            }
        }
    }

    private sealed class Ears : ITransportHandler
    {
        public PeerJobQueue? Queue { get; set; }

        public void PeerUp(Peer peer)
        {
        }

        public void PeerLost(Peer peer, PeerLoss loss) => Queue?.Lose();

        public ValueTask ReceiveAsync(Inbound message)
        {
            if (message.Message is Local.LocalResponse answer)
            {
                Queue?.Take(answer);
            }

            return ValueTask.CompletedTask;
        }
    }
}
