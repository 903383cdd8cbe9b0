using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queues;

/// <summary>A command that sets what holds for all jobs of a queue.</summary>
internal abstract class QueueChangeCommand : ToolCommand
{
    private readonly Argument<string> name = new("QUEUE") { Description = "The queue's name" };

    protected QueueChangeCommand(CommonOptions common, string command, string summary)
        : base(common, command, summary) => Add(name);

    public override string FailsWhen => "no queue can have this name, or the queue cannot be reached";

    protected sealed override async Task<int> RunAsync(CommandContext context)
    {
        await using var queue = context.OpenQueue(context.LoadProject());
        QueueInfo info;
        try
        {
            info = await ChangeAsync(context, queue, context.Parse.GetRequiredValue(name)).ConfigureAwait(false);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message.Split(" (Parameter")[0]);
        }

        foreach (var node in info.Unaware ?? [])
        {
            context.Output.Warn($"The node {node} could not be told, and may start jobs as before for up to half a minute.");
        }

        context.Output.Text(Done(context, info));
        context.Output.Json(json => QueueText.Write(json, info));
        return ExitCodes.Done;
    }

    /// <summary>Ask for the change.</summary>
    protected abstract Task<QueueInfo> ChangeAsync(CommandContext context, JobQueueManager queue, string name);

    /// <summary>What to say when it is done, with what to type next.</summary>
    protected abstract string Done(CommandContext context, QueueInfo info);
}

/// <summary><c>queue pause</c>: no job of a queue starts any more.</summary>
internal sealed class PauseCommand : QueueChangeCommand
{
    private readonly Option<string?> reason = new("--reason") { Description = "Why, for whoever wonders", HelpName = "TEXT" };

    public PauseCommand(CommonOptions common)
        : base(common, "pause", "Let no job of a queue start; those that run go on") => Add(reason);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue pause reports", "until queue resume reports"),
        new("queue pause reports --reason 'the source is down'", "and say why"),
    ];

    protected override Task<QueueInfo> ChangeAsync(CommandContext context, JobQueueManager queue, string name) =>
        queue.PauseQueueAsync(name, context.Parse.GetValue(reason), cancellationToken: context.Interrupted);

    protected override string Done(CommandContext context, QueueInfo info) =>
        $"Queue '{info.Name}' is paused: none of its jobs starts, on any node. To let it go on: {context.Next.Queue($"resume {info.Name}")}";
}

/// <summary><c>queue resume</c>: jobs of a paused queue start again.</summary>
internal sealed class ResumeCommand(CommonOptions common) : QueueChangeCommand(common, "resume", "Let the jobs of a paused queue start again")
{
    public override IReadOnlyList<Example> Examples { get; } = [
        new("queue resume reports", "go on"),
        new("queue queues && queue resume default", "look what is paused first"),
    ];

    protected override Task<QueueInfo> ChangeAsync(CommandContext context, JobQueueManager queue, string name) =>
        queue.ResumeQueueAsync(name, cancellationToken: context.Interrupted);

    protected override string Done(CommandContext context, QueueInfo info) => $"Queue '{info.Name}' goes on.";
}

/// <summary><c>queue limit</c>: how many of a queue's jobs run at once, and how many start in how long.</summary>
internal sealed class LimitCommand : QueueChangeCommand
{
    private readonly Option<int?> concurrency = Values.Whole("--concurrency", "How many run at once, on all nodes together", min: 1);

    private readonly Option<StartRate?> rate = new("--rate")
    {
        Description = "How many start in how long, such as 100/1m",
        HelpName = "N/LENGTH",
        CustomParser = result =>
        {
            var text = result.Tokens[^1].Value;
            try
            {
                return text.Split('/') is [var count, var per] && int.TryParse(count, out var number)
                    ? new StartRate(number, Durations.Parse(per))
                    : throw new FormatException("write a number of starts and a length of time, such as 100/1m.");
            }
            catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException)
            {
                result.AddError($"--rate cannot be used, '{text}': {error.Message.Split(" (Parameter")[0]}");
                return null;
            }
        },
    };

    private readonly Option<bool> none = new("--none") { Description = "Lift both limits" };

    public LimitCommand(CommonOptions common)
        : base(common, "limit", "Set how many of a queue's jobs run at once, and how many start in how long")
    {
        Add(concurrency);
        Add(rate);
        Add(none);
        Validators.Add(result =>
        {
            var isLimited = result.GetResult(concurrency) is not null || result.GetResult(rate) is not null;
            if (isLimited == result.GetResult(none) is { Implicit: false })
            {
                result.AddError("Say what holds from now on: --concurrency N, --rate N/LENGTH, or both; or --none.");
            }
        });
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue limit reports --concurrency 2", "at most two at once, whichever nodes they run on"),
        new("queue limit mails --rate 100/1m", "at most a hundred starts in any minute"),
        new("queue limit reports --none", "as many as there are slots"),
    ];

    protected override Task<QueueInfo> ChangeAsync(CommandContext context, JobQueueManager queue, string name) =>
        queue.LimitQueueAsync(name, context.Parse.GetValue(concurrency), context.Parse.GetValue(rate), cancellationToken: context.Interrupted);

    protected override string Done(CommandContext context, QueueInfo info) => info.Settings is { Concurrency: null, Rate: null }
        ? $"Queue '{info.Name}' has no limit."
        : $"Queue '{info.Name}': {QueueText.Limits(info.Settings)}, on all nodes together.";
}
