using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue retry</c>: lets a failed or cancelled job run again, or all that match.</summary>
internal sealed class RetryCommand : JobsCommand
{
    private readonly Option<bool> fresh = new("--fresh") { Description = "From the beginning: forget the checkpoint that former attempts saved" };

    public RetryCommand(CommonOptions common)
        : base(common, "retry", "Let a failed or cancelled job run again, with all its attempts, or all that match", "pending again", "failed") => Add(fresh);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue retry hello-tonight", "put it back in its queue; it goes on from its checkpoint, if it saved one"),
        new("queue retry hello-tonight --fresh", "the same, from the beginning"),
        new("queue retry --all --pipeline hello --dry-run", "how many of a pipeline's have failed; without --dry-run: let them run again"),
    ];

    public override string FailsWhen => "there is no such job, or it has neither failed nor been cancelled; with --all: some could not be retried";

    protected override Task<CommandReply> AskAsync(CommandContext context, JobQueueManager queue, JobId job) =>
        queue.RetryAsync(job, fresh: context.Parse.GetValue(fresh), cancellationToken: context.Interrupted);

    protected override Task<ManyReply> AskManyAsync(CommandContext context, JobQueueManager queue, JobFilter filter, bool dryRun) =>
        queue.RetryManyAsync(filter, dryRun: dryRun, cancellationToken: context.Interrupted);

    protected override string Done(CommandContext context, JobView job) => $"Job {job.Id} is {JobText.Word(job.Status)} again.";

    protected override string Refused(JobView job, Refusal why) =>
        $"Job {job.Id} is {JobText.Word(job.Status)}: only a failed or cancelled job can run again. Enqueue the pipeline for another job.";
}
