using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>The jobs of a cluster, asked over the network; nothing is kept or run in this process.</summary>
internal sealed class ClusterAdapter(ClusterClientOptions cluster) : QueueAdapter
{
    /// <inheritdoc/>
    public override string Name => "cluster";

    /// <inheritdoc/>
    public override async Task<IJobQueue> OpenAsync(FlowerPowerProject project, QueueOptions options, CancellationToken cancellationToken = default) =>
        options.WorkerSlots == 0
            ? await ClusterClient.ConnectAsync(cluster, cancellationToken).ConfigureAwait(false)
            : throw new QueueUnavailableException(
                "The workers of a cluster are its nodes: start one (flowerpower node start --roles worker), and none in this process.");
}
