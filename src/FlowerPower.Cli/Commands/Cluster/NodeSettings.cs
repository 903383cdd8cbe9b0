using System.Reflection;
using FlowerPower.Actors.Transport;
using FlowerPower.Cli.Running;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Workers;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>What a node is to be, all of it checked. No record: a record would print its secret.</summary>
internal sealed class NodeSettings
{
    public required string Name { get; init; }

    public required RedisAddress Redis { get; init; }

    public required PeerAddress Listen { get; init; }

    public PeerAddress? Advertise { get; init; }

    public required MemberRoles Roles { get; init; }

    public required int Weight { get; init; }

    /// <summary>0 without the role of a worker.</summary>
    public required int Slots { get; init; }

    /// <summary><see langword="null"/>: all.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    public string? Secret { get; init; }

    public PeerTlsOptions? Tls { get; init; }

    public PeerAddress? Health { get; init; }

    public required TimeSpan Drain { get; init; }

    public required LeaseTimes Lease { get; init; }

    /// <summary>The project's folder; <see langword="null"/>: the node runs nothing.</summary>
    public string? Project { get; init; }

    public ClusterNodeOptions ToNode(CommandContext context, Action<AttemptReport> onAttempt, Action<string> warn) => new()
    {
        Redis = Redis,
        Listen = Listen,
        Advertise = Advertise,
        Roles = Roles,
        Weight = Weight,
        Secret = Secret,
        Tls = Tls,
        Lease = Lease,
        Software = typeof(NodeSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
        Node = new NodeOptions
        {
            Name = Name,
            WorkerSlots = Slots,
            Queues = Queues,
            DrainTimeout = Drain,
            Time = context.Host.Time,
            OnAttemptEnded = onAttempt,
            OnNotice = notice => (notice.IsRecord ? new RecordLog(context.Output, context.Host.Time).Add : warn)(notice.Text),
        },
    };

    /// <summary>Runs the project's pipelines.</summary>
    /// <exception cref="ProjectException">The project cannot be read.</exception>
    public IJobExecutor Executor(CommandContext context)
    {
        if (Project is null)
        {
            return new NoExecutor();
        }

        var project = FlowerPowerProject.Load(Project);
        context.WarnOf(project.Warnings);
        return new ProjectJobExecutor(project);
    }

    /// <summary>For a node without worker slots, which is never asked.</summary>
    private sealed class NoExecutor : IJobExecutor
    {
        public Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("This node has no project, and runs no jobs.");
    }
}
