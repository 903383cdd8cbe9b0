using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue enqueue</c>: stores a pipeline's run as a job.</summary>
internal sealed class EnqueueCommand : ToolCommand
{
    private readonly Argument<string> name;
    private readonly RunOptions run = new();
    private readonly EnqueueOptionSet enqueue = new();
    private readonly Option<string?> backend = Backends.Option();
    private readonly Option<bool> wait = new("--wait") { Description = "Wait for the job, and print its result instead of its id" };

    public EnqueueCommand(CommonOptions common)
        : base(common, "enqueue", "Store a run of a pipeline as a durable job, and print the job's id")
    {
        name = PipelineArgument("The pipeline");
        run.AddTo(this);
        enqueue.AddTo(this);
        Add(backend);
        Add(wait);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue enqueue hello", "as soon as a worker is free"),
        new("queue enqueue hello --priority high --inputs name=Ada --tag greeting", "before all others, with an input and a tag"),
        new("queue enqueue hello --run-in 2h30m --expires-in 4h --id hello-tonight", "later, if not too late, and once however often you say it"),
    ];

    public override string FailsWhen => "the job was not stored, or with --wait: it failed or was cancelled";

    /// <summary>Says what became of a request to enqueue, beside the result.</summary>
    public static void Tell(Output output, EnqueueReceipt receipt, string pipeline) => output.Note(receipt.Created
        ? $"enqueued {pipeline} as job {receipt.Id}"
        : $"job {receipt.Id} existed already, and is unchanged");

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipeline = context.Parse.GetRequiredValue(name);
        var config = run.Read(context.Parse);
        context.Check(project, pipeline, config);
        await using var queue = context.OpenQueue(project, context.Parse.GetValue(backend));
        var options = enqueue.Read(context.Parse);
        var receipts = await queue.EnqueueManyAsync([new EnqueueItem(pipeline, config, options)], context.Interrupted).ConfigureAwait(false);
        var job = await queue.GetQueueStatusAsync(receipts[0].Id, context.Interrupted).ConfigureAwait(false);
        Tell(context.Output, receipts[0], pipeline);
        if (context.Parse.GetValue(wait))
        {
            await QueueState.RequireWorkersAsync(queue, job, context.Interrupted).ConfigureAwait(false);
            var waiting = await queue.OpenAsync(context.Interrupted).ConfigureAwait(false);
            return await JobRunner.AwaitResultAsync(context, waiting, job.Id, token => queue.WatchAsync(job.Id, token)).ConfigureAwait(false);
        }

        var overview = await queue.OverviewAsync(context.Interrupted).ConfigureAwait(false);
        var opened = await queue.OpenAsync(context.Interrupted).ConfigureAwait(false);
        context.Output.Note((job.IsFinished, overview.WorkerSlots) switch
        {
            (true, _) => $"it has {JobText.Word(job.Status)} already",
            (_, 0) => "no worker is running: it is stored, and runs with flowerpower queue worker start",
            var (_, slots) => $"{QueueState.Server(opened, overview)} has it: {Sentences.Count(slots, "worker slot")}, {overview.BusySlots} busy",
        });

        context.Output.Text(job.Id.Value);
        context.Output.Json(json => JobJson.Write(json, job, more =>
        {
            more.WriteBoolean("created", receipts[0].Created);
            more.WriteString("node", QueueState.IsServedElsewhere(opened) ? overview.Node : null);
            more.WriteNumber("workerSlots", overview.WorkerSlots);
        }));
        return ExitCodes.Done;
    }
}
