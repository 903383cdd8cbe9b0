using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue cancel</c>: ends a job, waiting or running, or all that match.</summary>
internal sealed class CancelCommand : JobsCommand
{
    private readonly Option<string?> reason = new("--reason") { Description = "Why, for the job's history", HelpName = "TEXT" };

    public CancelCommand(CommonOptions common)
        : base(common, "cancel", "End a job, waiting or running, or all that match", "cancelled", "all that have not ended") => Add(reason);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue cancel hello-tonight --reason 'wrong input'", "end it, and say why in its history"),
        new("queue cancel --all --pipeline hello --since 2h", "all of a pipeline's that were enqueued in the last two hours and have not ended"),
    ];

    public override string FailsWhen => "there is no such job, or it has ended otherwise; with --all: some could not be cancelled";

    protected override Task<CommandReply> AskAsync(CommandContext context, JobQueueManager queue, JobId job) =>
        queue.CancelAsync(job, context.Parse.GetValue(reason), cancellationToken: context.Interrupted);

    protected override Task<ManyReply> AskManyAsync(CommandContext context, JobQueueManager queue, JobFilter filter, bool dryRun) =>
        queue.CancelManyAsync(filter, context.Parse.GetValue(reason), dryRun: dryRun, cancellationToken: context.Interrupted);

    protected override string Done(CommandContext context, JobView job) =>
        $"Job {job.Id} is {JobText.Word(job.Status)}. To let it run after all: {context.Next.Queue($"retry {job.Id}")}";

    protected override string Refused(JobView job, Refusal why) => why == Refusal.AlreadyFinished
        ? $"Job {job.Id} has {JobText.Word(job.Status)} already: there is nothing to cancel."
        : $"Job {job.Id} is {JobText.Word(job.Status)} and cannot be cancelled ({why}).";
}
