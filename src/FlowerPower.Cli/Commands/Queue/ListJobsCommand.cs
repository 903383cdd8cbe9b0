using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue list</c>: jobs, newest first.</summary>
internal sealed class ListJobsCommand : ToolCommand
{
    private const int DefaultLimit = 20;

    private readonly JobFilterOptions which = new();
    private readonly Option<int?> limit = Values.Whole("--limit", $"At most so many. Default: {DefaultLimit}", 1, JobFilter.MaxLimit);
    private readonly Option<string?> after = new("--after") { Description = "Go on after an earlier page: what its last line (or next) said", HelpName = "MARK" };

    public ListJobsCommand(CommonOptions common)
        : base(common, "list", "List jobs, newest first")
    {
        which.AddTo(this, common);
        Add(limit);
        Add(after);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue list --status failed --pipeline hello --limit 100", "what went wrong with one pipeline"),
        new("queue list --tag eu --since 2h", "those with a tag, of the last two hours"),
        new("queue list --output json | jq -r '.jobs[].id'", "ids, for a script"),
    ];

    public override string FailsWhen => "the queue cannot be reached";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var parse = context.Parse;
        var project = context.LoadProject();
        await using var queue = context.OpenQueue(project);
        var filter = which.Read(parse, context.Host.Time.GetUtcNow()) with
        {
            Limit = parse.GetValue(limit) ?? DefaultLimit,
            After = parse.GetValue(after),
        };
        JobPage page;
        try
        {
            page = await FillAsync(queue, filter, context.Interrupted).ConfigureAwait(false);
        }
        catch (FormatException error) when (filter.After is not null)
        {
            throw new UsageException($"--after cannot be used: {error.Message}");
        }

        context.WarnOfMissing(page.Missing);
        if (page.Jobs.Count == 0)
        {
            context.Output.Text("No jobs" + (which.AreAbsent(parse) ? " yet." : " match.")
                + (filter.Pipeline is { } name ? Unknown(name, project.PipelineNames) : ""));
        }
        else
        {
            context.Output.Table(JobText.List(page.Jobs, context.Host.Time.GetUtcNow()));
        }

        if (page.Next is { } next)
        {
            context.Output.Text($"There are more: add --after '{next}'");
        }

        context.Output.Json(json =>
        {
            json.WriteStartObject();
            JobJson.WriteAll(json, "jobs", page.Jobs);
            json.WriteString("next", page.Next);
            JobJson.WriteMissing(json, page.Missing);
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }

    /// <summary>A page as long as was asked for: one of a rare tag ends early, and goes on with the next.</summary>
    private static async Task<JobPage> FillAsync(JobQueueManager queue, JobFilter filter, CancellationToken cancellationToken)
    {
        var page = await queue.ListAsync(filter, cancellationToken).ConfigureAwait(false);
        while (page.Next is { } next && page.Jobs.Count < filter.Limit)
        {
            var more = await queue.ListAsync(filter with { After = next, Limit = filter.Limit - page.Jobs.Count }, cancellationToken).ConfigureAwait(false);
            page = new JobPage([.. page.Jobs, .. more.Jobs], more.Next) { Missing = page.Missing ?? more.Missing };
        }

        return page;
    }

    private static string Unknown(string name, IReadOnlyList<string> known)
    {
        if (known.Contains(name, StringComparer.Ordinal))
        {
            return "";
        }

        var nearest = Sentences.Nearest(name, known);
        return $" The project has no pipeline '{name}' either: "
            + (nearest.Count > 0 ? $"did you mean {Sentences.Or(nearest)}?" : "list those that there are with flowerpower pipeline list.");
    }
}
