using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Node;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Commands;

/// <summary>What a command works with: its parsed command line, where it prints, and the project that is meant.</summary>
internal sealed class CommandContext(CliHost host, ParseResult parse, CommonOptions common)
{
    public CliHost Host => host;

    public ParseResult Parse => parse;

    public Output Output { get; } = new(host, parse.GetValue(common.Format) == "json");

    /// <summary>What to type next, for the same project and store.</summary>
    public NextCommands Next { get; } = new(parse, common);

    /// <summary>Cancelled when somebody wants the command to stop.</summary>
    public CancellationToken Interrupted => host.Interrupts.First;

    /// <summary>The project that is meant; what is odd about its files is printed as warnings.</summary>
    public FlowerPowerProject LoadProject()
    {
        var project = FlowerPowerProject.Load(ProjectFinder.Find(common, parse));
        WarnOf(project.Warnings);
        return project;
    }

    /// <summary>Does the command line name a project?</summary>
    public bool HasProjectOption => parse.GetValue(common.Project) is { Length: > 0 };

    /// <summary>The folder of the project that is meant.</summary>
    /// <exception cref="ProjectException">None is, and there is none here or above.</exception>
    public string FindProject() => ProjectFinder.Find(common, parse);

    /// <summary>Prints a pipeline's warnings, once its files have been read.</summary>
    public void WarnOf(IEnumerable<ConfigWarning> warnings)
    {
        foreach (var warning in warnings)
        {
            Output.Warn(warning.ToString());
        }
    }

    /// <summary>An answer that lacks what some nodes of a cluster have says so, whatever else it prints.</summary>
    /// <param name="missing">Who was not asked; <see langword="null"/>: nobody.</param>
    public void WarnOfMissing(IReadOnlyList<string>? missing)
    {
        if (missing is not null)
        {
            Output.Warn(
                $"Not all of the cluster could be asked, so the jobs that have not ended on {Sentences.And(missing)} are missing here: ask again, "
                + "or look with flowerpower cluster show and cluster shards.");
        }
    }

    /// <summary>Finds what would keep a run from working, before it becomes a job: a compile error needs no retries.</summary>
    /// <exception cref="ProjectException">There is no such pipeline, or its configuration is broken.</exception>
    /// <exception cref="GraphException">The graph or the run cannot work.</exception>
    /// <exception cref="PipelineCompileException">The pipeline's code does not compile.</exception>
    public void Check(FlowerPowerProject project, string pipeline, RunConfig run)
    {
        WarnOf(project.LoadPipelineConfig(pipeline).Warnings);
        foreach (var warning in project.Plan(pipeline, run).Warnings)
        {
            Output.Warn(warning);
        }
    }

    /// <summary>The project's jobs. The caller disposes it.</summary>
    public JobQueueManager OpenQueue(FlowerPowerProject project, string? backend = null, QueueOptions? options = null)
    {
        PlaceOf(project);
        ClusterOf(project);
        try
        {
            return new JobQueueManager(project, backend, (options ?? new QueueOptions()) with
            {
                Redis = RedisOption(),
                Cluster = common.Cluster.Read(parse, host),
                Holder = $"flowerpower {CommandPath(parse)}",
                OnWarning = new WarningLog(Output, host.Time).Warn,
            });
        }
        catch (ArgumentException) when (backend is not null && !QueueAdapter.Names.Contains(backend, StringComparer.OrdinalIgnoreCase))
        {
            throw new UsageException($"--backend must be {Sentences.Or(QueueAdapter.Names)}, not '{backend}'.");
        }
    }

    /// <summary>Where the project's jobs are kept.</summary>
    public QueuePlace PlaceOf(FlowerPowerProject project)
    {
        try
        {
            return QueuePlaces.Of(project, new QueueOptions { Redis = RedisOption() });
        }
        catch (ArgumentException wrong)
        {
            var sentence = wrong.Message.Split(" (Parameter")[0];
            throw RedisOption() is null ? new ConfigurationException(sentence) : new UsageException($"--redis: {sentence}");
        }
    }

    /// <summary>The cluster that keeps and runs the project's jobs; <see langword="null"/>: they are kept here.</summary>
    public ClusterClientOptions? ClusterOf(FlowerPowerProject project)
    {
        if (RedisOption() is not null && common.Cluster.IsGiven(parse))
        {
            throw new UsageException("--redis and --cluster are two places for the jobs: a cluster has its own Redis, so give one of them.");
        }

        try
        {
            return ClusterPlaces.Of(project, new QueueOptions { Redis = RedisOption(), Cluster = common.Cluster.Read(parse, host) });
        }
        catch (ArgumentException wrong)
        {
            throw new ConfigurationException(wrong.Message.Split(" (Parameter")[0]);
        }
    }

    /// <summary>The cluster that the command line names, or the configuration of the project that is meant.</summary>
    /// <exception cref="UsageException">Neither does.</exception>
    public ClusterClientOptions RequireCluster()
    {
        if (common.Cluster.Read(parse, host) is { } given)
        {
            return given;
        }

        FlowerPowerProject? project = null;
        try
        {
            project = LoadProject();
        }
        catch (ProjectException error) when (error is not ConfigException && parse.GetValue(common.Project) is null)
        {
            // This command needs no project: only the name of a node.
        }

        return (project is null ? null : ClusterOf(project))
            ?? throw new UsageException("Which cluster? Name one or more of its nodes with --cluster HOST:PORT, or in conf/project.yml (job_queue.backend, type: cluster).");
    }

    /// <summary>Commands outside <c>queue</c> do not have the option.</summary>
    private string? RedisOption() => parse.GetResult(common.Redis) is null ? null : parse.GetValue(common.Redis);

    /// <summary>The command's words, such as <c>queue worker start</c>.</summary>
    public static string CommandPath(ParseResult parse)
    {
        var words = new Stack<string>();
        for (var result = parse.CommandResult; result is { Command: not RootCommand }; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            words.Push(result.Command.Name);
        }

        return string.Join(' ', words);
    }
}
