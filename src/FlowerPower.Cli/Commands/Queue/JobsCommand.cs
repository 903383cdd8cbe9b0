using System.CommandLine;
using System.Text.Json;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary>What the commands that change one job, or all that match, have in common.</summary>
internal abstract class JobsCommand : JobIdCommand
{
    private readonly Option<bool> all = new("--all") { Description = "All jobs that match the options below, instead of one" };
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "With --all: only count the jobs that match" };
    private readonly Option<bool> yes = new("--yes") { Description = "With --all and no filter: every job is meant" };
    private readonly JobFilterOptions which;
    private readonly string done;

    /// <param name="done">What the jobs are afterwards, such as <c>cancelled</c>.</param>
    /// <param name="meant">What jobs <c>--all</c> means without a status.</param>
    protected JobsCommand(CommonOptions common, string command, string summary, string done, string meant)
        : base(common, command, summary, mayBeAbsent: true)
    {
        this.done = done;
        which = new JobFilterOptions(meant);
        Add(all);
        which.AddTo(this, common);
        Add(dryRun);
        Add(yes);
    }

    /// <summary>Asks for the change of all that match.</summary>
    protected abstract Task<ManyReply> AskManyAsync(CommandContext context, JobQueueManager queue, JobFilter filter, bool dryRun);

    protected sealed override Task<int> RunAsync(CommandContext context)
    {
        var parse = context.Parse;
        return (parse.GetValue(all), GivenId(context)) switch
        {
            (true, not null) => throw new UsageException($"--all means all jobs that match, ID means one: give one of them."),
            (false, null) => throw new UsageException($"flowerpower queue {Name} needs ID: the job's id; or --all, for all jobs that match."),
            (true, null) => RunManyAsync(context),
            _ when parse.GetValue(dryRun) || parse.GetValue(yes) || !which.AreAbsent(parse) => throw new UsageException(
                "Filters, --dry-run and --yes go with --all: the job that an id names is meant in any case."),
            _ => base.RunAsync(context),
        };
    }

    private async Task<int> RunManyAsync(CommandContext context)
    {
        var parse = context.Parse;
        var isDry = parse.GetValue(dryRun);
        if (which.AreAbsent(parse) && !parse.GetValue(yes) && !isDry)
        {
            throw new UsageException("--all without a filter means every job: add a filter, such as --pipeline or --status, or --yes. Count them first with --dry-run.");
        }

        var filter = which.Read(parse, context.Host.Time.GetUtcNow());
        await using var queue = context.OpenQueue(context.LoadProject());
        var reply = await AskManyAsync(context, queue, filter, isDry).ConfigureAwait(false);
        context.WarnOfMissing(reply.Missing);
        context.Output.Text(isDry
            ? $"{Sentences.Count(reply.Matched, "job")} would be {done}."
            : $"{Sentences.Count(reply.Done, "job")} {done}." + (reply.Refused.Count == 0 ? "" : $" Refused: {string.Join(", ", Reasons(reply))}."));
        context.Output.Json(json => Write(json, reply, isDry));
        return reply.Refused.Count == 0 && reply.Missing is null ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static IEnumerable<string> Reasons(ManyReply reply) =>
        reply.Refused.OrderBy(reason => reason.Key).Select(reason => FormattableString.Invariant($"{reason.Key} {reason.Value:N0}"));

    private static void Write(Utf8JsonWriter json, ManyReply reply, bool isDry)
    {
        json.WriteStartObject();
        json.WriteBoolean("dryRun", isDry);
        json.WriteNumber("matched", reply.Matched);
        json.WriteNumber("done", reply.Done);
        json.WriteStartObject("refused");
        foreach (var (reason, count) in reply.Refused.OrderBy(reason => reason.Key))
        {
            json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(reason.ToString()), count);
        }

        json.WriteEndObject();
        JobJson.WriteMissing(json, reply.Missing);
        json.WriteEndObject();
    }
}
