namespace FlowerPower.Jobs;

/// <summary>
/// What a backend can do with jobs: asked of a node in this process, of one behind a socket, or of another system behind an adapter.
/// </summary>
/// <remarks>
/// Every write may be repeated with the same ids and then changes nothing. All methods may be called from several threads.
/// A queue that cannot be reached throws <see cref="QueueUnavailableException"/>.
/// </remarks>
public interface IJobQueue : IAsyncDisposable
{
    /// <summary>Store jobs. When it returns, every accepted job is durable.</summary>
    /// <param name="requests">1 or more, in the order of their age; an id that exists already is answered with the job that exists.</param>
    /// <returns>One receipt for each request, in the same order; a request that is refused keeps none of the others from being stored.</returns>
    Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default);

    /// <summary>One job; <see langword="null"/> if there is none of this id.</summary>
    Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default);

    /// <summary>Jobs that match, newest first.</summary>
    Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Wait until the job has ended; the answer is pushed, not polled.</summary>
    /// <returns>The ended job; <see langword="null"/> if there is none of this id.</returns>
    /// <remarks>It waits without limit: cancel the token to stop waiting.</remarks>
    Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default);

    /// <summary>The job now, and again whenever its status or progress changes; ends after its end, or at once if there is none.</summary>
    /// <remarks>A slow reader misses steps in between, never the last one.</remarks>
    IAsyncEnumerable<JobView> WatchAsync(JobId id, CancellationToken cancellationToken = default);

    /// <summary>Every change of any job that matches, from now on; a job that becomes due by the clock does not change. It goes on until the token is cancelled.</summary>
    /// <param name="filter">Its limit and place in a list do not matter.</param>
    /// <remarks>
    /// A reader that is too slow misses changes, and is told how many. What changes while a node of a cluster is out of reach is missed too.
    /// </remarks>
    IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, CancellationToken cancellationToken = default);

    /// <summary>The newest lines that the job wrote, oldest first, and others as they come; none if there is no such job.</summary>
    /// <param name="follow">Until the job has ended; else only those that there are now.</param>
    /// <param name="after">Only lines after this place; <see langword="null"/>: from the oldest that is kept.</param>
    /// <remarks>Lines may be missing, because there were too many or their reader was too slow: <see cref="JobLogLine.DroppedBefore"/> says how many.</remarks>
    IAsyncEnumerable<JobLogLine> LogsAsync(JobId id, bool follow = false, JobLogPlace? after = null, CancellationToken cancellationToken = default);

    /// <summary>End a job, waiting or running.</summary>
    /// <param name="by">Who asks, for the job's history.</param>
    Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Let a failed or cancelled job run again.</summary>
    /// <param name="by">Who asks, for the job's history.</param>
    /// <param name="request">The same one again changes nothing and succeeds; <see langword="null"/>: a new one.</param>
    /// <param name="fresh">From the beginning: the checkpoint of former attempts is forgotten.</param>
    Task<CommandReply> RetryAsync(JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default);

    /// <summary>Set what holds for all jobs of a queue. When it returns, every node that could be reached keeps to it.</summary>
    /// <param name="by">Who asks, for the queue's history.</param>
    Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default);

    /// <summary>The queues that have unfinished jobs or settings, by name.</summary>
    Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default);

    /// <summary>Keep an ended job for another while than its retention says, from now.</summary>
    /// <param name="length">Above zero; beyond the calendar's end it is kept for ever.</param>
    /// <param name="by">Who asks, for the job's history.</param>
    /// <exception cref="ArgumentException">The length is not above zero.</exception>
    Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default);

    /// <summary>Forget an ended job: its id is free again, and nothing tells of it any more.</summary>
    /// <param name="by">Who asks, for the node's log.</param>
    /// <returns>Without a job. A repetition is refused as <see cref="Refusal.NotFound"/>, and harmless.</returns>
    Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default);

    /// <summary>What the queue is doing, in numbers.</summary>
    Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default);
}

/// <summary>A job to be.</summary>
/// <param name="DueAt">From when on it may start; <see langword="null"/>: at once.</param>
/// <param name="Request">The same one again is known by its job; <see langword="null"/>: a new one.</param>
public sealed record EnqueueRequest(JobSpec Spec, DateTimeOffset? DueAt = null, RequestId? Request = null)
{
    /// <summary>What happens if another job has its <see cref="JobSpec.UniqueKey"/>.</summary>
    public KeyConflict OnConflict { get; init; } = KeyConflict.ReturnExisting;
}

/// <summary>What happens to a job to be whose unique key another job has.</summary>
public enum KeyConflict
{
    /// <summary>The other one is meant: its id is the answer, and nothing is stored.</summary>
    ReturnExisting = 1,

    /// <summary>It is refused as <see cref="Refusal.KeyTaken"/>, and nothing is stored.</summary>
    Error = 2,

    /// <summary>The other one is cancelled, if it has not ended, and this one takes its place.</summary>
    Replace = 3,
}

/// <summary>The answer to one <see cref="EnqueueRequest"/>.</summary>
/// <param name="Id">The job's; that of the job which has the unique key, if that is another one.</param>
/// <param name="Created">
/// This request made the job, now or when it was sent before; <see langword="false"/>: a job of this id existed, and is unchanged.
/// </param>
public sealed record EnqueueReceipt(JobId Id, bool Created)
{
    /// <summary>
    /// Why nothing was stored: <see cref="Jobs.Refusal.IdTaken"/>, the id is another pipeline's job's, or <see cref="Jobs.Refusal.KeyTaken"/>, another job has the unique key;
    /// <see langword="null"/> if the job is there.
    /// </summary>
    public Refusal? Refusal { get; init; }

    /// <summary>The pipeline of the job that has the id; <see langword="null"/> if the backend does not say.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Why nothing was stored, in a sentence with the remedy; <see langword="null"/>: it was, or <see cref="Refusal"/> says why not.</summary>
    public string? Problem { get; init; }

    /// <summary>Nothing was stored for this request, and no job of this id is what it asked for.</summary>
    public bool IsRefused => Refusal is not null || Problem is not null;

    /// <summary>The job that existed has another run configuration than the one asked for now: other inputs, for example.</summary>
    public bool DiffersInRun { get; init; }
}

/// <summary>The answer to a command.</summary>
/// <param name="Refusal"><see langword="null"/> if it was carried out, or had been before.</param>
/// <param name="Job">The job afterwards; <see langword="null"/> if there is none.</param>
public sealed record CommandReply(Refusal? Refusal, JobView? Job);

/// <summary>Which jobs a list shows.</summary>
public sealed record JobFilter
{
    /// <summary>Only this pipeline's; <see langword="null"/>: any.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Only this queue's; <see langword="null"/>: any.</summary>
    public string? Queue { get; init; }

    /// <summary>Only this status; <see langword="null"/>: any.</summary>
    public JobStatus? Status { get; init; }

    /// <summary>Only jobs that have this tag, letter for letter; <see langword="null"/>: any.</summary>
    public string? Tag { get; init; }

    /// <summary>Only jobs that were enqueued then or later; <see langword="null"/>: any.</summary>
    public DateTimeOffset? EnqueuedSince { get; init; }

    /// <summary>Only jobs that were enqueued before then; <see langword="null"/>: any.</summary>
    public DateTimeOffset? EnqueuedBefore { get; init; }

    /// <summary>Only jobs that have not ended.</summary>
    public bool Unfinished { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Continue after this page's <see cref="JobPage.Next"/>; <see langword="null"/> begins.</summary>
    public string? After { get; init; }

    /// <summary>Whether results come with the jobs.</summary>
    public bool WithResults { get; init; }

    /// <summary>The greatest page.</summary>
    public const int MaxLimit = 1000;
}

/// <summary>A page of a list: by <see cref="JobView.EnqueuedAt"/>, newest first.</summary>
/// <param name="Jobs">
/// At most <see cref="JobFilter.Limit"/>. There may be fewer, or none, although more pages follow: no index knows of tags, and a page ends after some
/// thousand jobs that were looked at, whether or not they had the tag.
/// </param>
/// <param name="Next">For <see cref="JobFilter.After"/>; <see langword="null"/> if this was the last page.</param>
public sealed record JobPage(IReadOnlyList<JobView> Jobs, string? Next)
{
    /// <summary>What of a cluster could not be asked, nodes as <c>name at host:port</c> and parked shards as <c>shard 7 (parked)</c>: their unfinished jobs are not on the page. <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? Missing { get; init; }
}

/// <summary>A queue in numbers.</summary>
/// <param name="Node">Who answers.</param>
/// <param name="AsOf">When.</param>
/// <param name="Counts">Jobs by status; a status that has none may be absent.</param>
/// <param name="WorkerSlots">Jobs that can run at once here, whosever they are; 0 if no worker is up.</param>
/// <param name="BusySlots">Attempts that run here now, those of <paramref name="OwnJobs"/> included.</param>
/// <param name="OwnJobs">
/// Jobs that the node's own process waits for and runs although it has no worker slots for others; <see langword="null"/> or empty: none.
/// </param>
public sealed record QueueOverview(
    string Node,
    DateTimeOffset AsOf,
    IReadOnlyDictionary<JobStatus, long> Counts,
    int WorkerSlots,
    int BusySlots,
    IReadOnlyList<JobId>? OwnJobs = null)
{
    /// <summary>The queues that the worker slots serve; <see langword="null"/>: all.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>What of a cluster could not be asked, nodes as <c>name at host:port</c> and parked shards as <c>shard 7 (parked)</c>: their unfinished jobs are not counted. <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? Missing { get; init; }

    /// <summary>Would a worker slot that is up take jobs of this queue?</summary>
    public bool Serves(string queue) => WorkerSlots > 0 && Queues?.Contains(queue) != false;

    /// <summary>Is anybody up who would run this job of this queue, so that waiting for it is not in vain?</summary>
    public bool CanRun(JobId id, string queue) => Serves(queue) || OwnJobs?.Contains(id) == true;
}

/// <summary>The queue cannot be reached, or does not answer. The message says which, and what to do.</summary>
public sealed class QueueUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
