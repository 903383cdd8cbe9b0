using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue logs</c>: what a job wrote, and what it writes.</summary>
internal sealed class LogsCommand : ToolCommand
{
    private readonly Argument<string?> target;
    private readonly Option<bool> follow = new("--follow", "-f") { Description = "Go on until the job has ended; with --output json one object a line" };

    public LogsCommand(CommonOptions common)
        : base(common, "logs", "Show the newest lines that a job wrote, and follow it")
    {
        target = TargetArgument("A pipeline (its newest job), a job's id, or id=ID", required: true);
        Add(follow);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue logs hello", "the newest lines of a pipeline's newest job"),
        new("queue logs id=hello-tonight --follow", "one job's, as they come, to its end"),
        new("queue logs hello --follow --output json | jq -r .text", "one JSON object a line"),
    ];

    public override string FailsWhen => "there is no such job, or with --follow no worker is running that would end it";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        await using var queue = context.OpenQueue(context.LoadProject());
        var (job, _) = await JobTarget.FindAsync(context, queue, context.Parse.GetValue(target)!, status: null).ConfigureAwait(false);
        var isFollowing = context.Parse.GetValue(follow);
        if (isFollowing && !job.IsFinished)
        {
            await QueueState.RequireWorkersAsync(context.Next, queue, job, context.Interrupted).ConfigureAwait(false);
        }

        var text = new LogText(context.Output);
        if (!isFollowing && context.Output.IsJson)
        {
            var lines = new List<Jobs.JobLogLine>();
            await foreach (var line in queue.LogsAsync(job.Id, cancellationToken: context.Interrupted).ConfigureAwait(false))
            {
                lines.Add(line);
            }

            context.Output.Json(json => LogText.Write(json, job.Id, lines));
            return ExitCodes.Done;
        }

        await foreach (var line in queue.LogsAsync(job.Id, isFollowing, context.Interrupted).ConfigureAwait(false))
        {
            text.Say(line);
        }

        return ExitCodes.Done;
    }
}
