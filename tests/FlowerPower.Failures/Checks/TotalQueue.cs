using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Jobs;

namespace FlowerPower.Failures.Checks;

/// <summary>What goes in comes out, once: every acknowledged job has one outcome, which is that of one of its runs, and there is nothing that nobody asked for.</summary>
/// <remarks>In the manner of the total-queue checker of Jepsen: over what clients did and saw, not over what the queue says of itself.</remarks>
internal static class TotalQueue
{
    /// <param name="found">Each job that was asked for and is there, as a client sees it at the end.</param>
    /// <param name="listed">The ids of all jobs that the cluster lists at the end.</param>
    /// <returns>One sentence for each violation.</returns>
    public static IEnumerable<string> Check(
        IReadOnlyCollection<Invocation> asked, IReadOnlyDictionary<string, JobView> found, IReadOnlyCollection<string> listed, IReadOnlyCollection<Run> runs)
    {
        var runNames = runs.ToLookup(run => run.Job, run => run.Name);
        foreach (var requests in asked.GroupBy(request => request.Job))
        {
            var isAcknowledged = requests.Any(r => r.Answer == Answer.Acknowledged);
            if (!found.TryGetValue(requests.Key, out var job))
            {
                if (isAcknowledged)
                {
                    yield return $"{requests.Key} was acknowledged and is not there.";
                }
                else if (runNames.Contains(requests.Key))
                {
                    yield return $"{requests.Key} has run and is not there.";
                }

                continue;
            }

            if (requests.All(r => r.Answer == Answer.Refused))
            {
                yield return $"{requests.Key} was refused and is there.";
            }

            if (!job.IsFinished)
            {
                yield return $"{requests.Key}, {(isAcknowledged ? "acknowledged" : "whose answer is not known")}, has no outcome: it is {job.Status} since {job.History.LastOrDefault()?.At:HH:mm:ss.fff}.";
            }
            else if (job.Status == JobStatus.Completed && !runNames[requests.Key].Contains(Workload.ResultOf(job)))
            {
                yield return $"{requests.Key} completed with the result of none of its {runNames[requests.Key].Count()} runs: {Workload.ResultOf(job)}.";
            }
            else if (job.Status != JobStatus.Completed && job.Error?.Type != JobError.PoisonType)
            {
                yield return $"{requests.Key} should have completed and has {job.Status}: {job.Error?.Message}";
            }
        }

        var wanted = asked.Select(request => request.Job).ToHashSet();
        foreach (var id in listed.Where(id => !wanted.Contains(id)))
        {
            yield return $"{id} is there, and nobody asked for it.";
        }

        foreach (var id in runNames.Select(job => job.Key).Where(id => !wanted.Contains(id)))
        {
            yield return $"{id} has run, and nobody asked for it.";
        }

        foreach (var twice in listed.GroupBy(id => id).Where(same => same.Count() > 1))
        {
            yield return $"{twice.Key} is listed {twice.Count()} times.";
        }

        var isListed = listed.ToHashSet();
        foreach (var id in found.Keys.Where(id => !isListed.Contains(id)))
        {
            yield return $"{id} is there, and no list shows it.";
        }
    }
}
