using System.CommandLine;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Parsing;

/// <summary>The options that tell the queue about a job.</summary>
internal sealed class EnqueueOptionSet
{
    private readonly Option<JobId?> id = Values.Id("--id", "The job's id. Enqueueing an id again is a repetition, not a second job. Default: a new one");

    private readonly Option<string?> priority = Choices.Option("--priority", "The place in the queue. Default: medium", "high", "medium", "low");

    private readonly Option<string?> queue = new("--queue") { Description = "The queue's name. Default: default", HelpName = "NAME" };

    private readonly Option<TimeSpan?> runIn = Values.Length("--run-in", "Not before this time has passed, such as 5m or 2h30m", mayBeZero: true);

    private readonly Option<DateTimeOffset?> runAt = Values.Instant("--run-at", "Not before this instant, such as 2026-03-01T14:30:00Z");

    private readonly Option<TimeSpan?> timeout = Values.Length("--timeout", "The longest that one attempt may run. Default: no limit");

    private readonly Option<TimeSpan?> expiresIn = Values.Length("--expires-in", "If no worker has started it by then, it fails as expired. Default: never");

    private readonly Option<TimeSpan?> keep = Values.Keeping(
        "--keep", "How long it is kept once it has completed or was cancelled: 30d, or forever. Default: the project's, else 7 days");

    private readonly Option<TimeSpan?> keepFailed = Values.Keeping("--keep-failed", "The same, once it has failed. Default: the project's, else 30 days");

    private readonly Option<string[]?> tags = new("--tag") { Description = "A word to find it by; may be given several times", HelpName = "WORD" };

    private readonly Option<Dictionary<string, string>?> metadata = NamedValues.Texts("--meta", "Your own data about it: name=value, as often as needed");

    private readonly Option<string?> uniqueKey = new("--unique-key")
    {
        Description = "A text that no two unfinished jobs have; not together with --id. Default: none",
        HelpName = "TEXT",
    };

    private readonly Option<TimeSpan?> uniqueFor = Values.Length("--unique-for", "How long from now on the key stays taken once the job has completed. Default: not at all");

    private readonly Option<string?> onConflict = Choices.Option(
        "--on-conflict", "What to do if a job has the key. Default: return-existing", "return-existing", "error", "replace");

    private readonly ParentOptions parents = new();

    private readonly Option<string?> onSuccess = new("--on-success")
    {
        Description = "What runs when it has completed: pipeline:NAME, webhook:URL, or a callback that the workers have registered",
        HelpName = "CALLBACK",
    };

    private readonly Option<string?> onFailure = new("--on-failure") { Description = "What runs when it has failed for good, in the same forms", HelpName = "CALLBACK" };

    private readonly Option<string?> description = new("--description") { Description = "A line about it, for people", HelpName = "TEXT" };

    public void AddTo(Command command)
    {
        foreach (var option in (ReadOnlySpan<Option>)[id, priority, queue, runIn, runAt, timeout, expiresIn, keep, keepFailed, tags, metadata, description, uniqueKey, uniqueFor, onConflict, onSuccess, onFailure])
        {
            command.Add(option);
        }

        parents.AddTo(command);
        command.RefuseBoth(id, uniqueKey, "--id and --unique-key cannot go together: an id is unique by itself, and for ever.");
        command.Validators.Add(result =>
        {
            foreach (var option in (ReadOnlySpan<Option>)[uniqueFor, onConflict])
            {
                if (result.GetResult(option) is { Implicit: false } && result.GetResult(uniqueKey) is null)
                {
                    result.AddError($"{option.Name} is about a unique key: give --unique-key as well.");
                }
            }
        });
        command.RefuseBoth(runIn, runAt, "--run-in and --run-at are two ways to say the same: give one of them.");
        queue.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && (token.Value.Length == 0 || token.Value.Any(char.IsWhiteSpace)))
            {
                result.AddError($"--queue must be a name without spaces, not '{token.Value}'.");
            }
        });
    }

    /// <summary>What the options say.</summary>
    /// <exception cref="UsageException">The job would have expired before it may start.</exception>
    public EnqueueOptions Read(ParseResult parse, DateTimeOffset now)
    {
        var (delay, instant, expiry) = (parse.GetValue(runIn), parse.GetValue(runAt), parse.GetValue(expiresIn));
        if (expiry is { } longest && (delay ?? instant - now) is { } wait && wait >= longest)
        {
            throw new UsageException(
                $"--expires-in must be longer than the wait before the job may start ({(delay is null ? runAt.Name : runIn.Name)}: {Times.Length(wait)}), "
                + $"not {Times.Length(longest)}: it would expire unstarted.");
        }

        return Of(parse);
    }

    private EnqueueOptions Of(ParseResult parse) => new()
    {
        Id = parse.GetValue(id),
        Priority = parse.GetValue(priority) is { } word ? Enum.Parse<JobPriority>(word, ignoreCase: true) : null,
        Queue = parse.GetValue(queue),
        RunIn = parse.GetValue(runIn),
        RunAt = parse.GetValue(runAt),
        Timeout = parse.GetValue(timeout),
        ExpiresIn = parse.GetValue(expiresIn),
        ResultRetention = parse.GetValue(keep),
        FailureRetention = parse.GetValue(keepFailed),
        Tags = parse.GetValue(tags) ?? [],
        Metadata = parse.GetValue(metadata) ?? [],
        Description = parse.GetValue(description),
        UniqueKey = parse.GetValue(uniqueKey),
        UniqueFor = parse.GetValue(uniqueFor),
        OnConflict = parse.GetValue(onConflict) switch
        {
            "error" => KeyConflict.Error,
            "replace" => KeyConflict.Replace,
            _ => KeyConflict.ReturnExisting,
        },
        DependsOn = parents.Read(parse),
        OnSuccess = parse.GetValue(onSuccess),
        OnFailure = parse.GetValue(onFailure),
    };
}
