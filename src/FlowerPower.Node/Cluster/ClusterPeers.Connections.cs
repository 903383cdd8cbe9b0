using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>What comes over the connections, and what their coming and going means.</summary>
internal sealed partial class ClusterPeers : ITransportHandler
{
    /// <summary>A node that lives but cannot be reached from here for so long has lost the attempts that it runs for shards of this node.</summary>
    internal static readonly TimeSpan UnreachableAfter = TimeSpan.FromSeconds(10);

    public void PeerUp(Peer peer)
    {
        if (peer.Identity.IsClient || !hasBegun)
        {
            return;
        }

        NodePeer node;
        lock (gate)
        {
            node = nodes.GetOrAdd(peer.Identity.NodeId, _ => new NodePeer(parts.System, InfoOf(peer.Identity)));
            node.Connect(peer);
            Greet(peer, node);
        }

        if (membership.View.Find(node.Incarnation) is null)
        {
            membership.LookNow();
        }
    }

    /// <summary>Both begin anew: what was promised or granted over a former connection may not have arrived.</summary>
    private void Greet(Peer peer, NodePeer node)
    {
        peer.Tell(ShardsServedHere());
        if (node.HasWorkers && parts.Broker != Actors.ActorRef.Nobody)
        {
            parts.Broker.Tell(new WorkerAway(node.Worker));
            node.Worker.Tell(BrokerStarted.Instance, parts.Broker);
            TellRunning(node, new ConfirmRunning(new WorkerId(node.Incarnation)));
        }
    }

    public void PeerLost(Peer peer, PeerLoss loss)
    {
        sessions?.End(peer);
        if (peer.Identity.IsClient || Find(peer.Identity.NodeId) is not { } node)
        {
            return;
        }

        int times;
        lock (gate)
        {
            // With what follows from it: a new connection must not be greeted in between.
            if (!node.Disconnect(peer))
            {
                return;
            }

            times = node.Times;
            Forget(node);
        }

        if (!stopping.IsCancellationRequested && loss.Reason is not PeerLossReason.Retired)
        {
            _ = AfterLossAsync(node, times, loss.Reason);
        }
    }

    /// <summary>A question to another node, or the answer to somebody, that cannot be sent as it is.</summary>
    public void Dropped(DroppedMessage message)
    {
        if (UnsentAnswers.Of(message) is not { } answer || message.Peer is not { } identity)
        {
            return;
        }

        if (message.Message is LocalRequest)
        {
            Find(identity.NodeId)?.Queue?.Refuse(answer);
        }
        else
        {
            transport.Peers.FirstOrDefault(peer => peer.Identity == identity)?.Tell(answer);
        }
    }

    public async ValueTask ReceiveAsync(Inbound message)
    {
        if (!ready.Task.IsCompletedSuccessfully)
        {
            await ready.Task.ConfigureAwait(false);
        }

        switch (message.Message)
        {
            case LocalRequest request:
                sessions.Answer(message.From, request);
                return;
            case AskClusterMap:
                message.Reply(Map());
                return;
            case DeclareDead declare when message.IsAsk:
                _ = AnswerAsync(message, declare);
                return;
            case UnparkShard unpark when message.IsAsk:
                _ = AnswerAsync(message, unpark);
                return;
        }

        if (Find(message.From.Identity.NodeId) is not { } node)
        {
            return; // a client has no more to say, and a node that is dead has none at all
        }

        switch (message.Message)
        {
            case RequestWork or ReturnSlots or RetractWork:
                parts.Broker.Tell(message.Message, node.Worker);
                break;
            case BrokerStarted or WorkRetracted or SlotsReturned or WorkWaiting or RunAttempt or StopAttempt or ConfirmAttempt:
                parts.Worker.Tell(message.Message, node.Broker);
                break;
            case WorkerReport report when message.IsAsk:
                _ = AnswerAsync(message, report);
                break;
            case WorkerReport when !MayServe:
                break; // told again, if it matters
            case WorkerReport.Progressed or WorkerReport.Wrote:
                var said = (WorkerReport)message.Message;
                region.TellHere(said.Job.Value, said.ToCommand(), null); // nobody waits for an answer, and one could not travel
                break;
            case WorkerReport report:
                region.TellHere(report.Job.Value, report.ToCommand(), node.Worker);
                break;
            case ShardsServed served:
                Directory.Serves(node.Incarnation, served.Shards.ToHashSet());
                map.Due();
                break;
            case ShardReleased released:
                Directory.Released(released.Shard, node.Incarnation);
                break;
            case MembersChanged:
                membership.LookNow();
                break;
            case LocalResponse answer:
                node.Queue?.Take(message.From, answer);
                break;
        }
    }

    private async Task AnswerAsync(Inbound message, WorkerReport report)
    {
        try
        {
            var asked = MayServe ? region.AskHere<JobReply>(report.Job.Value, report.ToCommand(), message.Patience!.Value, stopping.Token) : null;
            if (asked is null)
            {
                message.Reply(new WorkerReportAnswer(null, IsElsewhere: true));
                return;
            }

            var reply = await asked.ConfigureAwait(false);
            message.Reply(new WorkerReportAnswer(reply.Refusal, AttemptFate.Of(reply.State, report.Grant)));
        }
        catch (Exception error)
        {
            message.Fail("unanswered", error.Message); // the worker asks again
        }
    }

    /// <summary>An operator knows better than the end of a lease.</summary>
    private async Task AnswerAsync(Inbound message, DeclareDead declare)
    {
        if (declare.Incarnation == Me.Incarnation)
        {
            message.Fail("itself", $"The node {Me.Name} does not declare itself dead: ask another node, or stop this one with flowerpower cluster leave.");
            return;
        }

        try
        {
            var didIt = await membership.DeclareDeadAsync(declare.Incarnation, stopping.Token).ConfigureAwait(false);
            if (didIt)
            {
                parts.Warn($"The node {declare.Incarnation} was declared dead by an operator ({message.From.Identity.NodeId}).");
                TellMembersChanged();
            }

            message.Reply(new MemberDeclared(didIt));
        }
        catch (Exception error) when (error is StoreException or ArgumentException or OperationCanceledException)
        {
            message.Fail("undeclared", error.Message);
        }
    }

    private async Task AnswerAsync(Inbound message, UnparkShard unpark)
    {
        try
        {
            var wasParked = await membership.AcquitAsync(unpark.Shard, after: null, stopping.Token).ConfigureAwait(false);
            if (wasParked)
            {
                parts.Warn($"Shard {unpark.Shard} may be taken again: an operator said so ({message.From.Identity.NodeId}).");
                TellMembersChanged();
            }

            message.Reply(new ShardUnparked(wasParked));
        }
        catch (Exception error) when (error is StoreException or ArgumentException or OperationCanceledException)
        {
            message.Fail("parked", error.Message);
        }
    }

    private async Task AfterLossAsync(NodePeer node, int times, PeerLossReason reason)
    {
        try
        {
            if (reason == PeerLossReason.Closed && await ProcessProbe.IsGoneAsync(node.Info.Address, parts.Options.Time, stopping.Token).ConfigureAwait(false)
                && node.Times == times)
            {
                parts.Warn($"The node {node.Info.Name} at {node.Info.Address} is gone: its connection broke, and nobody listens there any more.");
                await membership.DeclareDeadAsync(node.Incarnation, stopping.Token).ConfigureAwait(false);
                TellMembersChanged();
                return;
            }

            await Task.Delay(UnreachableAfter, parts.Options.Time, stopping.Token).ConfigureAwait(false);
            if (node.Times == times && Find(node.Incarnation) == node)
            {
                parts.Warn($"The node {node.Info.Name} at {node.Info.Address} lives but cannot be reached from here: what it runs for this node's shards runs elsewhere.");
                LoseAttempts(node, isCrash: false);
            }
        }
        catch (OperationCanceledException)
        {
            // This node stops.
        }
        catch (StoreException)
        {
            // The end of its lease decides.
        }
    }

    private static MemberInfo InfoOf(PeerIdentity identity) => new(
        identity.NodeId,
        identity.NodeId,
        identity.Address?.ToString() ?? "",
        identity.Roles.Aggregate(MemberRoles.None, (roles, role) => roles | (Enum.TryParse<MemberRoles>(role, ignoreCase: true, out var one) ? one : 0)));
}
