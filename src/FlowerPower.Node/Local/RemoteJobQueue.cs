using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>A node in another process as an <see cref="IJobQueue"/>: numbers requests and pairs answers with them, over any connection.</summary>
public abstract partial class RemoteJobQueue : IJobQueue
{
    private readonly ConcurrentDictionary<long, Channel<LocalResponse>> waiting = [];
    private Exception? broken;
    private long lastNumber;

    private protected RemoteJobQueue()
    {
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
    public async Task<CommandReply> RetryAsync(
        JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Reply>(n => new LocalRequest.Retry(n, id, by, request, fresh), cancellationToken).ConfigureAwait(false)).Command;

    /// <inheritdoc/>
    public async Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Reply>(n => new LocalRequest.Keep(n, id, length, by), cancellationToken).ConfigureAwait(false)).Command;

    /// <inheritdoc/>
    public async Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Reply>(n => new LocalRequest.Delete(n, id, by), cancellationToken).ConfigureAwait(false)).Command;

    /// <inheritdoc/>
    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.Numbers>(n => new LocalRequest.Overview(n), cancellationToken).ConfigureAwait(false)).Queue;

    /// <inheritdoc/>
    public async Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.QueueList>(n => new LocalRequest.ChangeQueue(n, queue, change, by), cancellationToken).ConfigureAwait(false)).Items[0];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync<LocalResponse.QueueList>(n => new LocalRequest.Queues(n), cancellationToken).ConfigureAwait(false)).Items;

    /// <summary>Has the connection ended? Nothing can be asked here any more; what was acknowledged is stored.</summary>
    public bool IsGone => Volatile.Read(ref broken) is not null;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Sends a request.</summary>
    /// <exception cref="QueueUnavailableException">The connection has ended.</exception>
    private protected abstract ValueTask SendAsync(LocalRequest request, CancellationToken cancellationToken);

    /// <summary>An answer has come. One that nobody waits for any more is dropped.</summary>
    private protected void OnAnswer(LocalResponse answer)
    {
        if (waiting.TryGetValue(answer.Number, out var answers))
        {
            answers.Writer.TryWrite(answer);
        }
    }

    /// <summary>The connection has ended: all who wait hear it, and nothing more can be asked.</summary>
    private protected QueueUnavailableException Break(Exception? reason)
    {
        var gone = new QueueUnavailableException(Gone, reason);
        Interlocked.CompareExchange(ref broken, gone, null);
        foreach (var answers in waiting.Values)
        {
            answers.Writer.TryComplete(broken);
        }

        return gone;
    }

    private protected async Task<T> AskAsync<T>(Func<long, LocalRequest> request, CancellationToken cancellationToken)
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

    private Channel<LocalResponse> Open(long number) =>
        Open(number, Channel.CreateUnbounded<LocalResponse>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true }));

    private Channel<LocalResponse> Open(long number, Channel<LocalResponse> answers)
    {
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
                LocalResponse.Error error when error.Kind == nameof(ShardElsewhereException) => throw new ShardElsewhereException(error.Message),
                LocalResponse.Error error => throw new QueueUnavailableException(error.Message),
                var answer => answer,
            };
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException ?? closed;
        }
    }

    private const string Gone =
        "The node has gone away in the middle. What it acknowledged is stored; the same command with the same job id is safe to repeat.";
}
