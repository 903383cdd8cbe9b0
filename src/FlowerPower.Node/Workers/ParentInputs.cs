using System.Text.Json.Nodes;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>What a job's parents came to becomes its inputs (<see cref="JobDependency.Inputs"/>), when an attempt begins.</summary>
internal static class ParentInputs
{
    /// <summary>The spec with those inputs in its run's configuration; an input of that name that was given otherwise gives way.</summary>
    /// <param name="jobs">Where the parents are.</param>
    /// <exception cref="ParentInputException">A parent is not there any more, or its result has no such value; another attempt would find the same.</exception>
    /// <exception cref="QueueUnavailableException">A parent could not be asked.</exception>
    public static async Task<JobSpec> ApplyAsync(JobSpec spec, IJobQueue jobs, CancellationToken cancellationToken)
    {
        if (spec.DependsOn.All(parent => parent.Inputs.Count == 0))
        {
            return spec;
        }

        var config = JsonNode.Parse(spec.RunConfigJson.Span)!.AsObject();
        if (config["inputs"] is not JsonObject inputs)
        {
            config["inputs"] = inputs = [];
        }

        foreach (var parent in spec.DependsOn.Where(parent => parent.Inputs.Count > 0))
        {
            var job = await jobs.FindAsync(parent.Job, cancellationToken)
                ?? throw new ParentInputException($"Job {parent.Job}, whose result is an input of this one, is not kept any more: keep it longer, or give the input itself.");
            var result = job.ResultJson.IsEmpty ? null : JsonNode.Parse(job.ResultJson.Span) as JsonObject;
            foreach (var (input, value) in parent.Inputs)
            {
                inputs[input] = ValueOf(job, result, value);
            }
        }

        return spec with { RunConfigJson = System.Text.Encoding.UTF8.GetBytes(config.ToJsonString()) };
    }

    private static JsonNode? ValueOf(JobView job, JsonObject? result, string value) => value switch
    {
        JobDependency.IdValue => job.Id.Value,
        JobDependency.StatusValue => job.Status.ToString().ToLowerInvariant(),
        JobDependency.ErrorValue => job.Error?.Message,
        JobDependency.ResultValue => result?.DeepClone(),
        _ when result is null => null,
        _ => result.TryGetPropertyValue(value, out var found)
            ? found?.DeepClone()
            : throw new ParentInputException(
                $"The result of job {job.Id} has no '{value}', which is an input of this one: it has {(result.Count == 0 ? "nothing" : string.Join(", ", result.Select(r => r.Key)))}. "
                + "Name one of those, or add it to that job's final_vars."),
    };
}

/// <summary>An input that a parent was to give is not to be had.</summary>
internal sealed class ParentInputException(string message) : Exception(message);
