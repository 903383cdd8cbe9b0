using FlowerPower.Failures.Load;
using FlowerPower.Jobs;

namespace FlowerPower.Failures.Checks;

/// <summary>No shard has two histories: what stood at a place of its log stands there for ever, and every node tells the same.</summary>
internal static class OneHistory
{
    /// <param name="last">The reading that read everything.</param>
    /// <param name="mayGoBack">Redis was killed: what it lost comes back at the same place.</param>
    public static IEnumerable<string> Check(IReadOnlyCollection<LogSighting> entries, IReadOnlyCollection<HeadSighting> heads, int last, bool mayGoBack = false)
    {
        foreach (var place in entries.GroupBy(e => (e.Shard, e.Sequence)).Where(place => place.Select(e => e.Digest).Distinct().Count() > 1))
        {
            yield return $"Shard {place.Key.Shard} had {place.Select(e => e.Digest).Distinct().Count()} entries at place {place.Key.Sequence} of its log.";
        }

        foreach (var place in heads.GroupBy(h => (h.Shard, h.Sequence)).Where(place => place.Select(h => h.Token).Distinct().Count() > 1))
        {
            yield return $"Shard {place.Key.Shard} ended with {place.Select(h => h.Token).Distinct().Count()} tokens at place {place.Key.Sequence}.";
        }

        foreach (var shard in heads.GroupBy(h => h.Shard))
        {
            var ordered = shard.OrderBy(h => h.Read).ToList();
            if (!mayGoBack && ordered.Zip(ordered.Skip(1)).FirstOrDefault(pair => pair.Second.Sequence < pair.First.Sequence) is ({ } was, { } became))
            {
                yield return $"Shard {shard.Key} went back from {was.Sequence} to {became.Sequence}.";
            }

            var known = entries.Where(e => e.Shard == shard.Key && e.Read == last).Select(e => e.Sequence).Order().ToList();
            if (known.Zip(known.Skip(1)).Any(pair => pair.Second != pair.First + 1))
            {
                yield return $"Shard {shard.Key}'s log has a gap.";
            }

            if (ordered[^1].Read == last && known.Count > 0 && known[^1] != ordered[^1].Sequence)
            {
                yield return $"Shard {shard.Key}'s log ends with {known[^1]}, and its head says {ordered[^1].Sequence}.";
            }
        }
    }

    /// <param name="answers">What each node answered when it was asked for all jobs, by its name.</param>
    public static IEnumerable<string> CheckAgreement(IReadOnlyDictionary<string, IReadOnlyCollection<JobView>> answers)
    {
        var views = answers.SelectMany(answer => answer.Value.Select(job => (Node: answer.Key, Job: job))).ToLookup(view => view.Job.Id);
        foreach (var job in views)
        {
            if (job.Select(view => (view.Job.Status, view.Job.Attempts, view.Job.EnqueuedAt, view.Job.FinishedAt, view.Job.Worker)).Distinct().Count() > 1)
            {
                yield return $"{job.Key} is {string.Join(", ", job.Select(view => $"{view.Job.Status} after {view.Job.Attempts} attempts at {view.Job.FinishedAt:O} by {view.Node}"))}.";
            }

            if (job.Count() != answers.Count)
            {
                yield return $"{job.Key} is known to {string.Join(", ", job.Select(view => view.Node))} only.";
            }
        }
    }
}
