using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node.Cluster;

/// <summary>A node behind one connection of the cluster, as an <see cref="IJobQueue"/>.</summary>
internal sealed class PeerJobQueue(Peer peer) : RemoteJobQueue, IJobMailbox, IQueueMailbox
{
    public async Task<JobMailReceipt> PostAsync(JobId to, JobMail mail, CancellationToken cancellationToken) =>
        (await AskAsync<LocalResponse.Posted>(n => new LocalRequest.Post(n, to, mail), cancellationToken).ConfigureAwait(false)).Receipt;

    public async Task<QueueReceipt> PostAsync(string queue, QueueMail mail, CancellationToken cancellationToken) =>
        (await AskAsync<LocalResponse.QueuePosted>(n => new LocalRequest.QueuePost(n, queue, mail), cancellationToken).ConfigureAwait(false)).Receipt;

    public Task HeedAsync(string queue, CancellationToken cancellationToken) =>
        AskAsync<LocalResponse.Ended>(n => new LocalRequest.Heed(n, queue), cancellationToken);

    /// <summary>An answer has come. Requests are numbered by connection: one that came over another answers something else.</summary>
    public void Take(Peer from, LocalResponse answer)
    {
        if (from == peer)
        {
            OnAnswer(answer);
        }
    }

    /// <summary>A request could not be sent: whoever waits for its answer hears why.</summary>
    public void Refuse(LocalResponse.Error why) => OnAnswer(why);

    /// <summary>Ask the node to stop, in good order; done when it has heard it.</summary>
    public Task StopNodeAsync(CancellationToken cancellationToken) =>
        AskAsync<LocalResponse.Ended>(n => new LocalRequest.Stop(n), cancellationToken);

    /// <summary>The connection has ended.</summary>
    public void Lose() => Break(null);

    public override ValueTask DisposeAsync()
    {
        Break(null);
        return ValueTask.CompletedTask;
    }

    private protected override ValueTask SendAsync(LocalRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return peer.Tell(request)
            ? ValueTask.CompletedTask
            : ValueTask.FromException(new QueueUnavailableException(
                $"The node {peer.Identity} takes no more requests at the moment; the same command with the same job id is safe to repeat."));
    }
}
