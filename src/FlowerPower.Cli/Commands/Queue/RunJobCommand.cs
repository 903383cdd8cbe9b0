using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue run</c>: enqueues a pipeline, has it run, and prints its result.</summary>
internal sealed class RunJobCommand(CommonOptions common)
    : EnqueueingCommand(common, "run", "Run a pipeline as a durable job, wait for it, and print its result")
{
    private const int MaxNodes = 20;

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue run hello", "on the workers that run, else in this process"),
        new("queue run hello --inputs name=Ada --output json", "with another input, the result as JSON"),
        new("queue run hello --id hello-2026-03-01 --max-retries 5 --timeout 10m", "at most once for this id, and with patience"),
    ];

    public override string FailsWhen => "the job failed or was cancelled, or the queue cannot be reached";

    protected override async Task<int> GoOnAsync(CommandContext context, JobQueueManager queue, EnqueueReceipt receipt)
    {
        var job = await queue.GetQueueStatusAsync(receipt.Id, context.Interrupted).ConfigureAwait(false);
        for (var nodes = 1; ; nodes++)
        {
            var opened = await QueueState.EnsureRunsAsync(context, queue, job, context.Interrupted).ConfigureAwait(false);
            try
            {
                return await JobRunner.AwaitResultAsync(
                    context, opened, receipt.Id, token => opened.WatchAsync(receipt.Id, token), timeout: null).ConfigureAwait(false);
            }
            catch (QueueUnavailableException) when (opened is LocalJobQueue { IsGone: true } && nodes < MaxNodes)
            {
                context.Output.Note("the node that served the project has stopped: going on with the next one");
            }
        }
    }
}
