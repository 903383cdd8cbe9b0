using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node;

/// <summary>A node's <see cref="IJobQueue"/>: asks the job actors, and asks again when a shard was in the middle of a restart.</summary>
internal sealed partial class NodeJobQueue(IShardStore store, JobNodeParts parts, WorkerGauge gauge) : IJobQueue, IJobMailbox
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    public async Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(
        IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default)
    {
        if (requests.Count == 1)
        {
            return [await EnqueueAsync(requests[0], cancellationToken).ConfigureAwait(parts.IsSimulated)];
        }

        var asks = new Task<EnqueueReceipt>[requests.Count];
        for (var i = 0; i < asks.Length; i++)
        {
            asks[i] = EnqueueAsync(requests[i], cancellationToken);
        }

        return await Task.WhenAll(asks).ConfigureAwait(parts.IsSimulated);
    }

    public async Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default) =>
        View(await AskAsync(id, QueryJob.Instance, cancellationToken).ConfigureAwait(parts.IsSimulated));

    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        JobLister.ListAsync(store, parts, filter, FindAsync, cancellationToken);

    public async Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, parts.Stopped.Token);

        // Among others a shard may leave while it starts, with all that waits for it: so the question is asked again, or sent to where the shard is.
        var patience = parts.IsCluster ? AskAgainAfter : Timeout.InfiniteTimeSpan;
        while (true)
        {
            RequireHere(id);
            var told = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
            var watcher = parts.System.Callback($"wait/{id}", message => told.TrySetResult(message));
            parts.Jobs.Tell(id.Value, new WatchJob(watcher, EndOnly: true), watcher);
            using var end = until.Token.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource<object>)state!).TrySetCanceled(token), told);
            try
            {
                if (await told.Task.WaitAsync(patience, parts.Options.Time, CancellationToken.None).ConfigureAwait(parts.IsSimulated) is JobReply reply)
                {
                    return View(reply);
                }
            }
            catch (TimeoutException)
            {
                parts.Jobs.Tell(id.Value, new UnwatchJob(watcher));
                continue;
            }
            catch (OperationCanceledException) when (parts.Stopped.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Stopped(id);
            }
            catch (OperationCanceledException)
            {
                parts.Jobs.Tell(id.Value, new UnwatchJob(watcher));
                throw;
            }

            // The shard restarts. If the node stops meanwhile, the next round says so.
            await Task.Delay(RepeatAfter, parts.Options.Time, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }
    }

    public async IAsyncEnumerable<JobView> WatchAsync(JobId id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // The newest view is the only one that a slow reader needs.
        var told = Channel.CreateBounded<object>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        var watcher = parts.System.Callback($"watch/{id}", message => told.Writer.TryWrite(message));
        RequireHere(id);
        var isAskedAgain = false;
        JobReply? last = null;
        try
        {
            parts.Jobs.Tell(id.Value, new WatchJob(watcher, EndOnly: false), watcher);
            while (true)
            {
                var message = await NextAsync(told.Reader, cancellationToken).ConfigureAwait(parts.IsSimulated);
                if (message is not JobReply reply)
                {
                    if (parts.Stopped.IsCancellationRequested)
                    {
                        throw Stopped(id);
                    }

                    if (message is null)
                    {
                        parts.Jobs.Tell(id.Value, new UnwatchJob(watcher));
                    }
                    else
                    {
                        await Task.Delay(RepeatAfter, parts.Options.Time, cancellationToken).ConfigureAwait(parts.IsSimulated);
                    }

                    RequireHere(id);
                    isAskedAgain = true;
                    parts.Jobs.Tell(id.Value, new WatchJob(watcher, EndOnly: false), watcher);
                    continue;
                }

                var isNews = !isAskedAgain || last is null || last.State.Version != reply.State.Version || last.Progress != reply.Progress;
                (isAskedAgain, last) = (false, reply);
                if (!isNews)
                {
                    continue; // the question was repeated, not the answer
                }

                if (View(reply) is not { } view)
                {
                    yield break;
                }

                yield return view;
                if (view.IsFinished)
                {
                    yield break;
                }
            }
        }
        finally
        {
            parts.Jobs.Tell(id.Value, new UnwatchJob(watcher));
        }
    }

    public Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
        CommandAsync(id, new JobCommand.Cancel(by, reason), cancellationToken);

    public Task<CommandReply> RetryAsync(
        JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default) =>
        CommandAsync(id, new JobCommand.Retry(by, request ?? parts.Options.Chance.NextRequest(), fresh), cancellationToken);

    public async Task<JobMailReceipt> PostAsync(JobId to, JobMail mail, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(to, mail is JobMail.LookAtJob look ? new LookAtPermit(look.Permit) : mail.ToCommand(), cancellationToken).ConfigureAwait(parts.IsSimulated);
        return new JobMailReceipt(reply.State is not JobState.Absent, (reply.State as JobState.Finished)?.Outcome)
        {
            IsRunning = reply.State is JobState.Running,
            Permit = reply.State.History?.Permit,
        };
    }

    public Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default) =>
        length > TimeSpan.Zero
            ? CommandAsync(id, new JobCommand.Keep(by, length), cancellationToken)
            : throw new ArgumentException($"How long job {id} is kept must be above zero, not {length:c}; to be rid of it now, delete it.");

    public Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default) =>
        CommandAsync(id, new JobCommand.Delete(by), cancellationToken);

    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default)
    {
        var now = parts.Options.Time.GetUtcNow();
        var stored = await store.CountByStatusAsync(cancellationToken).ConfigureAwait(parts.IsSimulated);
        var counts = new Dictionary<JobStatus, long>();
        foreach (var status in JobLister.FinishedStatuses)
        {
            counts[status] = stored.GetValueOrDefault((int)status);
        }

        for (var shard = 0; shard < parts.Live.Length; shard++)
        {
            // Also of a shard that is away, for its jobs are not done; unless there are others, who may have it by now.
            if (!parts.IsCluster || parts.Journals[shard] is not null)
            {
                parts.Live[shard]?.CountInto(counts, now);
            }
        }

        return new QueueOverview(parts.WorkerId.Value, now, counts, parts.Scope.WorkerSlots, gauge.Busy, [.. parts.Scope.Own])
        {
            Queues = parts.Options.Queues,
        };
    }

    /// <summary>The next word of a job; <see langword="null"/>: it has said nothing for so long that it is asked again, for the same reason as in a wait.</summary>
    private async Task<object?> NextAsync(ChannelReader<object> told, CancellationToken cancellationToken)
    {
        if (!parts.IsCluster)
        {
            return await told.ReadAsync(cancellationToken).ConfigureAwait(parts.IsSimulated);
        }

        using var patience = new CancellationTokenSource(AskAgainAfter, parts.Options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await told.ReadAsync(either.Token).ConfigureAwait(parts.IsSimulated);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The node owns its parts; there is nothing of its own to end.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Done when every shard has recovered.</summary>
    /// <exception cref="StoreException">A shard cannot be recovered; the first reason.</exception>
    internal async Task WaitUntilServingAsync(CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < parts.Journals.Length; shard++)
        {
            await parts.ServingAsync(shard, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }
    }

    private async Task<EnqueueReceipt> EnqueueAsync(EnqueueRequest request, CancellationToken cancellationToken)
    {
        if (JobWire.ProblemWith(request.Spec) is { } problem)
        {
            return new EnqueueReceipt(request.Spec.Id, Created: false) { Problem = $"Job {request.Spec.Id} cannot be stored: {problem}" };
        }

        var due = request.DueAt ?? parts.Options.Time.GetUtcNow();
        var wish = request.Request ?? parts.Options.Chance.NextRequest();
        var reply = await AskAsync(request.Spec.Id, new JobCommand.Enqueue(request.Spec, due, wish), cancellationToken).ConfigureAwait(parts.IsSimulated);
        if (reply.Holder is { } holder)
        {
            return await YieldToAsync(holder, request with { DueAt = due, Request = wish }, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }

        var created = reply.State.History?.HasHandled(wish) == true;
        var stored = reply.State.History?.Spec;
        return new EnqueueReceipt(request.Spec.Id, created)
        {
            Refusal = reply.Refusal,
            Pipeline = stored?.Pipeline,
            DiffersInRun = !created && stored is not null && !IsSame(stored.RunConfigJson, request.Spec.RunConfigJson),
        };

        // On its way through the local socket JSON keeps its meaning, not its bytes.
        static bool IsSame(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
        {
            if (left.Span.SequenceEqual(right.Span))
            {
                return true;
            }

            using var one = JsonDocument.Parse(left, Deep);
            using var other = JsonDocument.Parse(right, Deep);
            return JsonElement.DeepEquals(one.RootElement, other.RootElement);
        }
    }

    /// <summary>Another job has the unique key. It is asked itself, because it may be about to be stored, or to end.</summary>
    private async Task<EnqueueReceipt> YieldToAsync(JobId holder, EnqueueRequest request, CancellationToken cancellationToken)
    {
        var asked = await AskAsync(holder, QueryJob.Instance, cancellationToken).ConfigureAwait(parts.IsSimulated);
        if (!asked.State.HoldsKey)
        {
            return await EnqueueAsync(request, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }

        switch (request.OnConflict)
        {
            case KeyConflict.Replace when asked.State.IsUnfinished:
                await CancelAsync(holder, $"job {request.Spec.Id}", "replaced by a newer job of its unique key", cancellationToken).ConfigureAwait(parts.IsSimulated);
                return await EnqueueAsync(request, cancellationToken).ConfigureAwait(parts.IsSimulated);
            case KeyConflict.Replace:
                await AskAsync(holder, new JobCommand.GiveKey(), cancellationToken).ConfigureAwait(parts.IsSimulated);
                return await EnqueueAsync(request, cancellationToken).ConfigureAwait(parts.IsSimulated);
            default:
                return new EnqueueReceipt(holder, Created: false)
                {
                    Refusal = request.OnConflict == KeyConflict.Error ? Refusal.KeyTaken : null,
                    Pipeline = asked.State.History!.Spec.Pipeline,
                };
        }
    }

    private static QueueUnavailableException Stopped(JobId id) =>
        new($"The node has stopped while job {id} was waited for. The job is stored; wait for it again when a node serves the project.");

    private async Task<CommandReply> CommandAsync(JobId id, JobCommand command, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(id, command, cancellationToken).ConfigureAwait(parts.IsSimulated);
        return new CommandReply(reply.Refusal, View(reply));
    }

    private Task<JobReply> AskAsync(JobId id, object message, CancellationToken cancellationToken) => AskEntityAsync<JobReply>(id.Value, message, cancellationToken);

    private async Task<T> AskEntityAsync<T>(string id, object message, CancellationToken cancellationToken)
    {
        var started = parts.Options.Time.GetTimestamp();
        while (true)
        {
            parts.Peers.RequireHere(ShardKey.Of(id, parts.Journals.Length));
            try
            {
                return await parts.Jobs.Ask<T>(id, message, AskTimeout, cancellationToken).ConfigureAwait(parts.IsSimulated);
            }
            catch (Exception error) when (error is AskTimeoutException or ActorFailedException)
            {
                // A store that is known to be ill is mended by whoever asks, and later than they would wait.
                if ((parts.StoreProblem ?? parts.Journals[ShardKey.Of(id, parts.Journals.Length)]?.ReadProblem) is { } problem)
                {
                    throw new QueueUnavailableException(
                        $"Job {id} waits for its store: the command may yet be carried out, and "
                        + $"is safe to repeat with the same job id. {problem}", error);
                }

                if (parts.Options.Time.GetElapsedTime(started) > GiveUpAfter)
                {
                    throw new QueueUnavailableException(
                        $"Job {id} did not answer for {GiveUpAfter.TotalSeconds:0} s. The command may or may not have been "
                        + "carried out; the same command with the same job id is safe to repeat.", error);
                }

                await Task.Delay(RepeatAfter, parts.Options.Time, cancellationToken).ConfigureAwait(parts.IsSimulated);
            }
        }
    }

    private void RequireHere(JobId id) => parts.Peers.RequireHere(ShardKey.Of(id.Value, parts.Journals.Length));

    private JobView? View(JobReply reply) =>
        reply.State is JobState.Absent ? null : JobView.Of(reply.State, parts.Options.Time.GetUtcNow(), reply.Progress);
}
