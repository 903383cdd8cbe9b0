using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue result</c>: what a job returned.</summary>
internal sealed class ResultCommand : ToolCommand
{
    private readonly Argument<string?> target;
    private readonly Option<bool> wait = new("--wait") { Description = "Wait until the job has ended" };
    private readonly Option<TimeSpan?> timeout = Values.Length("--timeout", "With --wait: how long. Default: without limit");

    public ResultCommand(CommonOptions common)
        : base(common, "result", "Print what a job returned")
    {
        target = TargetArgument("A pipeline (its newest completed job; with --wait its newest), a job's id, or id=ID", required: true);
        Add(wait);
        Add(timeout);
        this.RequireTogether(timeout, wait);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue result hello", "of a pipeline's newest completed job"),
        new("queue result id=hello-tonight --wait --timeout 5m", "of one job, as soon as it has ended"),
        new("queue result hello --output json | jq -r .greeting", "one value, for a script"),
    ];

    public override string FailsWhen => "there is no such job, it failed or was cancelled, or it has no result (yet)";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        await using var queue = context.OpenQueue(project);
        var waits = context.Parse.GetValue(wait);
        var wanted = context.Parse.GetValue(target)!;
        var (job, _) = await JobTarget.FindAsync(context, queue, wanted, waits ? null : JobStatus.Completed).ConfigureAwait(false);
        if (waits && !job.IsFinished)
        {
            await QueueState.RequireWorkersAsync(context.Next, queue, job, context.Interrupted).ConfigureAwait(false);
            var id = job.Id;
            job = await JobWaiter.WaitAsync(
                context, token => queue.WatchAsync(id, token), id, context.Parse.GetValue(timeout), context.Interrupted)
                .ConfigureAwait(false);
        }

        if (job.Status != JobStatus.Completed)
        {
            throw job.IsFinished
                ? new JobFailedException(job)
                : new CommandFailedException($"{new JobNotFinishedException(job).Message} Wait for it with --wait.");
        }

        Results.Print(context.Output, job.ResultJson);
        return ExitCodes.Done;
    }
}
