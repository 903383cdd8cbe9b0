using FlowerPower.Jobs;

namespace FlowerPower.Cli.Running;

/// <summary>When a worker that only does what there is to do is done.</summary>
internal static class BurstEnd
{
    private static readonly JobStatus[] Open = [JobStatus.Pending, JobStatus.Running, JobStatus.Retrying, JobStatus.Deferred];
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Done when none of these queues has a job that is pending, running or retrying, or waits for another one, or when the token is cancelled.</summary>
    /// <param name="queues"><see langword="null"/>: all.</param>
    public static async Task WaitAsync(IJobQueue queue, IReadOnlyList<string>? queues, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            while (await HasWorkAsync(queue, queues, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Somebody stops it before it is done.
        }
    }

    private static async Task<bool> HasWorkAsync(IJobQueue queue, IReadOnlyList<string>? queues, CancellationToken cancellationToken)
    {
        var overview = await queue.OverviewAsync(cancellationToken).ConfigureAwait(false);
        var open = Open.Where(status => overview.Counts.GetValueOrDefault(status) > 0).ToList();
        if (queues is null || overview.BusySlots > 0)
        {
            return open.Count > 0;
        }

        foreach (var status in open)
        {
            foreach (var name in queues)
            {
                var page = await queue.ListAsync(new JobFilter { Queue = name, Status = status, Limit = 1 }, cancellationToken).ConfigureAwait(false);
                if (page.Jobs.Count > 0)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
