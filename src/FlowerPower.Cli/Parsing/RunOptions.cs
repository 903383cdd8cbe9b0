using System.CommandLine;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Parsing;

/// <summary>The options that shape one run of a pipeline; what is not given comes from the environment and the project's files.</summary>
internal sealed class RunOptions
{
    private readonly Option<Dictionary<string, object?>?> inputs = NamedValues.Any(
        "--inputs", "Values for the graph's inputs: a JSON object, or name=value as often as needed");

    private readonly Option<string[]?> finalVars = new("--final-vars", "--outputs", "-o")
    {
        Description = "The nodes whose values are the result, separated by commas. Default: the pipeline's final_vars",
        HelpName = "A,B",
    };

    private readonly Option<Dictionary<string, object?>?> config = NamedValues.Any(
        "--config", "What shapes the graph before it runs, as for --inputs");

    private readonly Option<string?> executor = Choices.Option(
        "--executor", "What nodes are computed on. Default: threadpool", "threadpool", "synchronous");

    private readonly Option<int?> maxWorkers = Values.Whole("--max-workers", "The most nodes computed at once. Default: 5 for each processor", 1);

    private readonly Option<int?> maxRetries = Values.Whole("--max-retries", "Retries after the first attempt. Default: 3", 0);

    private readonly Option<TimeSpan?> retryDelay = Values.Seconds(
        "--retry-delay", "The wait before the first retry, doubling with each: seconds, or a length such as 5m. Default: 1");

    private readonly Option<double?> jitterFactor = Values.Number(
        "--jitter-factor", "The greatest part of a wait that chance adds to it. Default: 0.1");

    private readonly Option<string?> logLevel = Choices.Option(
        "--log-level", "debug tells of every node, error keeps warnings back. Default: info", "debug", "info", "warning", "error");

    public void AddTo(Command command)
    {
        foreach (var option in (ReadOnlySpan<Option>)
            [inputs, finalVars, config, executor, maxWorkers, maxRetries, retryDelay, jitterFactor, logLevel])
        {
            command.Add(option);
        }
    }

    /// <summary>A run in which exactly the given options are set.</summary>
    public RunConfig Read(ParseResult parse)
    {
        var run = new RunConfig();
        run = parse.GetValue(inputs) is { } values ? run.WithInputs(values) : run;
        run = parse.GetValue(config) is { } keys ? run.WithConfig(keys) : run;
        run = parse.GetValue(finalVars) is { Length: > 0 } names ? run.WithFinalVars(Split(names)) : run;
        if (parse.GetValue(executor) is var type && parse.GetValue(maxWorkers) is var workers && (type ?? (object?)workers) is not null)
        {
            run = run.WithExecutor(type, workers);
        }

        if (parse.GetValue(maxRetries) is var retries && parse.GetValue(retryDelay) is var delay && parse.GetValue(jitterFactor) is var jitter
            && (retries ?? delay ?? (object?)jitter) is not null)
        {
            run = run.WithRetry(retries, delay?.TotalSeconds, jitter);
        }

        return parse.GetValue(logLevel) is { } level ? run.WithLogLevel(level.ToUpperInvariant()) : run;
    }

    internal static string[] Split(IEnumerable<string> lists) =>
        [.. lists.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct()];
}
