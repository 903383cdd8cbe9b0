using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node.Local;

/// <summary>What a node answers to those who are in other processes, whichever way they came.</summary>
/// <param name="node">The node's name.</param>
internal sealed class QueueAnswers(IJobQueue queue, string node, Action requestStop)
{
    /// <summary>Answers; what goes wrong with the request is an answer too.</summary>
    /// <exception cref="PeerGoneException">Thrown by <paramref name="send"/>: nobody is there to be told.</exception>
    public async Task AnswerAsync(LocalRequest request, Func<LocalResponse, Task> send, CancellationToken cancellationToken)
    {
        var n = request.Number;
        try
        {
            switch (request)
            {
                case LocalRequest.Hello:
                    await send(new LocalResponse.Welcome(n, node, Environment.ProcessId, LocalFraming.Protocol)).ConfigureAwait(false);
                    break;
                case LocalRequest.Enqueue r:
                    await send(new LocalResponse.Receipts(
                        n, await queue.EnqueueAsync(r.Jobs, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Find r:
                    await send(new LocalResponse.Job(
                        n, await queue.FindAsync(r.Id, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.List r:
                    await send(new LocalResponse.Page(
                        n, await queue.ListAsync(r.Filter, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Wait r:
                    await send(new LocalResponse.Job(
                        n, await queue.WaitAsync(r.Id, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Watch r:
                    await foreach (var view in queue.WatchAsync(r.Id, cancellationToken).ConfigureAwait(false))
                    {
                        await send(new LocalResponse.Job(n, view)).ConfigureAwait(false);
                    }

                    await send(new LocalResponse.Ended(n)).ConfigureAwait(false);
                    break;
                case LocalRequest.Logs r:
                    await foreach (var line in queue.LogsAsync(r.Id, r.Follow, r.After, cancellationToken).ConfigureAwait(false))
                    {
                        await send(new LocalResponse.Line(n, line)).ConfigureAwait(false);
                    }

                    await send(new LocalResponse.Ended(n)).ConfigureAwait(false);
                    break;
                case LocalRequest.WatchQueue r:
                    await foreach (var change in queue.WatchQueueAsync(r.Filter, cancellationToken).ConfigureAwait(false))
                    {
                        await send(new LocalResponse.JobChanged(n, change)).ConfigureAwait(false);
                    }

                    break;
                case LocalRequest.Cancel r:
                    await send(new LocalResponse.Reply(
                        n, await queue.CancelAsync(r.Id, r.By, r.Reason, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Retry r:
                    await send(new LocalResponse.Reply(
                        n, await queue.RetryAsync(r.Id, r.By, r.Request, r.Fresh, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Keep r:
                    await send(new LocalResponse.Reply(
                        n, await queue.KeepAsync(r.Id, r.Length, r.By, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Delete r:
                    await send(new LocalResponse.Reply(
                        n, await queue.DeleteAsync(r.Id, r.By, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Overview:
                    await send(new LocalResponse.Numbers(
                        n, await queue.OverviewAsync(cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Post r when queue is IJobMailbox mailbox:
                    await send(new LocalResponse.Posted(
                        n, await mailbox.PostAsync(r.To, r.Mail, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.QueuePost r when queue is IQueueMailbox mailbox:
                    await send(new LocalResponse.QueuePosted(
                        n, await mailbox.PostAsync(r.Queue, r.Mail, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Heed r when queue is IQueueMailbox mailbox:
                    await mailbox.HeedAsync(r.Queue, cancellationToken).ConfigureAwait(false);
                    await send(new LocalResponse.Ended(n)).ConfigureAwait(false);
                    break;
                case LocalRequest.ChangeQueue r:
                    await send(new LocalResponse.QueueList(
                        n, [await queue.ChangeQueueAsync(r.Queue, r.Change, r.By, cancellationToken).ConfigureAwait(false)])).ConfigureAwait(false);
                    break;
                case LocalRequest.Queues:
                    await send(new LocalResponse.QueueList(
                        n, await queue.QueuesAsync(cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Stop:
                    await send(new LocalResponse.Ended(n)).ConfigureAwait(false);
                    requestStop();
                    break;
                default:
                    throw new InvalidDataException($"Request {request.GetType().Name} has no answer.");
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Forgotten, or the connection is closing.
        }
        catch (Exception error) when (error is not PeerGoneException)
        {
            await send(new LocalResponse.Error(n, error.GetType().Name, error.Message)).ConfigureAwait(false);
        }
    }
}

/// <summary>Nobody is there to be told an answer, nor why there is none.</summary>
internal sealed class PeerGoneException(Exception inner) : Exception("The peer of a connection is gone.", inner);
