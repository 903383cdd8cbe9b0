using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Jobs;

namespace FlowerPower.Failures.Checks;

/// <summary>An outcome that somebody saw stays: nobody sees another one, and the job never runs again.</summary>
internal static class Outcomes
{
    /// <param name="excused">Whether a run that began after its job's outcome was seen is to be expected: the process had been granted the attempt before, and was held up.</param>
    public static IEnumerable<string> Check(
        IReadOnlyCollection<Sighting> sightings, IReadOnlyDictionary<string, JobView> found, IReadOnlyCollection<Run> runs, Func<Run, bool>? excused = null)
    {
        var runsOf = runs.ToLookup(run => run.Job);
        foreach (var seen in sightings)
        {
            if (!found.TryGetValue(seen.Job, out var job))
            {
                yield return $"{seen.Job} was seen {seen.Status} and is not there any more.";
                continue;
            }

            if ((job.Status, Workload.ResultOf(job), job.FinishedAt) != (seen.Status, seen.Result, seen.FinishedAt))
            {
                yield return $"{seen.Job} was seen {seen.Status} with {seen.Result ?? "no result"} at {seen.FinishedAt:O}, and is {job.Status} with {Workload.ResultOf(job) ?? "no result"} at {job.FinishedAt:O}.";
            }

            foreach (var late in runsOf[seen.Job].Where(run => run.BegunAt > seen.At && excused?.Invoke(run) != true))
            {
                yield return $"{seen.Job} began to run on {late.Node} after it was seen {seen.Status}.";
            }
        }
    }
}
