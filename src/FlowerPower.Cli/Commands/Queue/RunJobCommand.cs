using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue run</c>: enqueues a pipeline, has it run, and prints its result.</summary>
internal sealed class RunJobCommand : ToolCommand
{
    private const int MaxNodes = 20;

    private readonly Argument<string> name;
    private readonly RunOptions run = new();
    private readonly EnqueueOptionSet enqueue = new();
    private readonly Option<string?> backend = Backends.Option();

    public RunJobCommand(CommonOptions common)
        : base(common, "run", "Run a pipeline as a durable job, wait for it, and print its result")
    {
        name = PipelineArgument("The pipeline");
        run.AddTo(this);
        enqueue.AddTo(this);
        Add(backend);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue run hello", "on the workers that run, else in this process"),
        new("queue run hello --inputs name=Ada --output json", "with another input, the result as JSON"),
        new("queue run hello --id hello-2026-03-01 --max-retries 5 --timeout 10m", "at most once for this id, and with patience"),
    ];

    public override string FailsWhen => "the job failed or was cancelled, or the queue cannot be reached";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipeline = context.Parse.GetRequiredValue(name);
        var config = run.Read(context.Parse);
        context.Check(project, pipeline, config);
        await using var queue = context.OpenQueue(project, context.Parse.GetValue(backend));
        var options = enqueue.Read(context.Parse);
        var receipts = await queue.EnqueueManyAsync([new EnqueueItem(pipeline, config, options)], context.Interrupted).ConfigureAwait(false);
        EnqueueCommand.Tell(context.Output, receipts[0], pipeline);
        for (var nodes = 1; ; nodes++)
        {
            var opened = await QueueState.EnsureRunsAsync(
                queue, receipts[0].Id, context.Host, context.Output, context.Interrupted).ConfigureAwait(false);
            try
            {
                return await JobRunner.AwaitResultAsync(
                    context, opened, receipts[0].Id, token => opened.WatchAsync(receipts[0].Id, token)).ConfigureAwait(false);
            }
            catch (QueueUnavailableException) when (opened is LocalJobQueue { IsGone: true } && nodes < MaxNodes)
            {
                context.Output.Note("the node that served the project has stopped: going on with the next one");
            }
        }
    }
}
