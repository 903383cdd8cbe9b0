using FlowerPower.Jobs;

namespace FlowerPower.Client;

/// <summary>How many jobs go to the queue at once: few enough that every way there takes them, many enough that the ways do not count.</summary>
internal static class RequestParts
{
    private const int MaxJobs = 1_000;
    private const long MaxBytes = 16L << 20; // nodes of a cluster take requests of 32 MiB

    /// <summary>The requests in parts, in their order.</summary>
    /// <param name="indices">Those that are meant.</param>
    public static IEnumerable<IReadOnlyList<int>> Of(IReadOnlyList<int> indices, Func<int, EnqueueRequest> request)
    {
        var part = new List<int>();
        long bytes = 0;
        foreach (var index in indices)
        {
            var size = SizeOf(request(index).Spec);
            if (part.Count == MaxJobs || (part.Count > 0 && bytes + size > MaxBytes))
            {
                yield return part;
                (part, bytes) = ([], 0);
            }

            part.Add(index);
            bytes += size;
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    /// <summary>At most so many bytes on its way: a character of a text may need six there.</summary>
    private static long SizeOf(JobSpec spec) =>
        1_024 + spec.RunConfigJson.Length + (spec.OnSuccess?.RunConfigJson.Length ?? 0) + (spec.OnFailure?.RunConfigJson.Length ?? 0) + (6L * TextLength(spec));

    private static long TextLength(JobSpec spec) =>
        spec.Pipeline.Length + spec.Project.Length + spec.Queue.Length + (spec.Description?.Length ?? 0) + (spec.UniqueKey?.Length ?? 0)
        + spec.Tags.Concat(spec.Retry.Exceptions).Concat(spec.Metadata.Keys).Concat(spec.Metadata.Values).Sum(text => (long)text.Length)
        + spec.DependsOn.Sum(parent => parent.Job.Value.Length + parent.Inputs.Sum(input => (long)input.Key.Length + input.Value.Length + 16));
}
