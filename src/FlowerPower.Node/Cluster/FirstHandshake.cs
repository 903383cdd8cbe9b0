using FlowerPower.Actors.Transport;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>
/// Before a node joins, it shakes hands with one that lives. Redis lets in whoever reaches it; a node with another secret, or with TLS where the
/// others have none, would get its share of the shards and nobody could ask it for them.
/// </summary>
internal static class FirstHandshake
{
    private const int Asked = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <exception cref="IOException">Those that live do not let this node in; the message names one of them, and the remedy.</exception>
    public static async Task RequireAsync(ClusterNodeOptions options, PeerAddress self, IMemberTable table, CancellationToken cancellationToken)
    {
        var view = await table.ReadAsync(cancellationToken).ConfigureAwait(false);
        // After a crash of all nodes the table still has them, until somebody renews or joins: their addresses may be anybody's by now.
        var living = view.Living
            .Where(member => member.LeaseLeft > TimeSpan.Zero)
            .Select(member => (member.Info, IsAddress: PeerAddress.TryParse(member.Info.Address, out var address), Address: address))
            .Where(other => other.IsAddress && other.Address != self) // at the same address: this one's former life
            .Take(Asked)
            .ToList();
        if (living.Count == 0)
        {
            return;
        }

        // As a client: the others need not know yet that there is a node.
        var transport = await PeerTransport.StartAsync(
            new PeerTransportOptions
            {
                ClusterId = options.Redis.Name,
                NodeId = $"client-{options.Node.Chance.NextGuid():N}",
                Incarnation = 0,
                Types = ClusterWire.Types,
                Secret = options.Secret,
                Tls = options.Tls,
                ConnectTimeout = Patience,
                HandshakeTimeout = Patience,
                Time = options.Node.Time,
            },
            new Listening(),
            cancellationToken).ConfigureAwait(false);
        await using (transport.ConfigureAwait(false))
        {
            var answers = living.Select(other => AskAsync(transport, other.Info, other.Address, cancellationToken)).ToList();
            string? refused = null;
            await foreach (var answer in Task.WhenEach(answers).ConfigureAwait(false))
            {
                var (isLetIn, why) = await answer.ConfigureAwait(false);
                if (isLetIn)
                {
                    return;
                }

                refused ??= why;
            }

            // Those that cannot be reached may be dead: that is no reason to stay away.
            if (refused is not null)
            {
                throw new IOException(refused);
            }
        }
    }

    private static async Task<(bool IsLetIn, string? Refused)> AskAsync(PeerTransport transport, MemberInfo node, PeerAddress address, CancellationToken cancellationToken)
    {
        try
        {
            await transport.DialAsync(address, node.Incarnation, cancellationToken).ConfigureAwait(false);
            return (true, null);
        }
        catch (HandshakeRefusedException error) when (error.Reason is HandshakeRefusal.WrongCluster or HandshakeRefusal.UnexpectedNode)
        {
            return (false, null); // somebody else is at that address by now
        }
        catch (HandshakeRefusedException error)
        {
            // A connection that is closed without a word: TLS there, and none here.
            return (false, error.NeedsConfiguration || error.Reason == HandshakeRefusal.Closed
                ? $"This node does not join the cluster, because node {node.Name} at {address} does not let it in: {error.Message}"
                : null);
        }
        catch (Exception error) when (error is PeerUnreachableException or ObjectDisposedException)
        {
            return (false, null);
        }
    }

    /// <summary>Nobody has anything to say to it.</summary>
    private sealed class Listening : ITransportHandler
    {
        public ValueTask ReceiveAsync(Inbound message) => ValueTask.CompletedTask;
    }
}
