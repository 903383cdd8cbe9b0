using System.Text;
using System.Text.Json;
using FlowerPower.Client;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Parsing;

/// <summary>Jobs as lines of JSON: one object each, with the names of <c>queue enqueue</c>'s options in camelCase.</summary>
internal static class EnqueueLines
{
    private static readonly string[] Names =
    [
        "pipeline", "id", "inputs", "config", "finalVars", "queue", "priority", "tags", "metadata", "description", "runIn", "runAt", "timeout", "expiresIn",
        "keep", "keepFailed", "maxRetries", "retryDelay", "jitterFactor", "uniqueKey", "uniqueFor", "onConflict", "after", "afterEnd", "inputFrom", "onSuccess", "onFailure",
    ];

    /// <summary>Reads all lines; empty ones are passed over.</summary>
    /// <param name="source">What is read, for messages.</param>
    /// <exception cref="UsageException">A line cannot be read; the message has its number and the remedy.</exception>
    public static async Task<List<EnqueueLine>> ReadAsync(TextReader reader, string source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lines = new List<EnqueueLine>();
        for (var number = 1; await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } text; number++)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            try
            {
                lines.Add(new EnqueueLine(number, ItemOf(ObjectOf(text), now)));
            }
            catch (FormatException error)
            {
                throw new UsageException($"Line {number} of {source} {error.Message} Nothing was stored.");
            }
        }

        return lines;
    }

    private static Dictionary<string, object?> ObjectOf(string text)
    {
        try
        {
            return PlainValues.FromJson(Encoding.UTF8.GetBytes(text)) as Dictionary<string, object?>
                ?? throw new FormatException("is JSON, but no object: write one object a line, such as {\"pipeline\": \"hello\"}.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"is not JSON, at byte {error.BytePositionInLine + 1}: write one whole object a line, such as {{\"pipeline\": \"hello\"}}.", error);
        }
    }

    private static EnqueueItem ItemOf(Dictionary<string, object?> values, DateTimeOffset now)
    {
        if (values.Keys.FirstOrDefault(name => !Names.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            var alike = Sentences.Nearest(unknown, Names);
            throw new FormatException($"has '{unknown}', which is none of a job's names: {(alike.Count > 0 ? $"did you mean {Sentences.Or(alike)}?" : $"there are {string.Join(", ", Names)}.")}");
        }

        var line = new LineValues(values);
        var options = new EnqueueOptions
        {
            Id = line.Read("id", JobId.Parse),
            Queue = line.Read("queue", QueueOf),
            Priority = line.Read("priority", PriorityOf),
            RunIn = line.Read("runIn", text => Values.LengthOf(text, mayBeZero: true)),
            RunAt = line.Read("runAt", Durations.ParseInstant),
            Timeout = line.Read("timeout", text => Values.LengthOf(text, mayBeZero: false)),
            ExpiresIn = line.Read("expiresIn", text => Values.LengthOf(text, mayBeZero: false)),
            ResultRetention = line.Read("keep", Values.KeepingOf),
            FailureRetention = line.Read("keepFailed", Values.KeepingOf),
            Tags = line.Texts("tags") ?? [],
            Metadata = line.TextsByName("metadata") ?? [],
            Description = line.Text("description"),
            UniqueKey = line.Text("uniqueKey"),
            UniqueFor = line.Read("uniqueFor", text => Values.LengthOf(text, mayBeZero: false)),
            OnConflict = line.Read("onConflict", ConflictOf) ?? KeyConflict.ReturnExisting,
            DependsOn = ParentOptions.Read(line),
            OnSuccess = line.Text("onSuccess"),
            OnFailure = line.Text("onFailure"),
        };
        if (options is { Id: not null, UniqueKey: not null })
        {
            throw new FormatException("has id and uniqueKey, which cannot go together: an id is unique by itself, and for ever.");
        }

        if (options.UniqueKey is null && (line.Text("uniqueFor") ?? line.Text("onConflict")) is not null)
        {
            throw new FormatException("has no 'uniqueKey', which its uniqueFor or onConflict is about: give it as well.");
        }

        if (options is { RunIn: not null, RunAt: not null })
        {
            throw new FormatException("has runIn and runAt, two ways to say the same: give one of them.");
        }

        if (options.ExpiresIn is { } longest && (options.RunIn ?? options.RunAt - now) is { } wait && wait >= longest)
        {
            throw new FormatException("has an expiresIn that is not longer than the wait before the job may start: it would expire unstarted.");
        }

        var pipeline = line.Text("pipeline") ?? throw new FormatException("has no 'pipeline': say which one is to run.");
        return new EnqueueItem(pipeline, RunOf(line), options);
    }

    private static RunConfig RunOf(LineValues line)
    {
        var run = new RunConfig();
        run = line.Object("inputs") is { } inputs ? run.WithInputs(inputs) : run;
        run = line.Object("config") is { } config ? run.WithConfig(config) : run;
        run = line.Texts("finalVars") is { } names ? run.WithFinalVars(names) : run;
        var (retries, delay, jitter) = (line.Whole("maxRetries"), line.Seconds("retryDelay"), line.Number("jitterFactor"));
        return (retries ?? delay ?? (object?)jitter) is null ? run : run.WithRetry(retries, delay, jitter);
    }

    private static string QueueOf(string text) => text.Length > 0 && !text.Any(char.IsWhiteSpace)
        ? text
        : throw new FormatException($"must be a name without spaces, not '{text}'.");

    private static KeyConflict ConflictOf(string text) => text switch
    {
        "return-existing" => KeyConflict.ReturnExisting,
        "error" => KeyConflict.Error,
        "replace" => KeyConflict.Replace,
        _ => throw new FormatException($"must be return-existing, error or replace, not '{text}'."),
    };

    private static JobPriority PriorityOf(string text) => text.ToLowerInvariant() switch
    {
        "high" => JobPriority.High,
        "medium" => JobPriority.Medium,
        "low" => JobPriority.Low,
        _ => throw new FormatException($"must be high, medium or low, not '{text}'."),
    };
}

/// <summary>One job of a file of lines.</summary>
/// <param name="Number">From 1.</param>
internal sealed record EnqueueLine(int Number, EnqueueItem Item);
