using System.CommandLine;
using System.Net;
using System.Text.Json;
using FlowerPower.Actors.Transport;
using FlowerPower.Cli.Parsing;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>node health</c>: asks a node's health endpoint, for those who watch processes by a command's exit code; a container needs no curl for it.</summary>
internal sealed class HealthCommand : ToolCommand
{
    private const string Usual = "127.0.0.1:7711";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly Argument<string> what = new("ready|live")
    {
        Description = "ready: may it be sent work? live: does the process answer?",
        HelpName = "ready|live",
        DefaultValueFactory = _ => "ready",
    };

    private readonly Option<string?> config = new("--config") { Description = "The node's file: its key health says where to ask", HelpName = "FILE" };
    private readonly Option<string?> at = new("--at") { Description = $"Where to ask. Default: {Usual}", HelpName = "HOST:PORT" };

    public HealthCommand(CommonOptions common)
        : base(common, "health", "Ask a node whether it is ready, or alive")
    {
        what.AcceptOnlyFromAmong("ready", "live");
        Add(what);
        Add(config);
        Add(at);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("node health", $"is the node on this machine, at {Usual}, ready?"),
        new("node health live --config cluster-config/node.yml", "does it answer where its file says?"),
    ];

    public override string FailsWhen => $"it is not, or does not answer within {Patience.TotalSeconds:0} s";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var wanted = context.Parse.GetRequiredValue(what);
        var address = Address(context);
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://{address}/{wanted}"), context.Interrupted).ConfigureAwait(false);
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(context.Interrupted).ConfigureAwait(false));
            var node = Text(body, "node") ?? throw new JsonException();
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                throw new CommandFailedException($"Node {node} at {address} is {Text(body, "status")}: {Text(body, "why")}.");
            }

            context.Output.Text($"Node {node} is {wanted}.");
            context.Output.Json(json => body.WriteTo(json));
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (!context.Interrupted.IsCancellationRequested)
        {
            throw new CommandFailedException($"What listens at {address} did not answer within {Patience.TotalSeconds:0} s.");
        }
        catch (HttpRequestException error)
        {
            throw new CommandFailedException($"No node answers at {address} ({error.InnerException?.Message ?? error.Message}): look whether it runs, and where its file says that health is.");
        }
        catch (JsonException)
        {
            throw new CommandFailedException($"What answers at {address} is no node's health endpoint: correct the address.");
        }
    }

    private PeerAddress Address(CommandContext context)
    {
        if (context.Parse.GetValue(at) is { } given)
        {
            return PeerAddress.TryParse(given, out var address)
                ? address
                : throw new UsageException($"--at must be an address as host:port, such as {Usual}, not '{given}'.");
        }

        var path = context.Parse.GetValue(config) is { } file ? Path.GetFullPath(file, context.Host.CurrentDirectory) : null;
        var written = path is null ? Usual : NodeConfig.Load(path).Health;
        return PeerAddress.TryParse(written, out var configured)
            ? configured
            : throw new UsageException(
                $"{Path.GetFileName(path)}: health {(written is null ? "is not set: the node answers nowhere" : $"must be an address as host:port, not '{written}'")}. Write health: {Usual}.");
    }

    private static string? Text(JsonDocument body, string key) =>
        body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty(key, out var text) ? text.GetString() : null;
}
