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

    private readonly QueueAnswers answers = new(queue, node, requestStop);

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
            connection.Begin(request.Number, token => answers.AnswerAsync(request, connection.SendAsync, token));
        }
    }

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
