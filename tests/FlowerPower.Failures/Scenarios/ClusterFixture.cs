using FlowerPower.Failures.Cluster;

namespace FlowerPower.Failures.Scenarios;

/// <summary>One cluster for all scenarios of a class, each of which leaves it whole: two queue nodes, a worker, and a node that is both.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    /// <summary>Short, so that deaths take seconds; each figure a third of the default.</summary>
    internal const string ShortLease = "{ lease: 3, renew_every: 1, guard: 0.6 }";

    internal TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(
        ShortLease, [new("q1", "queue"), new("q2", "queue"), new("both", "queue,worker", Slots: 4), new("w", "worker", Slots: 4)]);

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
