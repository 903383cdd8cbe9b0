using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>Serves one connection after another's fashion: requests run side by side, answers go out one at a time.</summary>
/// <param name="warn">Told what should not happen; must not throw.</param>
/// <param name="maxFrame">The longest answer, in bytes; at most <see cref="LocalFraming.MaxFrame"/>.</param>
internal sealed class LocalService(
    IJobQueue queue, string node, Action requestStop, Action<string> warn, int maxFrame = LocalFraming.MaxFrame)
{
    private const int MaxRequestsInFlight = 100_000;

    /// <summary>Serve a connection until its end. It does not throw: what goes wrong with a connection ends the connection.</summary>
    public async Task ServeAsync(Socket socket, CancellationToken stopping)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Connection? connection = null;
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: false);
            connection = new Connection(PipeWriter.Create(stream), warn, maxFrame, closing.Token);
            await ReadRequestsAsync(PipeReader.Create(stream), connection, closing.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or OperationCanceledException or SocketException)
        {
            // The peer is gone, or talks something else, or the node stops.
        }
        catch (Exception error)
        {
            warn($"A local connection was ended: {error.Message}");
        }
        finally
        {
            // The socket before the requests: a peer that does not read would hold up whoever is in the middle of an answer.
            await closing.CancelAsync().ConfigureAwait(false);
            socket.Dispose();
            await (connection?.FinishAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    private async Task ReadRequestsAsync(PipeReader input, Connection connection, CancellationToken closing)
    {
        while (await LocalFraming.ReadAsync(input, LocalJson.Default.LocalRequest, closing).ConfigureAwait(false) is { } request)
        {
            if (request is LocalRequest.Forget forget)
            {
                connection.Forget(forget.Target);
                continue;
            }

            await connection.Slots.WaitAsync(closing).ConfigureAwait(false);
            connection.Begin(request.Number, token => AnswerAsync(request, connection, token));
        }
    }

    private async Task AnswerAsync(LocalRequest request, Connection connection, CancellationToken cancellationToken)
    {
        var n = request.Number;
        try
        {
            switch (request)
            {
                case LocalRequest.Hello:
                    await connection.SendAsync(new LocalResponse.Welcome(n, node, Environment.ProcessId, LocalFraming.Protocol)).ConfigureAwait(false);
                    break;
                case LocalRequest.Enqueue r:
                    await connection.SendAsync(new LocalResponse.Receipts(
                        n, await queue.EnqueueAsync(r.Jobs, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Find r:
                    await connection.SendAsync(new LocalResponse.Job(
                        n, await queue.FindAsync(r.Id, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.List r:
                    await connection.SendAsync(new LocalResponse.Page(
                        n, await queue.ListAsync(r.Filter, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Wait r:
                    await connection.SendAsync(new LocalResponse.Job(
                        n, await queue.WaitAsync(r.Id, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Watch r:
                    await foreach (var view in queue.WatchAsync(r.Id, cancellationToken).ConfigureAwait(false))
                    {
                        await connection.SendAsync(new LocalResponse.Job(n, view)).ConfigureAwait(false);
                    }

                    await connection.SendAsync(new LocalResponse.Ended(n)).ConfigureAwait(false);
                    break;
                case LocalRequest.Cancel r:
                    await connection.SendAsync(new LocalResponse.Reply(
                        n, await queue.CancelAsync(r.Id, r.By, r.Reason, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Retry r:
                    await connection.SendAsync(new LocalResponse.Reply(
                        n, await queue.RetryAsync(r.Id, r.By, r.Request, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Overview:
                    await connection.SendAsync(new LocalResponse.Numbers(
                        n, await queue.OverviewAsync(cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case LocalRequest.Stop:
                    await connection.SendAsync(new LocalResponse.Ended(n)).ConfigureAwait(false);
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
            await connection.SendAsync(new LocalResponse.Error(n, error.GetType().Name, error.Message)).ConfigureAwait(false);
        }
    }

    /// <summary>Nobody is there to be told an answer, nor why there is none.</summary>
    private sealed class PeerGoneException(Exception inner) : Exception("The peer of a local connection is gone.", inner);

    private sealed class Connection(PipeWriter output, Action<string> warn, int maxFrame, CancellationToken closing)
    {
        private readonly SemaphoreSlim writing = new(1, 1);
        private readonly ConcurrentDictionary<long, (Task Task, CancellationTokenSource Cancellation)> open = [];

        public SemaphoreSlim Slots { get; } = new(MaxRequestsInFlight, MaxRequestsInFlight);

        public void Begin(long number, Func<CancellationToken, Task> answer)
        {
            var cancellation = CancellationTokenSource.CreateLinkedTokenSource(closing);
            var started = new TaskCompletionSource();
            var task = RunAsync();
            open[number] = (task, cancellation);
            started.SetResult();

            async Task RunAsync()
            {
                await started.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                try
                {
                    await answer(cancellation.Token).ConfigureAwait(false);
                }
                catch (PeerGoneException)
                {
                    // The reading side ends the connection.
                }
                catch (Exception error)
                {
                    warn($"A local request could not be answered: {error.Message}");
                }
                finally
                {
                    open.TryRemove(number, out _);
                    cancellation.Dispose();
                    Slots.Release();
                }
            }
        }

        public void Forget(long number)
        {
            if (open.TryGetValue(number, out var request))
            {
                try
                {
                    request.Cancellation.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // It has just been answered.
                }
            }
        }

        public async Task SendAsync(LocalResponse response)
        {
            try
            {
                await writing.WaitAsync(closing).ConfigureAwait(false);
                try
                {
                    // Only the connection's end cuts a frame short: what follows a frame that was would be garbled.
                    await LocalFraming.WriteAsync(output, response, LocalJson.Default.LocalResponse, closing, maxFrame).ConfigureAwait(false);
                }
                finally
                {
                    writing.Release();
                }
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                throw new PeerGoneException(error);
            }
        }

        public Task FinishAsync() => Task.WhenAll(open.Values.Select(request => request.Task));
    }
}
