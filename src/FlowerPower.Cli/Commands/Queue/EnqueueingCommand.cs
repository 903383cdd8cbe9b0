using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary>What the commands that store a job have in common: all that can be said of the run and of the job, and the storing.</summary>
internal abstract class EnqueueingCommand : ToolCommand
{
    private readonly Argument<string> name;
    private readonly RunOptions run = new();
    private readonly EnqueueOptionSet enqueue = new();
    private readonly Option<string?> backend = Backends.Option();

    protected EnqueueingCommand(CommonOptions common, string command, string summary)
        : base(common, command, summary)
    {
        name = PipelineArgument("The pipeline");
        run.AddTo(this);
        enqueue.AddTo(this);
        Add(backend);
    }

    /// <summary>Checks the run, stores the job, and says so; then goes on with it.</summary>
    protected sealed override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipeline = context.Parse.GetRequiredValue(name);
        var config = run.Read(context.Parse);
        var options = enqueue.Read(context.Parse, context.Host.Time.GetUtcNow());
        if (options.DependsOn.All(parent => parent.Inputs.Count == 0))
        {
            context.Check(project, pipeline, config); // else inputs are missing that come from other jobs
        }

        await using var queue = context.OpenQueue(project, context.Parse.GetValue(backend));
        var item = new EnqueueItem(pipeline, config, options);
        var receipt = (await queue.EnqueueManyAsync([item], context.Interrupted).ConfigureAwait(false))[0];
        if (receipt.IsRefused)
        {
            throw new CommandFailedException(receipt.Problem ?? $"Job {receipt.Id} is refused ({receipt.Refusal}).");
        }

        context.Output.Note(receipt.Created
            ? $"enqueued {pipeline} as job {receipt.Id}"
            : options.UniqueKey is { } key
                ? $"job {receipt.Id} has the unique key '{key}', and is unchanged: no other one was stored"
                : $"job {receipt.Id} existed already, and is unchanged");
        return await GoOnAsync(context, queue, receipt).ConfigureAwait(false);
    }

    /// <summary>What is done with the stored job. Returns the exit code.</summary>
    protected abstract Task<int> GoOnAsync(CommandContext context, JobQueueManager queue, EnqueueReceipt receipt);
}
