using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node;
using FlowerPower.Node.Local;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Workers;

/// <summary><c>queue worker stop</c>: asks the process that serves the project to stop, and waits until it has.</summary>
internal sealed class WorkerStopCommand : ToolCommand
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Option<TimeSpan?> timeout = Values.Length("--timeout", "How long to wait for its end. Default: 1m");
    private readonly Option<string?> backend = Backends.Option();

    public WorkerStopCommand(CommonOptions common)
        : base(common, "stop", "Ask the process that runs the project's jobs to stop, and wait until it has")
    {
        Add(timeout);
        Add(backend);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("queue worker stop", "running jobs finish first, as long as its --drain allows"),
        new("queue worker stop --timeout 5m", "wait longer for them"),
    ];

    public override string FailsWhen => "it has not stopped in time, or another machine or folder serves the store in Redis; if nothing is running, that is 0";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        if (context.ClusterOf(project) is not null)
        {
            throw new UsageException("The workers of a cluster are its nodes, and each is told by its name: flowerpower cluster show, then flowerpower cluster leave NODE.");
        }

        var patience = context.Parse.GetValue(timeout) ?? DefaultPatience;
        var place = context.PlaceOf(project);
        await using var node = await LocalJobQueue.TryConnectAsync(place.SocketPath, context.Interrupted).ConfigureAwait(false);
        if (node is null && place.ReadHolder() is { } closing)
        {
            await UntilGoneAsync(context, closing.ProcessId, place, patience).ConfigureAwait(false); // somebody else's wish came first
        }

        if (node is null && place.Redis is { } redis && await RedisLeaseLook.HolderAsync(redis, context.Interrupted).ConfigureAwait(false) is { } elsewhere)
        {
            throw new CommandFailedException(
                $"Nobody serves project '{project.Name}' from this folder, but the store '{redis.Name}' in Redis at {redis.HostList} is served by "
                + $"{elsewhere}: stop it there, in the folder that it was started in.");
        }

        if (node is null)
        {
            context.Output.Text($"No worker is running for project '{project.Name}'.");
            Print(context.Output, null);
            return ExitCodes.Done;
        }

        await node.StopNodeAsync(context.Interrupted).ConfigureAwait(false);
        await UntilGoneAsync(context, node.ProcessId, place, patience).ConfigureAwait(false);
        context.Output.Text($"Process {node.ProcessId} has stopped serving project '{project.Name}'.");
        Print(context.Output, node.ProcessId);
        return ExitCodes.Done;
    }

    /// <summary>The socket closes when the node begins to stop; what counts is that it has let go of the database.</summary>
    private static async Task UntilGoneAsync(CommandContext context, int processId, QueuePlace place, TimeSpan patience)
    {
        var time = context.Host.Time;
        var started = time.GetTimestamp();
        while (place.ReadHolder() is { } holder && holder.ProcessId == processId)
        {
            if (time.GetElapsedTime(started) > patience)
            {
                throw new TimeoutException(
                    $"Process {processId} ({holder.Name}) has not stopped within {Times.Length(patience)}: it may have long jobs to finish, so wait "
                    + "for it with a longer --timeout; or it is an application that has to be ended itself.");
            }

            await Task.Delay(LookEvery, time, context.Interrupted).ConfigureAwait(false);
        }
    }

    private static void Print(Output output, int? processId) => output.Json(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("stopped", processId is not null);
        if (processId is { } id)
        {
            json.WriteNumber("processId", id);
        }
        else
        {
            json.WriteNull("processId");
        }

        json.WriteEndObject();
    });
}
