using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue metrics</c>: the queue in numbers.</summary>
internal sealed class MetricsCommand(CommonOptions common) : ToolCommand(common, "metrics", "Show the queue in numbers: jobs by status, worker slots, busy ones")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue metrics", "a table"),
        new("queue metrics --output json | jq .counts.pending", "one number for a monitor"),
    ];

    public override string FailsWhen => "the queue cannot be reached";

    /// <summary>Prints the numbers of a queue.</summary>
    public static async Task<int> PrintAsync(CommandContext context, JobQueueManager queue)
    {
        var overview = await queue.OverviewAsync(context.Interrupted).ConfigureAwait(false);
        context.WarnOfMissing(overview.Missing);
        var opened = await queue.OpenAsync(context.Interrupted).ConfigureAwait(false);
        var isServed = QueueState.IsServedElsewhere(opened);
        context.Output.Text($"Project '{queue.Project.Name}', "
            + (isServed ? $"served by {QueueState.Server(opened, overview)}." : $"served by nobody now: {context.Next.Queue("worker start")}"));
        var table = new TextTable("", "");
        foreach (var status in Enum.GetValues<JobStatus>())
        {
            table.Add(JobText.Word(status), FormattableString.Invariant($"{overview.Counts.GetValueOrDefault(status):N0}"));
        }

        table.Add("worker slots", FormattableString.Invariant($"{overview.WorkerSlots:N0}"));
        table.Add("busy slots", FormattableString.Invariant($"{overview.BusySlots:N0}"));
        if (overview.Queues is { } queues && overview.WorkerSlots > 0)
        {
            table.Add("served queues", string.Join(", ", queues));
        }

        context.Output.Table(table);
        context.Output.Json(json => JobJson.Write(json, overview, queue.Project.Name, isServed));
        return ExitCodes.Done;
    }

    protected override async Task<int> RunAsync(CommandContext context)
    {
        await using var queue = context.OpenQueue(context.LoadProject());
        return await PrintAsync(context, queue).ConfigureAwait(false);
    }
}
