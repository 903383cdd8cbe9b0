using System.CommandLine;
using System.Text.Json;
using FlowerPower.Cli.Parsing;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Commands.Queue;

/// <summary><c>queue enqueue-many</c>: stores a job for each line of a file.</summary>
internal sealed class EnqueueManyCommand : ToolCommand
{
    private const int Part = 1_000; // their ids are printed as soon as they are stored

    private readonly Argument<string> file = new("FILE")
    {
        Description = "A file with one JSON object a line; - is the standard input",
    };

    private readonly Option<string?> backend = Backends.Option();

    public EnqueueManyCommand(CommonOptions common)
        : base(common, "enqueue-many", "Store a durable job for each line of a file, and print the jobs' ids")
    {
        Add(file);
        Add(backend);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue enqueue-many jobs.jsonl", "lines such as {\"pipeline\": \"hello\", \"inputs\": {\"name\": \"Ada\"}, \"tags\": [\"eu\"], \"runIn\": \"5m\"}"),
        new("queue enqueue-many - --output json", "from the standard input, with a receipt for each line"),
    ];

    public override string FailsWhen => "a job was refused, or the queue cannot be reached: the ids that are printed are stored. A line that cannot be read is 2, and nothing is stored";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var lines = await ReadAsync(context).ConfigureAwait(false);
        Check(context, project, lines);
        await using var queue = context.OpenQueue(project, context.Parse.GetValue(backend));
        var receipts = new List<(int Line, EnqueueReceipt Receipt)>(lines.Count);
        var isTied = lines.Exists(line => line.Item.Options!.DependsOn.Count > 0); // parents may come after those that depend on them
        foreach (var part in lines.Chunk(isTied ? Math.Max(lines.Count, 1) : Part))
        {
            var answers = await queue.EnqueueManyAsync(part.Select(line => line.Item), context.Interrupted).ConfigureAwait(false);
            foreach (var (line, receipt) in part.Zip(answers))
            {
                receipts.Add((line.Number, receipt));
                if (receipt.IsRefused)
                {
                    context.Output.Error($"line {line.Number}: {receipt.Problem ?? $"job {receipt.Id} is refused ({receipt.Refusal})."}");
                }
            }

            if (answers.Any(receipt => !receipt.IsRefused))
            {
                context.Output.Text(string.Join('\n', answers.Where(receipt => !receipt.IsRefused).Select(receipt => receipt.Id.Value)));
            }
        }

        var (created, refused) = (receipts.LongCount(one => one.Receipt.Created), receipts.LongCount(one => one.Receipt.IsRefused));
        var existed = receipts.Count - created - refused;
        context.Output.Note($"enqueued {Sentences.Count(created, "job")}"
            + (existed > 0 ? FormattableString.Invariant($", {existed:N0} existed already") : "")
            + (refused > 0 ? FormattableString.Invariant($", {refused:N0} refused") : ""));
        context.Output.Json(json => Write(json, receipts, created, existed, refused));
        return refused == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private async Task<List<EnqueueLine>> ReadAsync(CommandContext context)
    {
        var path = context.Parse.GetRequiredValue(file);
        var now = context.Host.Time.GetUtcNow();
        if (path == "-")
        {
            using var input = context.Host.In();
            return await EnqueueLines.ReadAsync(input, "the standard input", now, context.Interrupted).ConfigureAwait(false);
        }

        using var reader = new StreamReader(Path.Combine(context.Host.CurrentDirectory, path));
        return await EnqueueLines.ReadAsync(reader, path, now, context.Interrupted).ConfigureAwait(false);
    }

    /// <summary>Finds what would keep a run from working, once for each pipeline and set of inputs, before anything is stored.</summary>
    private static void Check(CommandContext context, FlowerPowerProject project, List<EnqueueLine> lines)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (number, item) in lines)
        {
            if (item.Options!.DependsOn.Any(parent => parent.Inputs.Count > 0))
            {
                continue; // its inputs come from other jobs
            }

            var run = item.RunConfig!;
            var shape = string.Join('\0', [item.Pipeline, .. run.Inputs.Keys.Order(StringComparer.Ordinal), "", .. run.FinalVars]);
            if (run.Config.Count == 0 && !seen.Add(shape))
            {
                continue;
            }

            try
            {
                context.Check(project, item.Pipeline, run);
            }
            catch (Exception error) when (error is PipelineNotFoundException or GraphException)
            {
                throw new CommandFailedException($"Line {number} cannot be run, and nothing was stored: {error.Message}");
            }
        }
    }

    private static void Write(Utf8JsonWriter json, List<(int Line, EnqueueReceipt Receipt)> receipts, long created, long existed, long refused)
    {
        json.WriteStartObject();
        json.WriteStartArray("receipts");
        foreach (var (line, receipt) in receipts)
        {
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteString("id", receipt.Id.Value is { Length: > 0 } id ? id : null);
            json.WriteBoolean("created", receipt.Created);
            json.WriteString("refusal", receipt.Refusal is { } reason ? JsonNamingPolicy.CamelCase.ConvertName(reason.ToString()) : null);
            json.WriteString("problem", receipt.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("enqueued", created);
        json.WriteNumber("existed", existed);
        json.WriteNumber("refused", refused);
        json.WriteEndObject();
    }
}
