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

    public WatchCommand(CommonOptions common)
        : base(common, "watch", "Follow a job until it has ended, and show how it went")
    {
        target = TargetArgument("A pipeline (its newest job), a job's id, or id=ID", required: true);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue watch hello", "a pipeline's newest job"),
        new("queue watch id=hello-tonight && echo done", "one job; go on only if it completed"),
    ];

    public override string FailsWhen => "there is no such job, it failed or was cancelled, or no worker is running";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        await using var queue = context.OpenQueue(context.LoadProject());
        var (job, _) = await JobTarget.FindAsync(context, queue, context.Parse.GetValue(target)!, status: null).ConfigureAwait(false);
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
}
