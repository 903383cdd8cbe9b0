using System.CommandLine;
using FlowerPower.Cli.Rendering;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Parsing;

/// <summary>The options that say which jobs are meant.</summary>
internal sealed class JobFilterOptions
{
    private readonly Option<string?> pipeline = new("--pipeline") { Description = "Only this pipeline's", HelpName = "NAME" };

    private readonly Option<string?> status;

    private readonly Option<string?> queue = new("--queue") { Description = "Only this queue's", HelpName = "NAME" };

    private readonly Option<string?> tag = new("--tag") { Description = "Only jobs with this tag, letter for letter", HelpName = "WORD" };

    private readonly Option<PointInTime?> since = Values.Moment("--since", "Only jobs that were enqueued then or later: an instant, or how long ago, such as 2h");

    private readonly Option<PointInTime?> until = Values.Moment("--until", "Only jobs that were enqueued before then: an instant, or how long ago");

    /// <param name="withoutStatus">What jobs are meant if no status is given; <see langword="null"/>: all.</param>
    public JobFilterOptions(string? withoutStatus = null) => status = Choices.Option(
        "--status",
        "Only jobs of this status" + (withoutStatus is null ? "" : $". Default: {withoutStatus}"),
        [.. Enum.GetValues<JobStatus>().Select(JobText.Word)]);

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [pipeline, status, queue, tag, since, until];

    public void AddTo(Command command, CommonOptions common)
    {
        pipeline.CompletionSources.Add(completing => ProjectFinder.PipelineNames(common, completing.ParseResult));
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>What the options say.</summary>
    /// <exception cref="UsageException">They leave no time.</exception>
    public JobFilter Read(ParseResult parse, DateTimeOffset now)
    {
        var (from, to) = (parse.GetValue(since)?.At(now), parse.GetValue(until)?.At(now));
        if (from >= to)
        {
            throw new UsageException($"--since must be before --until: from {Times.At(from!.Value)} to {Times.At(to!.Value)} there is no time.");
        }

        return new JobFilter
        {
            Pipeline = parse.GetValue(pipeline),
            Queue = parse.GetValue(queue),
            Tag = parse.GetValue(tag),
            Status = parse.GetValue(status) is { } word ? Enum.Parse<JobStatus>(word, ignoreCase: true) : null,
            EnqueuedSince = from,
            EnqueuedBefore = to,
        };
    }

    /// <summary>Is none of them given?</summary>
    public bool AreAbsent(ParseResult parse) => All.All(option => parse.GetResult(option) is null or { Implicit: true });
}
