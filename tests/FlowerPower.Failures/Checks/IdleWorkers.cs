using FlowerPower.Failures.Load;
using FlowerPower.Jobs;

namespace FlowerPower.Failures.Checks;

/// <summary>No job waits while a worker that could run it is idle.</summary>
internal static class IdleWorkers
{
    /// <param name="from">From when on the cluster was whole: what waited before it counts from here.</param>
    /// <param name="longest">So long may a job wait although there is a free slot: to be stored, offered and granted takes a moment.</param>
    public static IEnumerable<string> Check(IReadOnlyCollection<JobView> jobs, IReadOnlyList<SlotSample> samples, DateTimeOffset from, TimeSpan longest)
    {
        foreach (var job in jobs)
        {
            foreach (var (waiting, next) in job.History.Zip(job.History.Skip(1)))
            {
                var begin = waiting.At > from ? waiting.At : from;
                if (waiting.Status != JobStatus.Pending || next.At - begin <= longest)
                {
                    continue;
                }

                var meanwhile = samples.Where(s => s.At >= begin && s.At <= next.At).ToList();
                if (meanwhile.Count > 1 && meanwhile[^1].At - meanwhile[0].At > longest && meanwhile.All(s => s.Running < s.Slots))
                {
                    yield return $"{job.Id} waited {(next.At - begin).TotalSeconds:0.0} s from {begin:HH:mm:ss.fff} on, while at least {meanwhile.Min(s => s.Slots - s.Running)} of {meanwhile[0].Slots} slots were idle.";
                }
            }
        }
    }
}
