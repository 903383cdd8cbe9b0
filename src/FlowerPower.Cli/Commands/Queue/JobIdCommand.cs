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
    private readonly Argument<string?> id = new("ID") { Description = "The job's id" };

    /// <param name="mayBeAbsent">Another option may say which jobs are meant.</param>
    protected JobIdCommand(CommonOptions common, string command, string summary, bool mayBeAbsent = false)
        : base(common, command, summary)
    {
        id.Arity = mayBeAbsent ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne;
        Add(id);
    }

    /// <summary>The id as it was written; <see langword="null"/>: none was.</summary>
    protected string? GivenId(CommandContext context) => context.Parse.GetValue(id);

    /// <summary>Asks for the change.</summary>
    protected abstract Task<CommandReply> AskAsync(CommandContext context, JobQueueManager queue, JobId job);

    /// <summary>What has been done, in a sentence.</summary>
    protected abstract string Done(CommandContext context, JobView job);

    /// <summary>Why it was refused, in a sentence.</summary>
    protected abstract string Refused(JobView job, Refusal why);

    /// <summary>Whether the job is gone if this has been done.</summary>
    protected virtual bool LeavesNone => false;

    /// <summary>Prints what has been done.</summary>
    /// <param name="left"><see langword="null"/> if that left none.</param>
    protected virtual void Print(CommandContext context, JobId job, JobView? left)
    {
        context.Output.Text(Done(context, left!));
        context.Output.Json(json => JobJson.Write(json, left!));
    }

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var job = JobTarget.Id(GivenId(context)!);
        await using var queue = context.OpenQueue(context.LoadProject());
        var reply = await AskAsync(context, queue, job).ConfigureAwait(false);
        if (reply.Refusal is Refusal.NotFound || (reply.Job is null && !LeavesNone))
        {
            throw new JobNotFoundException(job);
        }

        if (reply is { Refusal: { } refusal, Job: { } refusing })
        {
            throw new CommandFailedException(Refused(refusing, refusal));
        }

        Print(context, job, reply.Job);
        return ExitCodes.Done;
    }
}
