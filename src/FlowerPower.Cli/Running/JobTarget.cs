using FlowerPower.Cli.Commands;
using FlowerPower.Cli.Parsing;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Running;

/// <summary>What a positional <c>PIPELINE|ID</c> means: <c>id=X</c> is an id; a pipeline's name is its newest job; anything else is an id.</summary>
internal static class JobTarget
{
    private const string IdPrefix = "id=";

    /// <summary>The job that is meant.</summary>
    /// <param name="status">Of a pipeline, its newest job of this status; <see langword="null"/>: of any.</param>
    /// <returns>The job, and whether it was named by its pipeline.</returns>
    /// <exception cref="JobNotFoundException">There is none.</exception>
    /// <exception cref="UsageException">The text can be neither an id nor a pipeline's name.</exception>
    public static async Task<(JobView Job, bool ByPipeline)> FindAsync(
        CommandContext context, JobQueueManager queue, string target, JobStatus? status)
    {
        var cancellationToken = context.Interrupted;
        if (target.StartsWith(IdPrefix, StringComparison.Ordinal))
        {
            return (await queue.GetQueueStatusAsync(Id(target[IdPrefix.Length..]), cancellationToken).ConfigureAwait(false), false);
        }

        var names = queue.Project.PipelineNames;
        if (!names.Contains(target, StringComparer.Ordinal)
            && JobId.TryParse(target, out var id)
            && await TryFindAsync(queue, id, cancellationToken).ConfigureAwait(false) is { } job)
        {
            return (job, false);
        }

        // A pipeline whose files are gone may still have jobs.
        var page = await queue.ListAsync(new JobFilter { Pipeline = target, Status = status, Limit = 1 }, cancellationToken).ConfigureAwait(false);
        if (page.Missing is { } missing)
        {
            throw new QueueUnavailableException(
                $"Which job of '{target}' is the newest cannot be told while {Sentences.And(missing)} cannot be reached: name the job by its id (id=ID), or ask again.");
        }

        if (page.Jobs is [var newest, ..] && await TryFindAsync(queue, newest.Id, cancellationToken).ConfigureAwait(false) is { } whole)
        {
            return (whole, true);
        }

        throw names.Contains(target, StringComparer.Ordinal) ? new JobNotFoundException(target, status) : Unknown(context, target, names);
    }

    /// <summary>An id that a person wrote, with or without <c>id=</c>.</summary>
    /// <exception cref="UsageException">It cannot be one.</exception>
    public static JobId Id(string text)
    {
        try
        {
            return JobId.Parse(text.StartsWith(IdPrefix, StringComparison.Ordinal) ? text[IdPrefix.Length..] : text);
        }
        catch (FormatException error)
        {
            throw new UsageException(error.Message);
        }
    }

    private static async Task<JobView?> TryFindAsync(JobQueueManager queue, JobId id, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.GetQueueStatusAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (JobNotFoundException)
        {
            return null;
        }
    }

    private static Exception Unknown(CommandContext context, string target, IReadOnlyList<string> pipelines)
    {
        var nearest = Sentences.Nearest(target, pipelines);
        var hint = nearest.Count > 0
            ? $"Did you mean the pipeline {Sentences.Or(nearest)}?"
            : $"List the jobs that there are: {context.Next.Queue("list")}";
        return JobId.TryParse(target, out _)
            ? new CommandFailedException($"There is neither a job nor a pipeline '{target}', or the job's retention has passed. {hint}")
            : new UsageException($"'{target}' can be neither a job id nor a pipeline. {hint}");
    }
}
