using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;
using FlowerPower.Node;
using FlowerPower.Node.Hosting;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>node start</c>: makes this process a node of a cluster until it is told to stop.</summary>
internal sealed class NodeStartCommand : ToolCommand
{
    private readonly NodeOptionSet options = new();
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "No line for each attempt that ends" };

    public NodeStartCommand(CommonOptions common)
        : base(common, "start", "Join a cluster in this process: serve jobs, run them, or both, until Ctrl-C or flowerpower cluster leave")
    {
        options.AddTo(this);
        Add(quiet);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("node start --redis redis://localhost:6379", "a cluster of one, on this machine, for the project in this folder"),
        new("node start --config cluster-config/node.yml", "as a file says; options win over it"),
        new("node start --config cluster-config/node.yml --name b1 --listen 10.0.0.2:7710 --roles worker --slots 8", "a machine that only runs jobs"),
    ];

    public override string FailsWhen => "Redis does not answer at the start or holds something else, or the address is taken; stopping in good order is 0";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var log = new AttemptLog(context.Output, context.Host.Time, context.Parse.GetValue(quiet));
        var warnings = new WarningLog(context.Output, context.Host.Time);
        var settings = options.Read(context);
        var host = new ClusterNodeHost(
            settings.ToNode(context, log.Add, warnings.Warn), settings.Executor(context), warnings.Warn)
        {
            Health = settings.Health,
            OnServing = node => Announce(context.Output, settings, node),
            OnStopping = () => SayGoodbye(context.Output, settings.Drain),
        };
        context.Host.Interrupts.Second.Register(host.HandBackRunning);
        await host.RunAsync(context.Interrupted).ConfigureAwait(false);
        context.Output.Note($"stopped: {log.Summary}");
        return ExitCodes.Done;
    }

    private static void SayGoodbye(Output output, TimeSpan drain)
    {
        var jobs = drain == TimeSpan.Zero ? "running jobs are handed back" : $"running jobs may take {Rendering.Times.Length(drain)} to finish";
        ServiceManager.OfThisProcess.Stopping($"Stopping: {jobs}.");
        output.Note($"stopping: {jobs}, then the shards go to other nodes{(drain == TimeSpan.Zero ? "" : "; once more hands the jobs back at once")}");
    }

    private static void Announce(Output output, NodeSettings settings, ClusterNode node)
    {
        var roles = ClusterText.Roles(settings.Roles);
        var does = settings.Roles.HasFlag(MemberRoles.Worker)
            ? $", {Sentences.Count(settings.Slots, "worker slot")} for {(settings.Queues is null ? "all queues" : string.Join(", ", settings.Queues))}"
            : "";
        var shards = settings.Roles.HasFlag(MemberRoles.Queue) ? "; shards come and go with the other nodes" : "";
        var serving = $"Serving cluster '{settings.Redis.Name}' as {node.Name} at {node.Address} ({string.Join(", ", roles)}{does}{shards}).";
        ServiceManager.OfThisProcess.Ready(serving);
        output.Text($"{serving} Ctrl-C stops it.");
        output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("cluster", settings.Redis.Name);
            json.WriteString("node", node.Name);
            json.WriteString("address", node.Address.ToString());
            ClusterText.Texts(json, "roles", roles);
            json.WriteNumber("slots", settings.Slots);
            ClusterText.Texts(json, "queues", settings.Queues);
            json.WriteNumber("processId", Environment.ProcessId);
            json.WriteEndObject();
        });
    }
}
