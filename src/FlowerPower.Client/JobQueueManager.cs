using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>A project's jobs: enqueue pipelines, ask what became of them, wait for their results.</summary>
/// <remarks>
/// It opens its backend with the first call, and holds it until it is disposed. With the default backend that is the node that serves the
/// project on this machine; if none does, it is one inside this process, which other processes then reach.
/// All methods may be called from several threads.
/// </remarks>
public sealed partial class JobQueueManager : IAsyncDisposable
{
    private readonly QueueAdapter adapter;
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly OpenedQueue queue;
    private readonly JobWaits waits;
    private readonly JobLogReader logs;

    /// <summary>The jobs of a project.</summary>
    /// <param name="backend">A name that <see cref="QueueAdapter.Get"/> knows; <see langword="null"/>: the project's, else the default.</param>
    /// <exception cref="ArgumentException">There is no such backend, or the address of the Redis or of the cluster cannot be used; the message says what would work.</exception>
    public JobQueueManager(FlowerPowerProject project, string? backend = null, QueueOptions? options = null, TimeProvider? time = null)
    {
        Project = project;
        this.options = options ?? new QueueOptions();
        this.time = time ?? TimeProvider.System;
        var named = QueueAdapter.Get(backend ?? QueueAdapter.Default);
        adapter = ClusterPlaces.Of(project, this.options) is { } cluster ? new ClusterAdapter(cluster) : named;
        var place = QueuePlaces.Of(project, this.options);
        queue = new OpenedQueue(project, adapter, this.options, place.SocketPath);
        var nodes = new NodeReturn(project, place, adapter, this.options, this.time);
        waits = new JobWaits(queue, nodes);
        logs = new JobLogReader(queue, nodes);
    }

    /// <summary>The project.</summary>
    public FlowerPowerProject Project { get; }

    /// <summary>The backend's name.</summary>
    public string Backend => adapter.Name;

    /// <summary>Store a run of a pipeline as a job. When it returns, the job is durable.</summary>
    /// <param name="pipeline">A pipeline of the project.</param>
    /// <param name="runConfig">What differs from the project's and the pipeline's own configuration; <see langword="null"/>: nothing.</param>
    /// <param name="enqueue">What the queue should know; <see langword="null"/>: nothing special.</param>
    /// <returns>The job's id.</returns>
    /// <exception cref="PipelineNotFoundException">The project has no such pipeline.</exception>
    /// <exception cref="JobIdTakenException">The id that was given is another pipeline's job's.</exception>
    /// <exception cref="UniqueKeyTakenException">Another job has the unique key, and <see cref="KeyConflict.Error"/> was asked for.</exception>
    /// <exception cref="QueueUnavailableException">The queue cannot be reached.</exception>
    /// <exception cref="ArgumentException">An option is outside its range, or the job is too large to be stored.</exception>
    /// <remarks>
    /// If the id is a job of the same pipeline, that job is meant, and nothing changes; if it was to run otherwise (with other inputs, for
    /// example), <see cref="QueueOptions.OnWarning"/> says so.
    /// </remarks>
    public async Task<JobId> EnqueueAsync(
        string pipeline, RunConfig? runConfig = null, EnqueueOptions? enqueue = null, CancellationToken cancellationToken = default)
    {
        var request = Request(pipeline, runConfig, enqueue);
        var receipt = (await EnqueueAsync([request], cancellationToken).ConfigureAwait(false))[0];
        return RefusalOf(request, receipt, [receipt]) is { } refusal ? throw refusal : receipt.Id;
    }

    /// <summary>Store the jobs of a graph, parents first. When it returns, all of them are durable.</summary>
    /// <returns>The jobs' ids by their keys in the graph.</returns>
    /// <exception cref="ArgumentException">Jobs of the graph wait for each other in a ring; nothing was stored.</exception>
    /// <exception cref="JobIdTakenException">An id is another pipeline's job's.</exception>
    public async Task<IReadOnlyDictionary<string, JobId>> EnqueueGraphAsync(JobGraph graph, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var name = graph.Name ?? NewId(time.GetUtcNow()).Value;
        var requests = graph.Items(name).Select(item => Request(item.Pipeline, item.RunConfig, item.Options)).ToList();
        requests.ForEach(RequireStorable);
        var receipts = await EnqueueAsync(requests, cancellationToken).ConfigureAwait(false);
        if (requests.Zip(receipts).Select(one => RefusalOf(one.First, one.Second, receipts)).FirstOrDefault(why => why is not null) is { } refusal)
        {
            throw refusal;
        }

        return graph.Jobs.ToDictionary(job => job.Key, job => job.IdIn(name));
    }

    /// <summary>Enqueue a pipeline and wait for its result.</summary>
    /// <param name="timeout">How long to wait; <see langword="null"/>: without limit. The job goes on when the waiting ends.</param>
    /// <returns>The result by node name.</returns>
    /// <remarks>If the queue is inside this process and has no workers, it runs this job all the same, with those that it waits for, and leaves the others alone.</remarks>
    /// <exception cref="JobFailedException">The job failed or was cancelled.</exception>
    /// <exception cref="TimeoutException">The wait was too long; the message names the job.</exception>
    public async Task<IReadOnlyDictionary<string, JsonElement>> RunAsync(
        string pipeline,
        RunConfig? runConfig = null,
        EnqueueOptions? enqueue = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var id = await EnqueueAsync(pipeline, runConfig, enqueue, cancellationToken).ConfigureAwait(false);
        if (await OpenAsync(cancellationToken).ConfigureAwait(false) is EmbeddedJobQueue embedded)
        {
            await embedded.RunHereAsync(id, cancellationToken).ConfigureAwait(false);
        }

        var job = await WaitAsync(id, timeout, cancellationToken).ConfigureAwait(false);
        return JobResult.Of(job);
    }

    /// <summary>A job by its id.</summary>
    /// <exception cref="JobNotFoundException">There is none.</exception>
    public async Task<JobView> GetQueueStatusAsync(JobId id, CancellationToken cancellationToken = default)
    {
        return await queue.AskAsync(opened => opened.FindAsync(id, cancellationToken), cancellationToken).ConfigureAwait(false) ?? throw new JobNotFoundException(id);
    }

    /// <summary>A pipeline's newest job.</summary>
    /// <exception cref="JobNotFoundException">It has none.</exception>
    public async Task<JobView> GetQueueStatusAsync(string pipeline, CancellationToken cancellationToken = default) =>
        await GetQueueStatusAsync(await NewestAsync(pipeline, status: null, cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>A completed job's result by node name.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    /// <exception cref="JobFailedException">It failed or was cancelled.</exception>
    /// <exception cref="JobNotFinishedException">It has no result yet.</exception>
    public async Task<IReadOnlyDictionary<string, JsonElement>> ResultAsync(JobId id, CancellationToken cancellationToken = default) =>
        JobResult.Of(await GetQueueStatusAsync(id, cancellationToken).ConfigureAwait(false));

    /// <summary>The result of a pipeline's newest completed job.</summary>
    /// <exception cref="JobNotFoundException">It has none.</exception>
    public async Task<IReadOnlyDictionary<string, JsonElement>> ResultAsync(string pipeline, CancellationToken cancellationToken = default) =>
        await ResultAsync(await NewestAsync(pipeline, JobStatus.Completed, cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Wait until a job has ended; its end is pushed, not polled.</summary>
    /// <param name="timeout">How long to wait; <see langword="null"/>: without limit.</param>
    /// <remarks>If the node that serves the project goes away meanwhile, the wait goes on with the next one.</remarks>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    /// <exception cref="TimeoutException">The wait was too long; the job goes on.</exception>
    /// <exception cref="QueueUnavailableException">The node went away, and none came within <see cref="QueueOptions.NodeReturnTimeout"/>.</exception>
    public async Task<JobView> WaitAsync(JobId id, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (timeout is { } limit && limit <= NodeOptions.LongestWait) // beyond it no timer goes, and nobody waits
        {
            patience.CancelAfter(limit);
        }

        try
        {
            return await waits.UntilEndAsync(id, patience.Token).ConfigureAwait(false) ?? throw new JobNotFoundException(id);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Job {id} has not ended within {timeout:c}; it goes on, and can be waited for again.");
        }
    }

    /// <summary>A job now, and at each change, until its end.</summary>
    /// <remarks>If the node that serves the project goes away meanwhile, it goes on with the next one, and may show the same again.</remarks>
    /// <exception cref="QueueUnavailableException">The node went away, and none came within <see cref="QueueOptions.NodeReturnTimeout"/>.</exception>
    public IAsyncEnumerable<JobView> WatchAsync(JobId id, CancellationToken cancellationToken = default) => waits.WatchAsync(id, cancellationToken);

    /// <summary>Every change of any job that matches, from now on, pushed; until the token is cancelled.</summary>
    /// <param name="filter">Which jobs; <see langword="null"/>: all.</param>
    /// <remarks>A reader that is too slow misses changes: <see cref="JobChange.SkippedBefore"/> says how many. A job that becomes due by the clock does not change.</remarks>
    /// <exception cref="QueueUnavailableException">The node that serves the project went away; watch again when there is one.</exception>
    public async IAsyncEnumerable<JobChange> WatchAllAsync(JobFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var change in opened.WatchQueueAsync(filter ?? new JobFilter(), cancellationToken).ConfigureAwait(false))
        {
            yield return change;
        }
    }

    /// <summary>The newest lines that a job wrote, oldest first, and others as they come.</summary>
    /// <param name="follow">Until the job has ended; else only those that there are now: the newest 200 of a running job, the newest 50 of one that has ended.</param>
    /// <remarks>
    /// If the node that serves the project goes away meanwhile, or the job moves, it goes on with the next one. Lines that are missing for that, or because
    /// there were too many, are counted in <see cref="JobLogLine.DroppedBefore"/>.
    /// </remarks>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    /// <exception cref="QueueUnavailableException">The node went away, and none came within <see cref="QueueOptions.NodeReturnTimeout"/>.</exception>
    public async IAsyncEnumerable<JobLogLine> LogsAsync(
        JobId id, bool follow = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _ = await GetQueueStatusAsync(id, cancellationToken).ConfigureAwait(false);
        if (!follow)
        {
            foreach (var line in await logs.ReadAsync(id, after: null, cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }

            yield break;
        }

        await foreach (var line in logs.FollowAsync(id, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    /// <summary>Jobs that match, newest first.</summary>
    public async Task<JobPage> ListAsync(JobFilter? filter = null, CancellationToken cancellationToken = default)
    {
        return await queue.AskAsync(opened => opened.ListAsync(filter ?? new JobFilter(), cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>End a job, waiting or running.</summary>
    /// <param name="by">Who asks, for the job's history; <see langword="null"/>: this process's user.</param>
    public async Task<CommandReply> CancelAsync(
        JobId id, string? reason = null, string? by = null, CancellationToken cancellationToken = default)
    {
        return await queue.AskAsync(opened => opened.CancelAsync(id, by ?? Environment.UserName, reason, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Let a failed or cancelled job run again.</summary>
    /// <param name="by">Who asks, for the job's history; <see langword="null"/>: this process's user.</param>
    /// <param name="request">
    /// Pass the same one to a call that repeats an earlier call of unknown outcome: it then changes nothing more; <see langword="null"/>: a new one.
    /// </param>
    /// <param name="fresh">From the beginning: the checkpoint that former attempts saved is forgotten.</param>
    public async Task<CommandReply> RetryAsync(
        JobId id, string? by = null, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default)
    {
        var wish = request ?? NewRequest();
        return await queue.AskAsync(opened => opened.RetryAsync(id, by ?? Environment.UserName, wish, fresh, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keep an ended job for another while than its retention says.</summary>
    /// <param name="length">From now; above zero. Beyond the calendar's end it is kept for ever.</param>
    /// <param name="by">Who asks, for the job's history; <see langword="null"/>: this process's user.</param>
    /// <returns>Refused as <see cref="Refusal.NotFinished"/> if the job has not ended.</returns>
    /// <exception cref="ArgumentException">The length is not above zero.</exception>
    public async Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string? by = null, CancellationToken cancellationToken = default)
    {
        return await queue.AskAsync(opened => opened.KeepAsync(id, length, by ?? Environment.UserName, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forget an ended job: its id is free again, and nothing tells of it any more but the log of the node that did it.</summary>
    /// <param name="by">Who asks; <see langword="null"/>: this process's user.</param>
    /// <returns>
    /// Without a job. Refused as <see cref="Refusal.NotFinished"/> if the job has not ended: cancel it first; as <see cref="Refusal.NotFound"/>
    /// if there is none, also where this call repeats one whose answer was lost.
    /// </returns>
    public async Task<CommandReply> DeleteAsync(JobId id, string? by = null, CancellationToken cancellationToken = default)
    {
        return await queue.AskAsync(opened => opened.DeleteAsync(id, by ?? Environment.UserName, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The queue in numbers.</summary>
    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default)
    {
        return await queue.AskAsync(opened => opened.OverviewAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Run this many jobs at once in this process from now on; 0: finish those that run, and take no more.</summary>
    /// <param name="count">0 to 100,000.</param>
    /// <exception cref="QueueUnavailableException">Another process serves the project: its workers are set there.</exception>
    public async Task StartWorkersAsync(int count, CancellationToken cancellationToken = default)
    {
        var opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (opened is not EmbeddedJobQueue embedded)
        {
            throw new QueueUnavailableException(
                $"Project '{Project.Name}' is served by another process: its workers run there. Stop it, or set its --count.");
        }

        embedded.Node.SetWorkerSlots(count);
    }

    /// <summary>Take no more jobs in this process; those that run are finished.</summary>
    public Task StopWorkersAsync(CancellationToken cancellationToken = default) => StartWorkersAsync(0, cancellationToken);

    /// <summary>The opened backend, for what this class does not say.</summary>
    public Task<IJobQueue> OpenAsync(CancellationToken cancellationToken = default) => queue.OpenAsync(cancellationToken);

    /// <summary>Lets go of the backend. A node inside this process stops in order: running jobs finish, or are handed back.</summary>
    public ValueTask DisposeAsync() => queue.DisposeAsync();

    private async Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(List<EnqueueRequest> requests, CancellationToken cancellationToken)
    {
        var receipts = await StoreAsync(requests, cancellationToken).ConfigureAwait(false);
        foreach (var receipt in receipts)
        {
            if (receipt is { Created: false, DiffersInRun: true, IsRefused: false })
            {
                options.OnWarning?.Invoke(
                    $"Job {receipt.Id} existed already with another run configuration, such as other inputs: that one counts. Give another id for another run.");
            }
        }

        return receipts;
    }

    /// <summary>Parents first; whom the call does not bring must be there.</summary>
    private async Task<IReadOnlyList<EnqueueReceipt>> StoreAsync(List<EnqueueRequest> requests, CancellationToken cancellationToken)
    {
        var order = ParentsFirst.Order(requests);
        foreach (var parent in ParentsFirst.Outside(requests))
        {
            if (await queue.AskAsync(opened => opened.FindAsync(parent, cancellationToken), cancellationToken).ConfigureAwait(false) is null)
            {
                throw new JobNotFoundException(parent);
            }
        }

        var receipts = new EnqueueReceipt[requests.Count];
        var done = 0;
        foreach (var part in order.SelectMany(level => RequestParts.Of(level, i => requests[i])))
        {
            try
            {
                var stored = await queue.AskAsync(opened => opened.EnqueueAsync([.. part.Select(i => requests[i])], cancellationToken), cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < part.Count; i++)
                {
                    receipts[part[i]] = stored[i];
                }
            }
            catch (QueueUnavailableException error) when (done > 0)
            {
                throw new QueueUnavailableException(
                    FormattableString.Invariant($"{error.Message} Of the call's {requests.Count:N0} jobs the first {done:N0} were stored or refused; what became of the {part.Count:N0} after them is not known."),
                    error);
            }

            done += part.Count;
        }

        return receipts;
    }

    private async Task<JobId> NewestAsync(string pipeline, JobStatus? status, CancellationToken cancellationToken)
    {
        var page = await ListAsync(new JobFilter { Pipeline = pipeline, Status = status, Limit = 1 }, cancellationToken).ConfigureAwait(false);
        return page.Jobs is [var newest, ..] ? newest.Id : throw new JobNotFoundException(pipeline, status);
    }

    private EnqueueRequest Request(string pipeline, RunConfig? runConfig, EnqueueOptions? enqueue)
    {
        var now = time.GetUtcNow();
        return JobRequests.Of(Project, pipeline, runConfig, enqueue ?? new EnqueueOptions(), now, key => NewId(now, key)) with
        {
            Request = NewRequest(),
        };
    }

    private static JobId NewId(DateTimeOffset now, string? uniqueKey = null)
    {
        Span<byte> chance = stackalloc byte[10];
        RandomNumberGenerator.Fill(chance);
        return uniqueKey is null ? JobId.FromRandom(now, chance) : JobId.ForKey(uniqueKey, now, chance);
    }

    private static RequestId NewRequest()
    {
        Span<byte> chance = stackalloc byte[8];
        RandomNumberGenerator.Fill(chance);
        return new RequestId(BitConverter.ToInt64(chance) & long.MaxValue);
    }
}
