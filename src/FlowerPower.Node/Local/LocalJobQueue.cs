using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>A node in another process of this machine, as an <see cref="IJobQueue"/>.</summary>
public sealed class LocalJobQueue : IJobQueue
{
    private readonly Socket socket;
    private readonly PipeReader input;
    private readonly PipeWriter output;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<long, Channel<LocalResponse>> waiting = [];
    private readonly CancellationTokenSource closing = new();
    private Task reading = Task.CompletedTask;
    private Exception? broken;
    private long lastNumber;

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

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(
        IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Receipts>(n => new LocalRequest.Enqueue(n, requests), cancellationToken).ConfigureAwait(false)).Items;

    /// <inheritdoc/>
    public async Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Job>(n => new LocalRequest.Find(n, id), cancellationToken).ConfigureAwait(false)).View;

    /// <inheritdoc/>
    public async Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Page>(n => new LocalRequest.List(n, filter), cancellationToken).ConfigureAwait(false)).Jobs;

    /// <inheritdoc/>
    public async Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Job>(n => new LocalRequest.Wait(n, id), cancellationToken).ConfigureAwait(false)).View;

    /// <inheritdoc/>
    public async IAsyncEnumerable<JobView> WatchAsync(JobId id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref lastNumber);
        var answers = Open(number);
        try
        {
            await SendAsync(new LocalRequest.Watch(number, id), cancellationToken).ConfigureAwait(false);
            while (await NextAsync(answers, cancellationToken).ConfigureAwait(false) is LocalResponse.Job { View: { } view })
            {
                yield return view;
            }
        }
        finally
        {
            await CloseAsync(number).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Reply>(n => new LocalRequest.Cancel(n, id, by, reason), cancellationToken).ConfigureAwait(false)).Command;

    /// <inheritdoc/>
    public async Task<CommandReply> RetryAsync(JobId id, string by, RequestId? request = null, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Reply>(n => new LocalRequest.Retry(n, id, by, request), cancellationToken).ConfigureAwait(false)).Command;

    /// <inheritdoc/>
    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Numbers>(n => new LocalRequest.Overview(n), cancellationToken).ConfigureAwait(false)).Queue;

    /// <summary>Ask the node to stop, in good order; done when it has heard it.</summary>
    public async Task StopNodeAsync(CancellationToken cancellationToken = default) =>
        await AskAsync<LocalResponse.Ended>(n => new LocalRequest.Stop(n), cancellationToken).ConfigureAwait(false);

    /// <summary>Has the connection ended? Nothing can be asked here any more; what was acknowledged is stored.</summary>
    public bool IsGone => Volatile.Read(ref broken) is not null;

    /// <summary>Done when the node has closed the connection, or this end has.</summary>
    public Task Closed => reading;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
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

    private async Task<T> AskAsync<T>(Func<long, LocalRequest> request, CancellationToken cancellationToken)
        where T : LocalResponse
    {
        var number = Interlocked.Increment(ref lastNumber);
        var answers = Open(number);
        try
        {
            await SendAsync(request(number), cancellationToken).ConfigureAwait(false);
            return await NextAsync(answers, cancellationToken).ConfigureAwait(false) as T
                ?? throw new QueueUnavailableException($"The node answered something else than {typeof(T).Name}: run both from the same release.");
        }
        catch (OperationCanceledException)
        {
            await SendForgetAsync(number).ConfigureAwait(false);
            throw;
        }
        finally
        {
            waiting.TryRemove(number, out _);
        }
    }

    private Channel<LocalResponse> Open(long number)
    {
        var answers = Channel.CreateUnbounded<LocalResponse>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        waiting[number] = answers;
        if (Volatile.Read(ref broken) is { } error)
        {
            answers.Writer.TryComplete(error);
        }

        return answers;
    }

    private async Task CloseAsync(long number)
    {
        waiting.TryRemove(number, out _);
        await SendForgetAsync(number).ConfigureAwait(false);
    }

    private async Task SendForgetAsync(long number)
    {
        try
        {
            await SendAsync(new LocalRequest.Forget(Interlocked.Increment(ref lastNumber), number), CancellationToken.None).ConfigureAwait(false);
        }
        catch (QueueUnavailableException)
        {
            // The connection has ended, and with it the request.
        }
    }

    private static async Task<LocalResponse> NextAsync(Channel<LocalResponse> answers, CancellationToken cancellationToken)
    {
        try
        {
            return await answers.Reader.ReadAsync(cancellationToken).ConfigureAwait(false) switch
            {
                LocalResponse.Error error when error.Kind == nameof(FormatException) => throw new FormatException(error.Message),
                LocalResponse.Error error when error.Kind == nameof(ArgumentException) => throw new ArgumentException(error.Message),
                LocalResponse.Error error => throw new QueueUnavailableException(error.Message),
                var answer => answer,
            };
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException ?? closed;
        }
    }

    private async Task SendAsync(LocalRequest request, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A frame that is cut short would garble all that follow, so a caller's impatience does not end its sending.
            await LocalFraming.WriteAsync(output, request, LocalJson.Default.LocalRequest, closing.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            var gone = new QueueUnavailableException(Gone, error);
            Interlocked.CompareExchange(ref broken, gone, null);
            throw gone;
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
                if (waiting.TryGetValue(answer.Number, out var answers))
                {
                    answers.Writer.TryWrite(answer);
                }
            }
        }
        catch (Exception error)
        {
            reason = error; // whatever it is, nobody reads any more, and all who wait must hear it
        }

        Volatile.Write(ref broken, new QueueUnavailableException(Gone, reason));
        foreach (var answers in waiting.Values)
        {
            answers.Writer.TryComplete(broken);
        }
    }

    private const string Gone =
        "The node has gone away in the middle. What it acknowledged is stored; the same command with the same job id is safe to repeat.";

    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(5);
}
