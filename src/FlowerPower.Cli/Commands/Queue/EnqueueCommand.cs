using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue enqueue</c>: stores a pipeline's run as a job.</summary>
internal sealed class EnqueueCommand : EnqueueingCommand
{
    private readonly Option<bool> wait = new("--wait") { Description = "Wait for the job, and print its result instead of its id" };

    private readonly Option<TimeSpan?> waitTimeout = Values.Length(
        "--wait-timeout", "With --wait: how long. Then the job stays, and its id is printed. Default: without limit");

    public EnqueueCommand(CommonOptions common)
        : base(common, "enqueue", "Store a run of a pipeline as a durable job, and print the job's id")
    {
        Add(wait);
        Add(waitTimeout);
        this.RequireTogether(waitTimeout, wait);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue enqueue hello --priority high --inputs name=Ada --tag greeting", "before all others, with an input and a tag"),
        new("queue enqueue hello --run-in 2h30m --expires-in 4h --id hello-tonight", "later, if not too late, and once however often you say it"),
        new("queue enqueue hello --wait --wait-timeout 5m", "and print its result, if that comes in time"),
    ];

    public override string FailsWhen =>
        "the job was not stored; or with --wait: it failed or was cancelled, or no result has come (no worker, --wait-timeout): then its id is printed";

    protected override async Task<int> GoOnAsync(CommandContext context, JobQueueManager queue, EnqueueReceipt receipt)
    {
        var job = await queue.GetQueueStatusAsync(receipt.Id, context.Interrupted).ConfigureAwait(false);
        var overview = await queue.OverviewAsync(context.Interrupted).ConfigureAwait(false);
        var opened = await queue.OpenAsync(context.Interrupted).ConfigureAwait(false);
        if (context.Parse.GetValue(wait))
        {
            try
            {
                QueueState.RequireWorkers(context.Next, opened, overview, job);
                return await JobRunner.AwaitResultAsync(
                    context, opened, job.Id, token => queue.WatchAsync(job.Id, token), context.Parse.GetValue(waitTimeout)).ConfigureAwait(false);
            }
            catch (Exception error) when (error is CommandFailedException or TimeoutException or QueueUnavailableException)
            {
                PrintStored(); // a script that waited in vain goes on with the id
                throw;
            }
        }

        var serve = QueueState.HowToServeAlso(context.Next, opened, overview, job.Queue);
        context.Output.Note((job.IsFinished, overview.Serves(job.Queue), overview.WorkerSlots) switch
        {
            (true, _, _) => $"it has {JobText.Word(job.Status)} already",
            (_, true, var slots) => $"{QueueState.Server(opened, overview)} has it: {Sentences.Count(slots, "worker slot")}, {overview.BusySlots} busy",
            (_, _, 0) => $"no worker is running: it is stored, and runs with {serve}",
            _ => $"{QueueState.NobodyServes(opened, overview, job.Queue)}: it is stored, and runs after {serve}",
        });
        PrintStored();
        return ExitCodes.Done;

        void PrintStored()
        {
            context.Output.Text(job.Id.Value);
            context.Output.Json(json => JobJson.Write(json, job, more =>
            {
                more.WriteBoolean("created", receipt.Created);
                more.WriteString("node", QueueState.IsServedElsewhere(opened) ? overview.Node : null);
                more.WriteNumber("workerSlots", overview.WorkerSlots);
            }));
        }
    }
}
