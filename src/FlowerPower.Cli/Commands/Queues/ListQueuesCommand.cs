using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;

namespace FlowerPower.Cli.Commands.Queues;

/// <summary><c>queue queues</c>: the queues with their unfinished jobs, and what is set for them.</summary>
internal sealed class ListQueuesCommand(CommonOptions common)
    : ToolCommand(common, "queues", "List the queues: their unfinished jobs, who paused them, their limits")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue queues", "a table"),
        new("queue queues --output json | jq '.queues[] | select(.paused)'", "those that are paused"),
    ];

    public override string FailsWhen => "the queue cannot be reached";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        await using var queue = context.OpenQueue(context.LoadProject());
        var queues = await queue.QueuesAsync(context.Interrupted).ConfigureAwait(false);
        if (queues.Count == 0)
        {
            context.Output.Text("No queue has unfinished jobs or settings.");
        }
        else
        {
            context.Output.Table(QueueText.List(queues, context.Host.Time.GetUtcNow()));
        }

        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("queues");
            foreach (var info in queues)
            {
                QueueText.Write(json, info);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }
}
