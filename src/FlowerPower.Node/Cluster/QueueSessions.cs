using System.Collections.Concurrent;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Node.Cluster;

/// <summary>Answers the queue requests of clients and of other nodes, side by side, until they are answered, forgotten, or their connection ends.</summary>
/// <param name="warn">Told what should not happen; must not throw.</param>
internal sealed class QueueSessions(IJobQueue local, IJobQueue whole, string node, Action requestStop, Action<string> warn)
{
    private readonly QueueAnswers answersOfNode = new(local, node, requestStop);
    private readonly QueueAnswers answersOfCluster = new(whole, node, requestStop);
    private readonly ConcurrentDictionary<Peer, Session> sessions = new();

    /// <summary>Begin to answer; returns at once.</summary>
    public void Answer(Peer peer, LocalRequest request)
    {
        var session = sessions.GetOrAdd(peer, _ => new Session());
        if (request is LocalRequest.Forget forget)
        {
            session.Forget(forget.Target);
        }
        else
        {
            // Nodes ask each other only for what the other one has itself; else two that each think the other has it would ask in a ring.
            // Opened before this returns: what is forgotten next must be found.
            _ = AnswerAsync(peer, session, session.Open(request.Number), request, peer.Identity.IsClient ? answersOfCluster : answersOfNode);
        }
    }

    /// <summary>The peer is gone: nobody is there to be answered.</summary>
    public void End(Peer peer)
    {
        if (sessions.TryRemove(peer, out var session))
        {
            session.End();
        }
    }

    private async Task AnswerAsync(
        Peer peer, Session session, CancellationTokenSource cancellation, LocalRequest request, QueueAnswers answers)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await answers.AnswerAsync(request, response => SendAsync(peer, response), cancellation.Token).ConfigureAwait(false);
        }
        catch (PeerGoneException)
        {
            // The transport has counted it.
        }
        catch (Exception error)
        {
            warn($"A request of {peer.Identity} could not be answered: {error.Message}");
        }
        finally
        {
            session.Close(request.Number);
            cancellation.Dispose();
        }
    }

    /// <summary>An answer that finds no room would never be told: the connection ends, so that the other side asks again.</summary>
    private static async Task SendAsync(Peer peer, LocalResponse response)
    {
        if (!peer.Tell(response))
        {
            await peer.CloseAsync().ConfigureAwait(false);
            throw new PeerGoneException(new IOException("It takes no more."));
        }
    }

    private sealed class Session
    {
        private readonly ConcurrentDictionary<long, CancellationTokenSource> open = [];
        private volatile bool isEnded;

        public CancellationTokenSource Open(long number)
        {
            var cancellation = new CancellationTokenSource();
            open[number] = cancellation;
            if (isEnded)
            {
                cancellation.Cancel();
            }

            return cancellation;
        }

        public void Close(long number) => open.TryRemove(number, out _);

        public void Forget(long number) => Cancel(open.GetValueOrDefault(number));

        public void End()
        {
            isEnded = true;
            foreach (var cancellation in open.Values)
            {
                Cancel(cancellation);
            }
        }

        private static void Cancel(CancellationTokenSource? cancellation)
        {
            try
            {
                cancellation?.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just been answered.
            }
        }
    }
}
