using System.Runtime.CompilerServices;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>The nodes of a cluster that an <see cref="ClusterJobQueue"/> asks.</summary>
internal interface IClusterNodes
{
    int ShardCount { get; }

    /// <summary>Who has the shard, or whom it belongs to; <see langword="null"/>: nobody.</summary>
    string? OwnerOf(int shard);

    /// <summary>Who says that it has the shard; <see langword="null"/>: nobody does, or it is on its way from one node to another.</summary>
    string? ServedBy(int shard);

    /// <summary>The node's queue; <see langword="null"/> while it cannot be reached.</summary>
    IJobQueue? QueueOf(string node);

    /// <summary>Those that are not dead, with the roles that they have.</summary>
    IEnumerable<MemberInfo> Living { get; }

    /// <summary>The shards that no node takes by itself.</summary>
    IReadOnlyList<ParkedShard> Parked { get; }

    /// <summary>The node does not have the shard.</summary>
    void Doubt(int shard, string node);

    /// <summary>Done when something has changed since this was read.</summary>
    Task Changed { get; }
}

/// <summary>
/// All jobs of a cluster: each request goes to the node that has the job's shard, and again, with the same ids, to the next one if it has moved.
/// </summary>
internal sealed partial class ClusterJobQueue(IClusterNodes nodes, NodeChance chance, TimeProvider time) : IJobQueue, IJobMailbox
{
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(2);

    public async Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(
        IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default)
    {
        // One wish however often it is sent.
        var wishes = requests.Select(request => request.Request is null ? request with { Request = chance.NextRequest() } : request).ToList();
        var receipts = new EnqueueReceipt[wishes.Count];
        var byShard = Enumerable.Range(0, wishes.Count).GroupBy(i => ShardOf(wishes[i].Spec.Id));
        await Task.WhenAll(byShard.GroupBy(shard => nodes.OwnerOf(shard.Key) ?? "").Select(async owned =>
        {
            // What belongs to one node goes there in one request, unless the shards have moved apart meanwhile.
            var indices = owned.SelectMany(shard => shard).Order().ToList();
            if (owned.Count() > 1 && nodes.QueueOf(owned.Key) is { } queue)
            {
                try
                {
                    Keep(indices, await queue.EnqueueAsync([.. indices.Select(i => wishes[i])], cancellationToken).ConfigureAwait(false));
                    return;
                }
                catch (Exception error) when (error is ShardElsewhereException or QueueUnavailableException)
                {
                    // Shard by shard then.
                }
            }

            await Task.WhenAll(owned.Select(async shard => Keep(
                [.. shard],
                await OnOwnerAsync(
                    shard.Key, q => q.EnqueueAsync([.. shard.Select(i => wishes[i])], cancellationToken), cancellationToken).ConfigureAwait(false))))
                .ConfigureAwait(false);
        })).ConfigureAwait(false);
        return receipts;

        void Keep(IReadOnlyList<int> indices, IReadOnlyList<EnqueueReceipt> answered)
        {
            for (var i = 0; i < indices.Count; i++)
            {
                receipts[indices[i]] = answered[i];
            }
        }
    }

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default) =>
        OnOwnerAsync(ShardOf(id), queue => queue.FindAsync(id, cancellationToken), cancellationToken);

    public Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default) =>
        OnOwnerAsync(ShardOf(id), queue => queue.WaitAsync(id, cancellationToken), cancellationToken, isWait: true);

    public async IAsyncEnumerable<JobView> WatchAsync(JobId id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var shard = ShardOf(id);
        while (true)
        {
            // The watch begins anew where the shard is then: its first view says what was missed.
            await using var views = await OnOwnerAsync(
                shard,
                async queue =>
                {
                    var began = queue.WatchAsync(id, cancellationToken).GetAsyncEnumerator(cancellationToken);
                    return await began.MoveNextAsync().ConfigureAwait(false) ? began : null;
                },
                cancellationToken).ConfigureAwait(false);
            if (views is null)
            {
                yield break;
            }

            var isMoved = false;
            do
            {
                yield return views.Current;
                try
                {
                    if (!await views.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (Exception error) when (error is ShardElsewhereException or QueueUnavailableException)
                {
                    isMoved = true;
                }
            }
            while (!isMoved);
        }
    }

    public Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
        OnOwnerAsync(ShardOf(id), queue => queue.CancelAsync(id, by, reason, cancellationToken), cancellationToken);

    public Task<CommandReply> RetryAsync(
        JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default)
    {
        var wish = request ?? chance.NextRequest();
        return OnOwnerAsync(ShardOf(id), queue => queue.RetryAsync(id, by, wish, fresh, cancellationToken), cancellationToken);
    }

    public Task<JobMailReceipt> PostAsync(JobId to, JobMail mail, CancellationToken cancellationToken) =>
        OnOwnerAsync(ShardOf(to), queue => ((IJobMailbox)queue).PostAsync(to, mail, cancellationToken), cancellationToken);

    public Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default) =>
        OnOwnerAsync(ShardOf(id), queue => queue.KeepAsync(id, length, by, cancellationToken), cancellationToken);

    public Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default) =>
        OnOwnerAsync(ShardOf(id), queue => queue.DeleteAsync(id, by, cancellationToken), cancellationToken);

    /// <summary>Finished jobs from the store, by whichever node answers; unfinished ones from each node that has some.</summary>
    public async Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default)
    {
        var limit = Math.Clamp(filter.Limit, 1, JobFilter.MaxLimit);
        var (pages, missing) = await OnAllAsync(
            queue => queue.ListAsync(filter, cancellationToken),
            queue => queue.ListAsync(filter with { Unfinished = true }, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        // A job that was in two places while it moved, or ended in between, is shown once: as it stands later.
        // What a node has not looked at yet is on none of the pages: what is older than that waits for the next one.
        var readTo = pages.Select(page => JobLister.ParseCursor(page.Next)).Aggregate((RecordCursor?)null, JobLister.Newer);
        var jobs = pages.SelectMany(page => page.Jobs)
            .Where(job => !JobLister.IsBehind(job.EnqueuedAt, job.Id.Value, readTo))
            .GroupBy(job => job.Id)
            .Select(same => same.OrderByDescending(job => job.IsFinished).First())
            .OrderByDescending(job => job.EnqueuedAt).ThenByDescending(job => job.Id.Value, StringComparer.Ordinal)
            .ToList();
        var next = jobs.Count > limit ? JobLister.Cursor(jobs[limit - 1].EnqueuedAt, jobs[limit - 1].Id.Value)
            : readTo is null ? null : JobLister.Cursor(readTo.SortAt, readTo.EntityId);
        return new JobPage([.. jobs.Take(limit)], next) { Missing = missing };
    }

    public async Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default)
    {
        var (answers, missing) = await OnAllAsync(
            queue => queue.OverviewAsync(cancellationToken), queue => queue.OverviewAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        var counts = new Dictionary<JobStatus, long>(answers[0].Counts);
        foreach (var (status, count) in answers.Skip(1).SelectMany(answer => answer.Counts).Where(c => !JobLister.FinishedStatuses.Contains(c.Key)))
        {
            counts[status] = counts.GetValueOrDefault(status) + count;
        }

        var workers = nodes.Living.Where(node => node.Roles.HasFlag(MemberRoles.Worker)).ToList();
        return answers[0] with
        {
            Counts = counts,
            WorkerSlots = workers.Sum(worker => worker.Slots),
            Queues = workers.Any(worker => worker.Queues is null) ? null : [.. workers.SelectMany(worker => worker.Queues!).Distinct().Order()],
            BusySlots = (int)counts.GetValueOrDefault(JobStatus.Running),
            Missing = missing,
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private int ShardOf(JobId id) => ShardKey.Of(id.Value, nodes.ShardCount);

    /// <summary>
    /// Asks every node that serves shards: one of them for what any node can tell as well, the others for what they alone have. A shard that is on its way
    /// from one node to another meanwhile is in no answer, so they are asked again once it has come.
    /// </summary>
    /// <returns>The answers, that one's first, and what is missing in them; <see langword="null"/>: nothing.</returns>
    /// <exception cref="QueueUnavailableException">Nobody answers.</exception>
    private async Task<(IReadOnlyList<T> Answers, IReadOnlyList<string>? Missing)> OnAllAsync<T>(
        Func<IJobQueue, Task<T>> askFirst, Func<IJobQueue, Task<T>> askOther, CancellationToken cancellationToken)
        where T : class
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var before = await PlacesAsync(started, cancellationToken).ConfigureAwait(false);
            var (answers, silent) = await AskAllAsync(askFirst, askOther).ConfigureAwait(false);
            var parked = nodes.Parked;
            var moving = Enumerable.Range(0, before.Length).Except(parked.Select(shelved => shelved.Shard))
                .Where(shard => before[shard] is null || before[shard] != nodes.ServedBy(shard)).ToList();
            if (moving.Count == 0 || time.GetElapsedTime(started) > ListPatience)
            {
                List<string> missing = [.. silent.Select(node => $"{node.Name} at {node.Address}"), .. ParkedShards.Names(parked), .. MovingShards(moving)];
                return (answers, missing.Count == 0 ? null : missing);
            }
        }
    }

    /// <summary>Who has each shard, once each is somewhere, or when it has been waited for long enough.</summary>
    private async Task<string?[]> PlacesAsync(long started, CancellationToken cancellationToken)
    {
        while (true)
        {
            var change = nodes.Changed; // before the look, so that a change after it is not missed
            var places = Enumerable.Range(0, nodes.ShardCount).Select(nodes.ServedBy).ToArray();
            var parked = nodes.Parked;
            var left = ListPatience - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || !places.Where((place, shard) => place is null && parked.All(shelved => shelved.Shard != shard)).Any())
            {
                return places;
            }

            try
            {
                await change.WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // What has come by now is listed, and the rest is named.
            }
        }
    }

    private static IEnumerable<string> MovingShards(List<int> moving) => moving.Count switch
    {
        0 => [],
        1 => [$"shard {moving[0]} (on its way to a node)"],
        _ => [$"{moving.Count} shards (on their way to a node)"],
    };

    private async Task<(IReadOnlyList<T> Answers, IReadOnlyList<MemberInfo> Silent)> AskAllAsync<T>(Func<IJobQueue, Task<T>> askFirst, Func<IJobQueue, Task<T>> askOther)
        where T : class
    {
        var all = nodes.Living.Where(node => node.Roles.HasFlag(MemberRoles.Queue)).ToList();
        if (all.Count == 0)
        {
            throw new QueueUnavailableException("No node of the cluster serves jobs: start one with the role 'queue'.");
        }

        var silent = new List<MemberInfo>();
        for (var (first, rest) = (all[0], all.Skip(1).ToList()); ; (first, rest) = (rest[0], [.. rest.Skip(1)]))
        {
            var others = rest.ConvertAll(node => TryAsync(node, askOther));
            var told = await TryAsync(first, askFirst).ConfigureAwait(false);
            var answers = await Task.WhenAll(others).ConfigureAwait(false);
            if (told is not null)
            {
                silent.AddRange(rest.Where((_, i) => answers[i] is null));
                return ([told, .. answers.OfType<T>()], silent);
            }

            silent.Add(first);
            if (rest.Count == 0)
            {
                throw new QueueUnavailableException(
                    $"No node that serves jobs can be reached at the moment ({string.Join(", ", silent.Select(node => $"{node.Name} at {node.Address}"))}): ask again.");
            }
        }

        async Task<T?> TryAsync(MemberInfo node, Func<IJobQueue, Task<T>> ask)
        {
            try
            {
                return nodes.QueueOf(node.Incarnation) is { } queue ? await ask(queue).ConfigureAwait(false) : null;
            }
            catch (Exception error) when (error is QueueUnavailableException or ShardElsewhereException)
            {
                return null; // its connection broke, or it stops, or a shard left it while it looked
            }
        }
    }

    /// <param name="isWait">The answer may take any time; only how long nobody could be asked counts.</param>
    private async Task<T> OnOwnerAsync<T>(
        int shard, Func<IJobQueue, Task<T>> ask, CancellationToken cancellationToken, bool isWait = false)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var change = nodes.Changed; // before the look, so that a change after it is not missed
            if (nodes.Parked.FirstOrDefault(parked => parked.Shard == shard) is { } shelved)
            {
                throw new QueueUnavailableException(ParkedShards.Sentence(shelved));
            }

            var owner = nodes.OwnerOf(shard);
            Exception? why = null;
            var waited = TimeSpan.Zero;
            if (owner is not null && nodes.QueueOf(owner) is { } queue)
            {
                var askedAt = time.GetTimestamp();
                try
                {
                    return await ask(queue).ConfigureAwait(false);
                }
                catch (ShardElsewhereException error)
                {
                    nodes.Doubt(shard, owner);
                    (why, waited) = (error, time.GetElapsedTime(askedAt));
                }
                catch (QueueUnavailableException error)
                {
                    // Its connection broke, or it stops; what it was asked is safe to repeat.
                    (why, waited) = (error, time.GetElapsedTime(askedAt));
                }
            }

            if (isWait && waited > LookAgain)
            {
                started = time.GetTimestamp(); // it was asked, and waited, until now
            }

            if (time.GetElapsedTime(started) > GiveUpAfter)
            {
                throw new QueueUnavailableException(
                    $"No node of the cluster could answer for shard {shard} for {GiveUpAfter.TotalSeconds:0} s"
                    + $"{(why is null ? owner is null ? ": none serves jobs" : $": the node {owner} cannot be reached" : $": {why.Message}")} "
                    + "What was asked may or may not have been carried out; the same command with the same job id is safe to repeat.", why);
            }

            try
            {
                await change.WaitAsync(LookAgain, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The owner may be on its way: starting, or yet to be seen.
            }
        }
    }
}
