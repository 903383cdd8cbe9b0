using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Client;

/// <summary>There is no such job.</summary>
public sealed class JobNotFoundException : Exception
{
    /// <summary>No job of this id.</summary>
    public JobNotFoundException(JobId id)
        : base($"There is no job {id}: it never was, was deleted, or its retention has passed.")
    {
    }

    /// <summary>No job of this pipeline.</summary>
    public JobNotFoundException(string pipeline, JobStatus? status)
        : base($"Pipeline '{pipeline}' has no {(status is null ? "" : status.Value.ToString().ToLowerInvariant() + " ")}job.")
    {
    }
}

/// <summary>The id that was given for a new job is that of a job of another pipeline. That job is unchanged.</summary>
public sealed class JobIdTakenException : Exception
{
    /// <summary>An id that is taken.</summary>
    /// <param name="asked">The pipeline that was to be enqueued.</param>
    /// <param name="owner">The pipeline of the job that has the id.</param>
    /// <param name="receipts">What became of the call's requests, in order; this one's has the refusal.</param>
    public JobIdTakenException(JobId id, string asked, string owner, IReadOnlyList<EnqueueReceipt> receipts)
        : base($"Pipeline '{asked}' cannot have a job {id}, because that is a job of pipeline '{owner}' already, and is unchanged: "
            + "give another id, or none for a new one."
            + (receipts.Count > 1 ? " The call's other jobs were stored." : ""))
    {
        Id = id;
        Pipeline = owner;
        Receipts = receipts;
    }

    /// <summary>The id.</summary>
    public JobId Id { get; }

    /// <summary>The pipeline of the job that has it.</summary>
    public string Pipeline { get; }

    /// <summary>One for each of the call's requests, in order. The others of the call were carried out.</summary>
    public IReadOnlyList<EnqueueReceipt> Receipts { get; }
}

/// <summary>The job ended without a result.</summary>
public sealed class JobFailedException(JobView job)
    : Exception(job.Status == JobStatus.Cancelled
        ? $"Job {job.Id} ({job.Pipeline}) was cancelled."
        : $"Job {job.Id} ({job.Pipeline}) failed after {Attempts(job)}: "
            + $"{job.Error?.Type}: {job.Error?.Message}")
{
    /// <summary>The job, with its error and history.</summary>
    public JobView Job { get; } = job;

    private static string Attempts(JobView job)
    {
        // None of this round: it expired, or its workers died under it.
        var round = job.AttemptsThisRound == 0 ? job.Attempts : job.AttemptsThisRound;
        return $"{round} attempt{(round == 1 ? "" : "s")}{(round == job.Attempts ? "" : $" ({job.Attempts} in all)")}";
    }
}

/// <summary>The job has no result yet.</summary>
public sealed class JobNotFinishedException(JobView job)
    : Exception($"Job {job.Id} ({job.Pipeline}) is {job.Status.ToString().ToLowerInvariant()}: it has no result yet.")
{
    /// <summary>The job.</summary>
    public JobView Job { get; } = job;
}

/// <summary>A job's result as JSON by node name.</summary>
internal static class JobResult
{
    /// <exception cref="JobFailedException">It failed or was cancelled.</exception>
    /// <exception cref="JobNotFinishedException">It has not ended.</exception>
    public static IReadOnlyDictionary<string, JsonElement> Of(JobView job)
    {
        if (job.Status != JobStatus.Completed)
        {
            throw job.IsFinished ? new JobFailedException(job) : new JobNotFinishedException(job);
        }

        using var document = JsonDocument.Parse(job.ResultJson, new JsonDocumentOptions { MaxDepth = 256 });
        return document.RootElement.EnumerateObject().ToDictionary(node => node.Name, node => node.Value.Clone());
    }
}

/// <summary>Another job has the unique key that was given for a new one. That job is unchanged.</summary>
public sealed class UniqueKeyTakenException : Exception
{
    /// <summary>A key that is taken.</summary>
    /// <param name="holder">The job that has it.</param>
    /// <param name="receipts">What became of the call's requests, in order.</param>
    public UniqueKeyTakenException(string key, JobId holder, IReadOnlyList<EnqueueReceipt> receipts)
        : base($"Job {holder} has the unique key '{key}', and is unchanged: wait for its end, cancel it, or replace it."
            + (receipts.Count > 1 ? " The call's other jobs were stored." : ""))
    {
        Holder = holder;
        Receipts = receipts;
    }

    /// <summary>The job that has it.</summary>
    public JobId Holder { get; }

    /// <summary>One for each of the call's requests, in order.</summary>
    public IReadOnlyList<EnqueueReceipt> Receipts { get; }
}
