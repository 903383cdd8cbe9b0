using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.Reflection;
using FlowerPower.Cli.Commands;
using FlowerPower.Cli.Commands.Cluster;
using FlowerPower.Cli.Commands.Pipelines;
using FlowerPower.Cli.Commands.Queue;
using FlowerPower.Cli.Commands.Queues;
using FlowerPower.Cli.Commands.Workers;
using FlowerPower.Cli.Parsing;

namespace FlowerPower.Cli;

/// <summary>Which commands there are.</summary>
internal static class CommandTree
{
    /// <summary>All of them, below the tool itself.</summary>
    public static RootCommand Build(CommonOptions common)
    {
        var root = new RootCommand("Runs data pipelines: in this process, or as durable jobs that survive crashes and restarts.") { HelpName = "flowerpower" };
        root.Options.Clear();
        root.Directives.Clear();
        root.Add(new SuggestDirective { Action = new Suggestions() });
        root.Add(new HelpOption("--help", "-h") { Action = new TeachingHelp(), Description = "Show this help" });
        root.Add(Version(common.Host));
        common.AddTo(root);
        root.Add(new InitCommand(common));
        root.Add(new CommandGroup(
            "pipeline",
            "Make, run, list and draw pipelines",
            new NewCommand(common),
            new RunCommand(common),
            new ListPipelinesCommand(common),
            new ShowDagCommand(common)));
        var queue = new CommandGroup(
            "queue",
            "Run pipelines as durable jobs, and ask what became of them",
            new RunJobCommand(common),
            new EnqueueCommand(common),
            new EnqueueManyCommand(common),
            new StatusCommand(common),
            new ResultCommand(common),
            new ListJobsCommand(common),
            new WatchCommand(common),
            new LogsCommand(common),
            new CancelCommand(common),
            new RetryCommand(common),
            new DeleteCommand(common),
            new KeepCommand(common),
            new MetricsCommand(common),
            new ListQueuesCommand(common),
            new PauseCommand(common),
            new ResumeCommand(common),
            new LimitCommand(common),
            new CommandGroup("worker", "Start and stop what runs the jobs", new WorkerStartCommand(common), new WorkerStopCommand(common)));
        queue.Add(common.Redis);
        common.Cluster.AddTo(queue);
        root.Add(queue);
        root.Add(new CommandGroup("node", "Make this process a node of a cluster, or ask one how it is", new NodeStartCommand(common), new HealthCommand(common)));
        var cluster = new CommandGroup(
            "cluster",
            "Look at a cluster's nodes and shards, let a node leave, declare one dead, take up a parked shard",
            new ShowClusterCommand(common),
            new ShardsCommand(common),
            new LeaveCommand(common),
            new DownCommand(common),
            new UnparkCommand(common));
        common.Cluster.AddTo(cluster);
        root.Add(cluster);
        root.Add(new CompletionCommand(common));
        return root;
    }

    private static Option<bool> Version(CliHost host) => new("--version")
    {
        Description = "Show the tool's version",
        Action = new VersionAction(host),
    };

    private sealed class VersionAction(CliHost host) : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(CommandTree).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            host.Out.Write($"flowerpower {version?.Split('+')[0]}\n");
            return ExitCodes.Done;
        }
    }
}
