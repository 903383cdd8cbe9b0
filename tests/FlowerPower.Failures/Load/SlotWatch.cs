using FlowerPower.Failures.Cluster;
using FlowerPower.Jobs;
using FlowerPower.Node;

namespace FlowerPower.Failures.Load;

/// <summary>Asks the cluster again and again how many jobs run, and how many could.</summary>
internal sealed class SlotWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly ClusterClient client;
    private readonly List<SlotSample> samples = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    private SlotWatch(ClusterClient client)
    {
        this.client = client;
        loop = Task.Run(WatchAsync);
    }

    public static async Task<SlotWatch> StartAsync(TestCluster cluster) => new(await cluster.ConnectAsync());

    /// <summary>Ends it.</summary>
    /// <returns>Oldest first; nothing of the moments at which the cluster could not say it.</returns>
    public async Task<IReadOnlyList<SlotSample>> StopAsync()
    {
        await stop.CancelAsync();
        await loop;
        return samples;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await client.DisposeAsync();
    }

    private async Task WatchAsync()
    {
        using var pace = new PeriodicTimer(Every);
        try
        {
            while (await pace.WaitForNextTickAsync(stop.Token))
            {
                try
                {
                    var overview = await client.OverviewAsync(stop.Token);
                    samples.Add(new SlotSample(DateTimeOffset.UtcNow, overview.Counts.GetValueOrDefault(JobStatus.Running), overview.WorkerSlots));
                }
                catch (QueueUnavailableException)
                {
                    // A node is away; then nobody knows.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }
}
