using FlowerPower.Failures.Cluster;
using FlowerPower.Jobs;

namespace FlowerPower.Failures.Checks;

/// <summary>A job's history is one legal chain, which ends where the job stands and knows of every run.</summary>
internal static class JobChain
{
    public static IEnumerable<string> Check(JobView job, IReadOnlyCollection<Run> runs)
    {
        var steps = job.History;
        if (steps.Count == 0 || steps[0] is not { Attempt: 0, Status: JobStatus.Pending or JobStatus.Scheduled })
        {
            yield return $"{job.Id}'s history does not begin with its enqueueing: {Text(steps)}.";
            yield break;
        }

        for (var i = 1; i < steps.Count; i++)
        {
            if (!MayFollow(steps[i - 1], steps[i], steps.Take(i).Max(s => s.Attempt)))
            {
                yield return $"{job.Id}'s history has {Text(steps[i])} after {Text(steps[i - 1])}: {Text(steps)}.";
            }

            if (steps[i].At < steps[i - 1].At)
            {
                yield return $"{job.Id}'s history goes back in time: {Text(steps)}.";
            }
        }

        if (job.IsFinished ? steps[^1].Status != job.Status || steps[^1].At != job.FinishedAt : IsEnd(steps[^1].Status))
        {
            yield return $"{job.Id} is {job.Status}, and its history ends with {Text(steps[^1])}.";
        }

        var started = steps.Count(s => s.Status == JobStatus.Running);
        if (job.Attempts != started)
        {
            yield return $"{job.Id} counts {job.Attempts} attempts, and its history {started}.";
        }

        if (steps.Where(s => s.Grant is not null).GroupBy(s => s.Grant).Any(same => same.Count() > 1))
        {
            yield return $"{job.Id}'s history has one grant for two attempts: {Text(steps)}.";
        }

        if (runs.Count > started)
        {
            yield return $"{job.Id} ran {runs.Count} times, and its history has {started} attempts: {Text(steps)}.";
        }
    }

    // Without retries by hand, which the clients of this suite do not ask for.
    private static bool MayFollow(JobTransition before, JobTransition next, int attempts) => (before.Status, next.Status) switch
    {
        (JobStatus.Pending or JobStatus.Scheduled or JobStatus.Retrying, JobStatus.Running) => next.Attempt == attempts + 1 && next.Grant is not null,
        (JobStatus.Running, JobStatus.Pending or JobStatus.Retrying or JobStatus.Completed or JobStatus.Failed) => next.Attempt == before.Attempt && next.By == before.By,
        _ => false,
    };

    private static bool IsEnd(JobStatus status) => status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled;

    private static string Text(IEnumerable<JobTransition> steps) => string.Join(", ", steps.Select(Text));

    private static string Text(JobTransition step) => $"{step.Status} {step.Attempt} by {step.By ?? "nobody"} at {step.At:HH:mm:ss.fff}";
}
