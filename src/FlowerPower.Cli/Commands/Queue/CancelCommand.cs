using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue cancel</c>: ends a job, waiting or running.</summary>
internal sealed class CancelCommand : ToolCommand
{
    private readonly Argument<string> id = new("ID") { Description = "The job's id" };
    private readonly Option<string?> reason = new("--reason") { Description = "Why, for the job's history", HelpName = "TEXT" };

    public CancelCommand(CommonOptions common)
        : base(common, "cancel", "End a job, waiting or running")
    {
        Add(id);
        Add(reason);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue cancel hello-tonight", "end it"),
        new("queue cancel hello-tonight --reason 'wrong input'", "and say why in its history"),
    ];

    public override string FailsWhen => "there is no such job, or it has ended otherwise";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var job = JobTarget.Id(context.Parse.GetRequiredValue(id));
        await using var queue = context.OpenQueue(context.LoadProject());
        var reply = await queue.CancelAsync(job, context.Parse.GetValue(reason), cancellationToken: context.Interrupted).ConfigureAwait(false);
        if (reply.Refusal is Refusal.NotFound || reply.Job is null)
        {
            throw new JobNotFoundException(job);
        }

        if (reply.Refusal is { } refusal)
        {
            throw new CommandFailedException(refusal == Refusal.AlreadyFinished
                ? $"Job {job} has {JobText.Word(reply.Job.Status)} already: there is nothing to cancel."
                : $"Job {job} is {JobText.Word(reply.Job.Status)} and cannot be cancelled ({refusal}).");
        }

        context.Output.Text($"Job {job} is {JobText.Word(reply.Job.Status)}. To let it run after all: flowerpower queue retry {job}");
        context.Output.Json(json => JobJson.Write(json, reply.Job));
        return ExitCodes.Done;
    }
}
