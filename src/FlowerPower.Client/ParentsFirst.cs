using FlowerPower.Jobs;

namespace FlowerPower.Client;

/// <summary>The order in which jobs of one call are stored: each after those that it depends on, so that none asks for a parent that is not there yet.</summary>
internal static class ParentsFirst
{
    /// <returns>The requests' indices: first those that depend on none of the others, then those that depend on these, and so on.</returns>
    /// <exception cref="ArgumentException">Some of them wait for each other; the message names one.</exception>
    public static IReadOnlyList<IReadOnlyList<int>> Order(IReadOnlyList<EnqueueRequest> requests)
    {
        if (requests.All(request => request.Spec.DependsOn.Count == 0))
        {
            return [[.. Enumerable.Range(0, requests.Count)]];
        }

        var inCall = requests.Select(request => request.Spec.Id).ToHashSet();
        var stored = new HashSet<JobId>();
        var left = Enumerable.Range(0, requests.Count).ToList();
        var levels = new List<IReadOnlyList<int>>();
        while (left.Count > 0)
        {
            var level = left.FindAll(i => requests[i].Spec.DependsOn.All(parent => !inCall.Contains(parent.Job) || stored.Contains(parent.Job)));
            if (level.Count == 0)
            {
                throw new ArgumentException(
                    $"Job {requests[left[0]].Spec.Id} and others of the call wait for each other in a ring, so none of them could ever start: nothing was stored.", nameof(requests));
            }

            levels.Add(level);
            left.RemoveAll(level.Contains);
            stored.UnionWith(level.Select(i => requests[i].Spec.Id));
        }

        return levels;
    }

    /// <summary>The parents that are to exist before the call.</summary>
    public static IEnumerable<JobId> Outside(IReadOnlyList<EnqueueRequest> requests)
    {
        var inCall = requests.Select(request => request.Spec.Id).ToHashSet();
        return requests.SelectMany(request => request.Spec.DependsOn).Select(parent => parent.Job).Where(id => !inCall.Contains(id)).Distinct();
    }
}
