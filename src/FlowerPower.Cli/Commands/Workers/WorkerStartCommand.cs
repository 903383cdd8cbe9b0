using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;
using FlowerPower.Client;
using FlowerPower.Node;

namespace FlowerPower.Cli.Commands.Workers;

/// <summary><c>queue worker start</c>: runs jobs in this process until it is told to stop.</summary>
internal sealed class WorkerStartCommand : ToolCommand
{
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(30);

    private readonly Option<int?> count = Values.Whole("--count", "Jobs that run at once. Default: the number of processors", 1, 100_000);
    private readonly Option<string[]?> queues = new("--queues") { Description = "The queues to serve, separated by commas. Default: all", HelpName = "A,B" };
    private readonly Option<bool> burst = new("--burst") { Description = "Stop when nothing is pending, running or retrying any more" };
    private readonly Option<TimeSpan?> drain = Values.Length(
        "--drain", "When it is told to stop: how long running jobs may take to finish, before they are handed back. Default: 30s", mayBeZero: true);

    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "No line for each attempt that ends" };
    private readonly Option<string?> backend = Backends.Option();

    public WorkerStartCommand(CommonOptions common)
        : base(common, "start", "Run jobs in this process, until Ctrl-C or flowerpower queue worker stop")
    {
        Add(count);
        Add(queues);
        Add(burst);
        Add(drain);
        Add(quiet);
        Add(backend);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue worker start", "as many jobs at once as there are processors"),
        new("queue worker start --count 4 --queues default,reports --drain 2m", "four at once, of two queues; patient when stopped"),
        new("queue worker start --burst", "do what there is to do, and end"),
    ];

    public override string FailsWhen => "another process serves the project, its database cannot be opened, or with --burst: a job failed; else stopping in good order is 0";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var parse = context.Parse;
        var project = context.LoadProject();
        if (context.ClusterOf(project) is not null)
        {
            throw new UsageException("The workers of a cluster are its nodes: flowerpower node start --roles worker.");
        }

        var served = parse.GetValue(queues) is { Length: > 0 } lists ? RunOptions.Split(lists) : null;
        if (served is [] || served?.Any(name => name.Any(char.IsWhiteSpace)) == true)
        {
            throw new UsageException("--queues must be names without spaces, separated by commas, such as default,reports; leave it out to serve all.");
        }

        var log = new AttemptLog(context.Output, context.Host.Time, parse.GetValue(quiet));
        var options = new QueueOptions
        {
            WorkerSlots = parse.GetValue(count) ?? Environment.ProcessorCount,
            Queues = served,
            DrainTimeout = parse.GetValue(drain) ?? DefaultDrain,
            OnAttemptEnded = log.Add,
            OnDeleted = new RecordLog(context.Output, context.Host.Time).Add,
        };
        await using var queue = context.OpenQueue(project, parse.GetValue(backend), options);
        var opened = await queue.OpenAsync(context.Interrupted).ConfigureAwait(false);
        Announce(context.Output, project.Name, context.PlaceOf(project), served, await opened.OverviewAsync(context.Interrupted).ConfigureAwait(false));
        if (opened is EmbeddedJobQueue embedded)
        {
            _ = embedded.Node.StopRequested.ContinueWith(_ => context.Host.Interrupts.Raise(), TaskScheduler.Default);
            context.Host.Interrupts.Second.Register(embedded.Node.HandBackRunning);
        }

        if (parse.GetValue(burst))
        {
            await BurstEnd.WaitAsync(opened, served, context.Host.Time, context.Interrupted).ConfigureAwait(false);
        }
        else
        {
            await UntilAsync(context.Interrupted).ConfigureAwait(false);
        }

        if (context.Interrupted.IsCancellationRequested)
        {
            await TellStoppingAsync(context.Output, opened, options.DrainTimeout).ConfigureAwait(false);
        }

        await queue.DisposeAsync().ConfigureAwait(false);
        context.Output.Note($"stopped: {log.Summary}");
        return context.Host.Interrupts.Second.IsCancellationRequested ? ExitCodes.Interrupted
            : parse.GetValue(burst) && log.FailedJobs > 0 ? ExitCodes.Failed
            : ExitCodes.Done;
    }

    private static void Announce(Output output, string project, QueuePlace place, IReadOnlyList<string>? served, FlowerPower.Jobs.QueueOverview overview)
    {
        var slots = Sentences.Count(overview.WorkerSlots, "worker slot");
        var names = served is null ? "all queues" : (served.Count == 1 ? "queue " : "queues ") + string.Join(", ", served);
        var store = place.Redis is null ? "" : $" (jobs in {place.Text})";
        output.Text($"Serving project '{project}'{store} with {slots} for {names}, in process {Environment.ProcessId}. Ctrl-C stops it.");
        output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("project", project);
            json.WriteString("store", place.Text);
            json.WriteString("node", overview.Node);
            json.WriteNumber("processId", Environment.ProcessId);
            json.WriteNumber("workerSlots", overview.WorkerSlots);
            json.WriteStartArray("queues");
            foreach (var name in served ?? [])
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static async Task TellStoppingAsync(Output output, FlowerPower.Jobs.IJobQueue opened, TimeSpan patience)
    {
        var busy = (await opened.OverviewAsync().ConfigureAwait(false)).BusySlots;
        output.Note(busy == 0
            ? "stopping"
            : $"stopping: {Sentences.Count(busy, "running job")} may take {Rendering.Times.Length(patience)} to finish; once more stops at once");
    }

    private static Task UntilAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => cancelled.TrySetResult());
        return cancelled.Task;
    }
}
