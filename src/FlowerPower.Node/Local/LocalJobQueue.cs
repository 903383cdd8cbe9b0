using System.IO.Pipelines;
using System.Net.Sockets;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>A node in another process of this machine, as an <see cref="IJobQueue"/>.</summary>
public sealed class LocalJobQueue : RemoteJobQueue
{
    private readonly Socket socket;
    private readonly PipeReader input;
    private readonly PipeWriter output;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly CancellationTokenSource closing = new();
    private Task reading = Task.CompletedTask;

    private LocalJobQueue(Socket socket)
    {
        this.socket = socket;
        var stream = new NetworkStream(socket, ownsSocket: true);
        input = PipeReader.Create(stream);
        output = PipeWriter.Create(stream);
    }

    /// <summary>The node's name.</summary>
    public string Node { get; private set; } = "";

    /// <summary>The node's process.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Connect to the node that listens there; <see langword="null"/> if none does.</summary>
    /// <exception cref="QueueUnavailableException">Something listens, but it is no node of this version.</exception>
    public static async Task<LocalJobQueue?> TryConnectAsync(string path, CancellationToken cancellationToken = default)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var reachable = ReachablePath.To(path);
            await socket.ConnectAsync(reachable.EndPoint, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null; // a socket that a dead process left
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var queue = new LocalJobQueue(socket);
        queue.reading = queue.ReadAsync();
        try
        {
            await queue.GreetAsync(path, cancellationToken).ConfigureAwait(false);
            return queue;
        }
        catch (QueueUnavailableException) when (queue.IsGone)
        {
            await queue.DisposeAsync().ConfigureAwait(false);
            return null; // a node that was just closing its socket
        }
        catch
        {
            await queue.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ask the node to stop, in good order; done when it has heard it.</summary>
    public async Task StopNodeAsync(CancellationToken cancellationToken = default) =>
        await AskAsync<LocalResponse.Ended>(n => new LocalRequest.Stop(n), cancellationToken).ConfigureAwait(false);

    /// <summary>Done when the node has closed the connection, or this end has.</summary>
    public Task Closed => reading;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        socket.Dispose();
    }

    private async Task GreetAsync(string path, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(GreetingTimeout);
        try
        {
            var welcome = await AskAsync<LocalResponse.Welcome>(n => new LocalRequest.Hello(n, LocalFraming.Protocol), patience.Token)
                .ConfigureAwait(false);
            if (welcome.Protocol != LocalFraming.Protocol)
            {
                throw new QueueUnavailableException(
                    $"The node in process {welcome.ProcessId} speaks version {welcome.Protocol} of the local protocol, this program version "
                    + $"{LocalFraming.Protocol}: run both from the same release.");
            }

            Node = welcome.Node;
            ProcessId = welcome.ProcessId;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new QueueUnavailableException(
                $"The node behind {path} did not answer within {GreetingTimeout.TotalSeconds:0} s: it is stopped or overloaded. "
                + "Look at its process, or end it.");
        }
    }

    private protected override async ValueTask SendAsync(LocalRequest request, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A frame that is cut short would garble all that follow, so a caller's impatience does not end its sending.
            await LocalFraming.WriteAsync(output, request, LocalJson.Default.LocalRequest, closing.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw Break(error);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        Exception? reason = null;
        try
        {
            while (await LocalFraming.ReadAsync(input, LocalJson.Default.LocalResponse, closing.Token).ConfigureAwait(false) is { } answer)
            {
                OnAnswer(answer);
            }
        }
        catch (Exception error)
        {
            reason = error; // whatever it is, nobody reads any more, and all who wait must hear it
        }

        Break(reason);
    }

    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(5);
}
