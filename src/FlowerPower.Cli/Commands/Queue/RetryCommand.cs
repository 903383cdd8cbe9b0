using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue retry</c>: lets a failed or cancelled job run again.</summary>
internal sealed class RetryCommand : ToolCommand
{
    private readonly Argument<string> id = new("ID") { Description = "The job's id" };

    public RetryCommand(CommonOptions common)
        : base(common, "retry", "Let a failed or cancelled job run again, with all its attempts")
    {
        Add(id);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue retry hello-tonight", "put it back in its queue"),
        new("queue list --status failed --output json | jq -r '.jobs[].id' | xargs -n1 flowerpower queue retry", "all that failed"),
    ];

    public override string FailsWhen => "there is no such job, or it has neither failed nor been cancelled";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var job = JobTarget.Id(context.Parse.GetRequiredValue(id));
        await using var queue = context.OpenQueue(context.LoadProject());
        var reply = await queue.RetryAsync(job, cancellationToken: context.Interrupted).ConfigureAwait(false);
        if (reply.Refusal is Refusal.NotFound || reply.Job is null)
        {
            throw new JobNotFoundException(job);
        }

        if (reply.Refusal is not null)
        {
            throw new CommandFailedException(
                $"Job {job} is {JobText.Word(reply.Job.Status)}: only a failed or cancelled job can run again. Enqueue the pipeline for another job.");
        }

        context.Output.Text($"Job {job} is {JobText.Word(reply.Job.Status)} again.");
        context.Output.Json(json => JobJson.Write(json, reply.Job));
        return ExitCodes.Done;
    }
}
