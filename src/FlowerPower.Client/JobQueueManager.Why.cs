using FlowerPower.Jobs;

namespace FlowerPower.Client;

public sealed partial class JobQueueManager
{
    /// <summary>Why a job waits, as of now.</summary>
    /// <returns>One sentence for people; <see langword="null"/> if it does not wait.</returns>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public async Task<string?> WhyWaitingAsync(JobId id, CancellationToken cancellationToken = default)
    {
        var job = await GetQueueStatusAsync(id, cancellationToken).ConfigureAwait(false);
        switch (job.Status)
        {
            case JobStatus.Deferred:
                return await WhyDeferredAsync(job, cancellationToken).ConfigureAwait(false);
            case JobStatus.Scheduled:
                return $"It is not to start before {job.DueAt:u}.";
            case JobStatus.Retrying:
                return $"Its last attempt failed, and the next one is due at {job.DueAt:u}.";
            case JobStatus.Pending:
                var queues = await QueuesAsync(cancellationToken).ConfigureAwait(false);
                var overview = await OverviewAsync(cancellationToken).ConfigureAwait(false);
                return Waiting.WhyPending(job, queues.FirstOrDefault(info => info.Name == job.Queue), overview);
            default:
                return null;
        }
    }

    private async Task<string> WhyDeferredAsync(JobView job, CancellationToken cancellationToken)
    {
        var parents = new List<string>();
        foreach (var id in job.WaitsFor.Take(Waiting.MostNamed))
        {
            var parent = await queue.AskAsync(opened => opened.FindAsync(id, cancellationToken), cancellationToken).ConfigureAwait(false);
            parents.Add($"{id} ({(parent is null ? "gone" : parent.Status.ToString().ToLowerInvariant())})");
        }

        return $"It waits for {(job.WaitsFor.Count == 1 ? "job" : "jobs")} {Waiting.Names(parents, job.WaitsFor.Count)} to end.";
    }
}

/// <summary>Reasons for which a job that is due waits, in words.</summary>
internal static class Waiting
{
    /// <summary>So many jobs are named; of more, how many there are.</summary>
    public const int MostNamed = 5;

    /// <param name="info">Its queue; <see langword="null"/>: nothing is known of it.</param>
    public static string WhyPending(JobView job, QueueInfo? info, QueueOverview overview)
    {
        if (info?.Settings.Pause is { } pause)
        {
            return $"Queue '{job.Queue}' was paused by {pause.By} at {pause.At:u}{(pause.Reason is null ? "" : $": {pause.Reason}")}.";
        }

        if (!overview.Serves(job.Queue) && !overview.CanRun(job.Id, job.Queue))
        {
            return overview.WorkerSlots == 0
                ? "No worker is up."
                : $"No worker serves queue '{job.Queue}': those that are up serve {string.Join(", ", overview.Queues ?? [])}.";
        }

        if (info?.Settings.Concurrency is { } most && info.Permits >= most)
        {
            return FormattableString.Invariant($"Queue '{job.Queue}' lets at most {most:N0} of its jobs run at once, and so many have leave: {Names(info.Holders.Select(id => id.Value), info.Permits)}.");
        }

        if (overview.BusySlots >= overview.WorkerSlots)
        {
            return FormattableString.Invariant(
                $"All {overview.WorkerSlots:N0} worker slots are busy, and jobs of higher priority or greater age go first.");
        }

        return info?.Settings.Rate is { } rate
            ? FormattableString.Invariant($"Queue '{job.Queue}' lets at most {rate.Count:N0} of its jobs start in {rate.Per:c}.")
            : "Nothing holds it up: it is about to start.";
    }

    /// <summary>The first of them, and how many more there are.</summary>
    public static string Names(IEnumerable<string> names, int count)
    {
        var shown = names.Take(MostNamed).ToList();
        return string.Join(", ", shown) + (count > shown.Count ? FormattableString.Invariant($" and {count - shown.Count:N0} more") : "");
    }
}
