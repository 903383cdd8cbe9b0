using FlowerPower.Failures.Cluster;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Failures.Scenarios;

/// <summary>Clusters that share a Redis by intention or by mistake.</summary>
public sealed class TwoClustersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_clusters_of_different_names_in_one_Redis_see_nothing_of_each_other_and_a_node_with_another_secret_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(ClusterFixture.ShortLease, [new("a", "queue,worker", Slots: 2), new("b", "queue,worker", Slots: 2), new("c", "queue")]);
        await cluster["b"].KillAsync();
        await cluster["c"].KillAsync();
        using var other = await cluster.LaunchAsync("b", cluster.Redis.Url + "?name=other");
        await other.ServingAsync(1, TestCluster.StartPatience);
        await using var ours = await cluster.ConnectAsync("a");
        await using var theirs = await cluster.ConnectToAsync("other", "b");
        var job = cluster.Project.Request(new TracedJob("same", TimeSpan.Zero, TimeSpan.Zero));

        // The same id is a job of each.
        Assert.True((await ours.EnqueueAsync([job]))[0].Created);
        var mine = await ours.WaitAsync(job.Spec.Id).WaitAsync(Patience);
        Assert.Null(await theirs.FindAsync(job.Spec.Id));
        Assert.Empty((await theirs.ListAsync(new JobFilter())).Jobs);
        Assert.True((await theirs.EnqueueAsync([job]))[0].Created);
        var its = await theirs.WaitAsync(job.Spec.Id).WaitAsync(Patience);

        Assert.Equal((JobStatus.Completed, JobStatus.Completed), (mine!.Status, its!.Status));
        Assert.Equal(["a", "b"], cluster.Project.RunsOf(["same"]).Select(run => run.Node));
        Assert.Equal(["b"], (await theirs.LookAsync()).Members.Select(m => m.Info.Name));

        // A node that has the name and not the secret: Redis would let it in, and it would be given shards for which nobody could ask it.
        await File.WriteAllTextAsync(Path.Combine(cluster.Project.Root, "wrong"), "fedcba9876543210fedcba9876543210\n");
        using var stranger = await cluster.LaunchAsync("c", redis: null, "--secret-file", "wrong");
        await stranger.SaysAsync("error: The cluster 'flowerpower' has another secret, as a at", Patience);
        Assert.Equal(1, await stranger.ExitAsync(Patience));
        Assert.Equal(["a"], (await ours.LookAsync()).Members.Where(m => m.Status != MemberStatus.Dead).Select(m => m.Info.Name));
        Assert.Equal(mine.Status, (await ours.FindAsync(job.Spec.Id))!.Status);
    }
}
