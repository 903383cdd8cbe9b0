using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue keep</c>: says anew how long an ended job is kept.</summary>
internal sealed class KeepCommand : JobIdCommand
{
    private readonly Argument<TimeSpan> length = Values.KeepingArgument("LENGTH", "How long from now, such as 90d or 12h; or forever");

    public KeepCommand(CommonOptions common)
        : base(common, "keep", "Keep a job that has ended for longer, or shorter, than it would be") => Add(length);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue keep hello-tonight 90d", "its result can be asked for until 90 days from now"),
        new("queue keep hello-tonight forever", "until somebody deletes it"),
    ];

    public override string FailsWhen => "there is no such job, or it has not ended";

    protected override Task<CommandReply> AskAsync(CommandContext context, JobQueueManager queue, JobId job) =>
        queue.KeepAsync(job, context.Parse.GetValue(length), cancellationToken: context.Interrupted);

    protected override string Done(CommandContext context, JobView job) =>
        $"Job {job.Id} is kept {(job.KeptUntil is { } until ? $"until {Times.At(until)}" : "for ever")}.";

    protected override string Refused(JobView job, Refusal why) =>
        $"Job {job.Id} is {JobText.Word(job.Status)}: how long it is kept counts from its end. Say it then, or enqueue with --keep.";
}
