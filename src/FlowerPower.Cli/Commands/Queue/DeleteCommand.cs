using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue delete</c>: forgets an ended job, or all that match.</summary>
internal sealed class DeleteCommand(CommonOptions common)
    : JobsCommand(common, "delete", "Forget a job that has ended, with its result and history, or all that match", "deleted", "all that have ended")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue delete hello-tonight", "forget it: its id is free again"),
        new("queue delete --all --status completed --until 3d", "all completed ones that were enqueued more than three days ago"),
    ];

    public override string FailsWhen => "there is no such job, or it has not ended; with --all: some could not be deleted";

    protected override bool LeavesNone => true;

    protected override Task<CommandReply> AskAsync(CommandContext context, JobQueueManager queue, JobId job) =>
        queue.DeleteAsync(job, cancellationToken: context.Interrupted);

    protected override Task<ManyReply> AskManyAsync(CommandContext context, JobQueueManager queue, JobFilter filter, bool dryRun) =>
        queue.DeleteManyAsync(filter, dryRun: dryRun, cancellationToken: context.Interrupted);

    protected override void Print(CommandContext context, JobId job, JobView? left)
    {
        context.Output.Text($"Job {job} is deleted.");
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("id", job.Value);
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        });
    }

    protected override string Done(CommandContext context, JobView job) => $"Job {job.Id} is deleted.";

    protected override string Refused(JobView job, Refusal why) =>
        $"Job {job.Id} is {JobText.Word(job.Status)}: only a job that has ended can be deleted. Cancel it first.";
}
