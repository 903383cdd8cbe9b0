using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary>What the commands that change one job, named by its id, have in common.</summary>
internal abstract class JobIdCommand : ToolCommand
{
    private readonly Argument<string> id = new("ID") { Description = "The job's id" };

    protected JobIdCommand(CommonOptions common, string command, string summary)
        : base(common, command, summary) => Add(id);

    /// <summary>Asks for the change.</summary>
    protected abstract Task<CommandReply> AskAsync(CommandContext context, JobQueueManager queue, JobId job);

    /// <summary>What has been done, in a sentence.</summary>
    protected abstract string Done(CommandContext context, JobView job);

    /// <summary>Why it was refused, in a sentence.</summary>
    protected abstract string Refused(JobView job, Refusal why);

    protected sealed override async Task<int> RunAsync(CommandContext context)
    {
        var job = JobTarget.Id(context.Parse.GetRequiredValue(id));
        await using var queue = context.OpenQueue(context.LoadProject());
        var reply = await AskAsync(context, queue, job).ConfigureAwait(false);
        if (reply.Refusal is Refusal.NotFound || reply.Job is null)
        {
            throw new JobNotFoundException(job);
        }

        if (reply.Refusal is { } refusal)
        {
            throw new CommandFailedException(Refused(reply.Job, refusal));
        }

        context.Output.Text(Done(context, reply.Job));
        context.Output.Json(json => JobJson.Write(json, reply.Job));
        return ExitCodes.Done;
    }
}
