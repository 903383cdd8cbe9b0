using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue status</c>: one job, or the queue in numbers.</summary>
internal sealed class StatusCommand : ToolCommand
{
    private const int RecentJobs = 6;

    private readonly Argument<string?> target;

    public StatusCommand(CommonOptions common)
        : base(common, "status", "Show a job and its history, or the queue in numbers")
    {
        target = TargetArgument("A pipeline (its newest job), a job's id, or id=ID. Default: the whole queue", required: false);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue status", "the queue in numbers"),
        new("queue status hello", "the newest job of a pipeline, and those before it"),
        new("queue status id=hello-tonight --output json", "one job by its id, for a script"),
    ];

    public override string FailsWhen => "there is no such job, or the queue cannot be reached";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        await using var queue = context.OpenQueue(project);
        if (context.Parse.GetValue(target) is not { } wanted)
        {
            return await MetricsCommand.PrintAsync(context, queue).ConfigureAwait(false);
        }

        var (job, byPipeline) = await JobTarget.FindAsync(context, queue, wanted, status: null).ConfigureAwait(false);
        var recent = byPipeline ? await RecentAsync(queue, job, context.Interrupted).ConfigureAwait(false) : [];
        var now = context.Host.Time.GetUtcNow();
        var why = await queue.WhyWaitingAsync(job.Id, context.Interrupted).ConfigureAwait(false);
        context.Output.Text(string.Join('\n', JobText.Details(job, context.Next, now, context.Output.Width, why)));
        if (recent.Count > 0)
        {
            context.Output.Text("\nBefore it:");
            context.Output.Table(JobText.List(recent, now));
        }

        context.Output.Json(json => JobJson.Write(json, job, more =>
        {
            more.WriteString("waitsBecause", why);
            if (byPipeline)
            {
                JobJson.WriteAll(more, "recent", recent);
            }
        }));
        return ExitCodes.Done;
    }

    private static async Task<IReadOnlyList<JobView>> RecentAsync(JobQueueManager queue, JobView newest, CancellationToken cancellationToken)
    {
        var page = await queue.ListAsync(new JobFilter { Pipeline = newest.Pipeline, Limit = RecentJobs }, cancellationToken).ConfigureAwait(false);
        return [.. page.Jobs.Where(job => job.Id != newest.Id).Take(RecentJobs - 1)];
    }
}
