using FlowerPower.Cli.Commands;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Running;

/// <summary>Waits for a job that this command enqueued, and prints its result.</summary>
internal static class JobRunner
{
    /// <summary>The exit code; a failed job is an exception.</summary>
    /// <param name="queue">Who runs it.</param>
    /// <param name="watch">The job now and at each change, to its end.</param>
    /// <param name="timeout">How long; <see langword="null"/>: without limit.</param>
    /// <exception cref="JobFailedException">It failed or was cancelled.</exception>
    /// <exception cref="TimeoutException">It has not ended in time; it goes on.</exception>
    /// <exception cref="InterruptedException">Somebody stopped the waiting; the job is stored.</exception>
    public static async Task<int> AwaitResultAsync(
        CommandContext context, IJobQueue queue, JobId id, Func<CancellationToken, IAsyncEnumerable<JobView>> watch, TimeSpan? timeout)
    {
        JobView job;
        try
        {
            job = await JobWaiter.WaitAsync(context, watch, id, timeout, context.Interrupted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Interrupted.IsCancellationRequested)
        {
            var elsewhere = QueueState.IsServedElsewhere(queue);
            (queue as EmbeddedJobQueue)?.Node.HandBackRunning();
            throw new InterruptedException(
                $"interrupted: job {id} is stored and {(elsewhere ? "goes on" : $"runs again with {context.Next.Queue("worker start")}")}. "
                + $"Its result: {context.Next.Queue($"result {id} --wait")}. To end it: {context.Next.Queue($"cancel {id}")}.");
        }

        if (job.Status != JobStatus.Completed)
        {
            throw new JobFailedException(job);
        }

        Results.Print(context.Output, job.ResultJson);
        return ExitCodes.Done;
    }
}
