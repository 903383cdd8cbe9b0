using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Client;

/// <content>What is done with many jobs by one call.</content>
public sealed partial class JobQueueManager
{
    private const int CommandsAtOnce = 64;

    private static readonly JobStatus[] Ended = [JobStatus.Completed, JobStatus.Failed, JobStatus.Cancelled];

    /// <summary>Store many jobs, parents before those that depend on them. When it returns, every job whose receipt is no refusal is durable.</summary>
    /// <param name="items">Any number, in the order of their age; they go to the queue in parts of at most 1,000.</param>
    /// <returns>
    /// A receipt for each, in order. An item that cannot be stored (an unknown pipeline, an option outside its range, a job that is too large, an id
    /// that is another pipeline's job's) is refused there (<see cref="EnqueueReceipt.IsRefused"/>, with the sentence in <see cref="EnqueueReceipt.Problem"/>)
    /// and keeps none of the others back.
    /// </returns>
    /// <exception cref="QueueUnavailableException">
    /// The queue cannot be reached. The message says how many of the first are stored; the same call again, with an id for each item, stores none twice.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// Items depend on jobs, and something is wrong with one of the call's items (or a <see cref="ProjectException"/>, or <see cref="JobNotFoundException"/> for a parent): then nothing was
    /// stored, because some of them would have waited in vain.
    /// </exception>
    public async Task<IReadOnlyList<EnqueueReceipt>> EnqueueManyAsync(IEnumerable<EnqueueItem> items, CancellationToken cancellationToken = default)
    {
        var receipts = new List<EnqueueReceipt>();
        var requests = new List<EnqueueRequest>();
        var places = new List<int>();
        var isTied = false;
        ExceptionDispatchInfo? wrong = null;
        foreach (var item in items)
        {
            isTied |= item.Options?.DependsOn.Count > 0;
            try
            {
                var request = Request(item.Pipeline, item.RunConfig, item.Options);
                RequireStorable(request);
                requests.Add(request);
                places.Add(receipts.Count);
                receipts.Add(new EnqueueReceipt(request.Spec.Id, Created: false)); // until its own comes
            }
            catch (Exception error) when (error is ProjectException or ArgumentException)
            {
                wrong ??= ExceptionDispatchInfo.Capture(error);
                receipts.Add(new EnqueueReceipt(item.Options?.Id ?? default, Created: false) { Problem = error.Message.Split(" (Parameter")[0] });
            }
        }

        if (isTied)
        {
            wrong?.Throw();
        }

        var answers = requests.Count == 0 ? [] : await EnqueueAsync(requests, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < answers.Count; i++)
        {
            receipts[places[i]] = answers[i] with { Problem = RefusalOf(requests[i], answers[i], [])?.Message };
        }

        return receipts;
    }

    /// <summary>All pages of a list, one after another, newest first.</summary>
    /// <param name="filter"><see langword="null"/>: all jobs. Its limit is that of each page.</param>
    public async IAsyncEnumerable<JobPage> ListPagesAsync(JobFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var rest = filter ?? new JobFilter();
        while (true)
        {
            var page = await ListAsync(rest, cancellationToken).ConfigureAwait(false);
            yield return page;
            if (page.Next is null)
            {
                yield break;
            }

            rest = rest with { After = page.Next };
        }
    }

    /// <summary>End all jobs that match and have not ended, page by page, newest first. Those that are enqueued meanwhile are not touched.</summary>
    /// <param name="filter">Its limit and its place do not matter.</param>
    /// <param name="by">Who asks, for the jobs' histories; <see langword="null"/>: this process's user.</param>
    /// <param name="dryRun">Only count those that match.</param>
    public Task<ManyReply> CancelManyAsync(
        JobFilter filter, string? reason = null, string? by = null, bool dryRun = false, CancellationToken cancellationToken = default) =>
        ManyAsync(
            [filter.Status is null ? filter with { Unfinished = true } : filter],
            dryRun ? null : (job, token) => CancelAsync(job, reason, by, token),
            cancellationToken);

    /// <summary>Let all failed jobs that match run again; or, if the filter says so, cancelled ones.</summary>
    /// <param name="filter">Its limit and its place do not matter; without a status it means <see cref="JobStatus.Failed"/>.</param>
    /// <inheritdoc cref="CancelManyAsync"/>
    public Task<ManyReply> RetryManyAsync(JobFilter filter, string? by = null, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        var wish = NewRequest();
        return ManyAsync(
            [filter with { Status = filter.Status ?? JobStatus.Failed }],
            dryRun ? null : (job, token) => RetryAsync(job, by, wish, cancellationToken: token),
            cancellationToken);
    }

    /// <summary>Forget all ended jobs that match.</summary>
    /// <param name="filter">Its limit and its place do not matter; without a status it means all that have ended.</param>
    /// <param name="by">Who asks, for the nodes' logs; <see langword="null"/>: this process's user.</param>
    /// <inheritdoc cref="CancelManyAsync"/>
    public Task<ManyReply> DeleteManyAsync(JobFilter filter, string? by = null, bool dryRun = false, CancellationToken cancellationToken = default) =>
        ManyAsync(
            filter.Status is null ? Ended.Select(status => filter with { Status = status }) : [filter],
            dryRun ? null : (job, token) => DeleteAsync(job, by, token),
            cancellationToken);

    private async Task<ManyReply> ManyAsync(
        IEnumerable<JobFilter> filters, Func<JobId, CancellationToken, Task<CommandReply>>? command, CancellationToken cancellationToken)
    {
        var (matched, done) = (0L, 0L);
        var refused = new Dictionary<Refusal, long>();
        var missing = new HashSet<string>();
        var gate = new Lock();
        foreach (var filter in filters)
        {
            var pages = filter with { Limit = JobFilter.MaxLimit, After = null, WithResults = false };
            await foreach (var page in ListPagesAsync(pages, cancellationToken).ConfigureAwait(false))
            {
                matched += page.Jobs.Count;
                missing.UnionWith(page.Missing ?? []);
                if (command is not null)
                {
                    await Parallel.ForEachAsync(
                        page.Jobs,
                        new ParallelOptions { MaxDegreeOfParallelism = CommandsAtOnce, CancellationToken = cancellationToken },
                        async (job, token) => Count(await command(job.Id, token).ConfigureAwait(false))).ConfigureAwait(false);
                }
            }
        }

        return new ManyReply(matched, done, refused) { Missing = missing.Count == 0 ? null : [.. missing.Order(StringComparer.Ordinal)] };

        void Count(CommandReply reply)
        {
            lock (gate)
            {
                if (reply.Refusal is { } reason)
                {
                    refused[reason] = refused.GetValueOrDefault(reason) + 1;
                }
                else
                {
                    done++;
                }
            }
        }
    }

    /// <exception cref="ArgumentException">The job cannot be stored: it is too large, for example.</exception>
    private static void RequireStorable(EnqueueRequest request)
    {
        if (JobWire.ProblemWith(request.Spec) is { } problem)
        {
            throw new ArgumentException($"Job {request.Spec.Id} cannot be stored: {problem}");
        }
    }

    /// <summary>A refusal as what a call for one job throws; <see langword="null"/>: it is none.</summary>
    /// <param name="receipts">Of the whole call.</param>
    private static Exception? RefusalOf(EnqueueRequest request, EnqueueReceipt receipt, IReadOnlyList<EnqueueReceipt> receipts) => receipt switch
    {
        { Refusal: Refusal.IdTaken } => new JobIdTakenException(receipt.Id, request.Spec.Pipeline, receipt.Pipeline ?? "?", receipts),
        { Refusal: Refusal.KeyTaken } => new UniqueKeyTakenException(request.Spec.UniqueKey!, receipt.Id, receipts),
        { Problem: { } problem } => new ArgumentException(problem),
        { Refusal: { } reason } => new InvalidOperationException($"Job {receipt.Id} is refused ({reason})."),
        _ => null,
    };
}
