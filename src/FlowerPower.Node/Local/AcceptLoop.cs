using System.Net.Sockets;

namespace FlowerPower.Node.Local;

/// <summary>Takes one connection after another, and does not spin while none can be taken.</summary>
/// <param name="accept">Waits for a connection.</param>
/// <param name="serve">Begins to serve it; must not wait and not throw.</param>
/// <param name="warn">Told why none can be taken: at once, and again each minute.</param>
internal sealed class AcceptLoop(
    Func<CancellationToken, ValueTask<Socket>> accept, Action<Socket> serve, Action<string> warn, TimeProvider time)
{
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    private long? lastWarning;

    /// <summary>Runs until the token is cancelled or the listener is disposed; does not throw.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                serve(await accept(stopping).ConfigureAwait(false));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // A client that was gone before it was accepted: the next one may be there already.
            }
            catch (SocketException error)
            {
                // The process is out of files, as a rule: it is the same the next moment, and the moment after.
                Warn(error);
                await PauseAsync(stopping).ConfigureAwait(false);
            }
        }
    }

    private void Warn(SocketException error)
    {
        if (lastWarning is null || time.GetElapsedTime(lastWarning.Value) >= WarnEvery)
        {
            lastWarning = time.GetTimestamp();
            warn($"Other processes cannot connect to this node now: {error.Message}. It tries again every {PauseAfterError.TotalMilliseconds:0} ms.");
        }
    }

    private async Task PauseAsync(CancellationToken stopping)
    {
        try
        {
            await Task.Delay(PauseAfterError, time, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by its own condition.
        }
    }
}
