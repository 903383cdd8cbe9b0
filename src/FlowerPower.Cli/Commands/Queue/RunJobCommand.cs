using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;
using FlowerPower.Client;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue run</c>: enqueues a pipeline, has it run, and prints its result.</summary>
internal sealed class RunJobCommand : ToolCommand
{
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
        new("queue run hello", "on the workers that run, else on some in this process"),
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
        var opened = await queue.OpenAsync(context.Interrupted).ConfigureAwait(false);
        if (opened is EmbeddedJobQueue embedded)
        {
            embedded.Node.SetWorkerSlots(Environment.ProcessorCount);
            _ = embedded.Node.StopRequested.ContinueWith(_ => context.Host.Interrupts.Raise(), TaskScheduler.Default);
        }

        var receipts = await queue.EnqueueManyAsync(
            [new EnqueueItem(pipeline, config, enqueue.Read(context.Parse))], context.Interrupted).ConfigureAwait(false);
        EnqueueCommand.Tell(context.Output, receipts[0], pipeline);
        if (opened is not EmbeddedJobQueue && await queue.GetQueueStatusAsync(receipts[0].Id, context.Interrupted).ConfigureAwait(false) is var job)
        {
            await QueueState.RequireWorkersAsync(opened, job, context.Interrupted).ConfigureAwait(false);
        }

        return await JobRunner.AwaitResultAsync(context, opened, receipts[0].Id).ConfigureAwait(false);
    }
}
