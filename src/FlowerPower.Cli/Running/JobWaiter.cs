using FlowerPower.Cli.Commands;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Running;

/// <summary>Waits for a job's end, and tells of what it is doing meanwhile: a live line on a terminal, a line for each new status in a pipe.</summary>
internal static class JobWaiter
{
    /// <summary>Waits. Every change is pushed by the node.</summary>
    /// <param name="watch">The job now and at each change, to its end.</param>
    /// <param name="timeout">How long; <see langword="null"/>: without limit.</param>
    /// <returns>The ended job, with its result.</returns>
    /// <exception cref="JobNotFoundException">There is none.</exception>
    /// <exception cref="TimeoutException">It has not ended in time; it goes on.</exception>
    public static async Task<JobView> WaitAsync(
        CommandContext context,
        Func<CancellationToken, IAsyncEnumerable<JobView>> watch,
        JobId id,
        TimeSpan? timeout,
        CancellationToken cancellationToken)
    {
        var (host, output) = (context.Host, context.Output);
        using var patience = timeout is { } limit ? new CancellationTokenSource(limit, host.Time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return output.IsErrorTerminal
                ? await WatchAsync(host, output, watch(either.Token), id).ConfigureAwait(false)
                : await FollowAsync(output, watch(either.Token), id).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Job {id} has not ended within {Times.Length(timeout!.Value)}; it goes on: {context.Next.Queue($"result {id} --wait")}.");
        }
    }

    private static async Task<JobView> WatchAsync(CliHost host, Output output, IAsyncEnumerable<JobView> views, JobId id)
    {
        JobView? last = null;
        await using var line = new LiveLine(output, host.Time, $"job {id}");
        await foreach (var view in views.ConfigureAwait(false))
        {
            last = view;
            line.Say(Describe(view));
        }

        return last is { IsFinished: true } ? last : throw new JobNotFoundException(id);
    }

    private static async Task<JobView> FollowAsync(Output output, IAsyncEnumerable<JobView> views, JobId id)
    {
        JobView? last = null;
        await foreach (var view in views.ConfigureAwait(false))
        {
            if (last is null || last.Status != view.Status || last.Attempts != view.Attempts)
            {
                output.Note(Line(view));
            }
            else if (view is { Status: JobStatus.Running, Progress: { Text: not null } progress } && progress.Text != last.Progress?.Text)
            {
                output.Note(ResultText.Clean($"job {id}: running{JobText.Said(progress)}"));
            }

            last = view;
        }

        return last is { IsFinished: true } ? last : throw new JobNotFoundException(id);
    }

    private static string Describe(JobView job) => $"{job.Pipeline}  {JobText.Status(job)}{Attempt(job)}{Why(job)}";

    private static string Line(JobView job) => $"job {job.Id}: {JobText.Word(job.Status)}{Attempt(job)}{Why(job)}";

    private static string Attempt(JobView job) => job.AttemptsThisRound > 0 && (job.Attempts > 1 || job.Status == JobStatus.Retrying)
        ? $" (attempt {JobText.Attempts(job.AttemptsThisRound, job.MaxAttempts, job.Attempts)})"
        : "";

    private static string Why(JobView job) => job is { Status: JobStatus.Retrying, Error: { } error }
        ? $": {ErrorText.Line(error)}"
        : "";
}
