using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue watch</c>: follows a job to its end.</summary>
internal sealed class WatchCommand : ToolCommand
{
    private readonly Argument<string?> target;
    private readonly Option<bool> all = new("--all") { Description = "Every change of any job, until you interrupt it; with --output json one object a line" };
    private readonly Option<string?> ofQueue = new("--queue") { Description = "With --all: only this queue's jobs", HelpName = "NAME" };
    private readonly Option<string?> ofPipeline = new("--pipeline") { Description = "With --all: only this pipeline's jobs", HelpName = "NAME" };

    public WatchCommand(CommonOptions common)
        : base(common, "watch", "Follow a job until it has ended, and show how it went; or all jobs")
    {
        target = TargetArgument("A pipeline (its newest job), a job's id, or id=ID", required: false);
        Add(all);
        Add(ofQueue);
        Add(ofPipeline);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue watch hello", "a pipeline's newest job"),
        new("queue watch id=hello-tonight && echo done", "one job; go on only if it completed"),
        new("queue watch --all --queue reports", "every change of a queue's jobs, until Ctrl-C"),
    ];

    public override string FailsWhen => "there is no such job, it failed or was cancelled, or no worker is running";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var wanted = context.Parse.GetValue(target);
        if (context.Parse.GetValue(all) == wanted is not null)
        {
            throw new UsageException("Watch one job (a pipeline or an id), or all of them (--all).");
        }

        await using var queue = context.OpenQueue(context.LoadProject());
        if (wanted is null)
        {
            var filter = new JobFilter { Queue = context.Parse.GetValue(ofQueue), Pipeline = context.Parse.GetValue(ofPipeline) };
            return await WatchAllAsync(context, queue, filter).ConfigureAwait(false);
        }

        if ((context.Parse.GetValue(ofQueue) ?? context.Parse.GetValue(ofPipeline)) is not null)
        {
            throw new UsageException("--queue and --pipeline choose among all jobs: give them with --all.");
        }

        var (job, _) = await JobTarget.FindAsync(context, queue, wanted, status: null).ConfigureAwait(false);
        if (!job.IsFinished)
        {
            await QueueState.RequireWorkersAsync(context.Next, queue, job, context.Interrupted).ConfigureAwait(false);
            var id = job.Id;
            job = await JobWaiter.WaitAsync(
                context, token => queue.WatchAsync(id, token), id, timeout: null, context.Interrupted).ConfigureAwait(false);
        }

        context.Output.Text(string.Join('\n', JobText.Details(job, context.Next, context.Host.Time.GetUtcNow(), context.Output.Width)));
        context.Output.Json(json => JobJson.Write(json, job));
        return job.Status == JobStatus.Completed ? ExitCodes.Done : throw new JobFailedException(job);
    }

    private static async Task<int> WatchAllAsync(CommandContext context, JobQueueManager queue, JobFilter filter)
    {
        // This process's own node would see nothing, and keep every other from serving the project.
        if (await queue.OpenAsync(context.Interrupted).ConfigureAwait(false) is EmbeddedJobQueue)
        {
            throw new CommandFailedException($"Nobody serves the project, so nothing happens there: start a worker in another terminal with {context.Next.Queue("worker start")}.");
        }

        context.Output.Note("watching all jobs that match; Ctrl-C ends it");
        await foreach (var (job, skipped) in queue.WatchAllAsync(filter, context.Interrupted).ConfigureAwait(false))
        {
            if (skipped > 0)
            {
                context.Output.Text($"… {Sentences.Count(skipped, "change")} skipped");
            }

            context.Output.Text(JobText.Change(job, context.Host.Time.GetUtcNow()));
            context.Output.JsonLine(json => JobJson.Write(json, job, more => more.WriteNumber("skippedBefore", skipped)));
        }

        return ExitCodes.Done;
    }
}
