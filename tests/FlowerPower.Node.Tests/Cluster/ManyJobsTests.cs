using FlowerPower.Jobs;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Many jobs, deletions, keeping, and lists by tag and time, asked of a cluster.</summary>
public sealed class ManyJobsTests
{
    [Fact]
    public async Task What_one_node_does_with_many_jobs_a_cluster_does_too()
    {
        await using var rig = new ClusterRig();
        var (a, b) = (await rig.StartAsync("a", slots: 0), await rig.StartAsync("b", slots: 0));
        await rig.SettledAsync(a, b);
        await using var client = await ClusterClient.ConnectAsync(new ClusterClientOptions { Nodes = [a.Address], Name = "test" }).Within();
        var requests = Enumerable.Range(0, 1_000).Select(i => new EnqueueRequest(TestNode.NewSpec("echo", $"job-{i:000}") with
        {
            Tags = i % 10 == 0 ? ["tenth"] : [],
            RunConfigJson = i == 7 ? "[]"u8.ToArray() : "{}"u8.ToArray(),
        })).ToList();

        var receipts = await client.EnqueueAsync(requests).Within("the receipts");
        var tenth = await AllAsync(client, new JobFilter { Tag = "tenth", Limit = 30 });
        foreach (var id in tenth.Take(50))
        {
            Assert.Equal(Refusal.NotFinished, (await client.DeleteAsync(id, "ada").Within()).Refusal);
            await client.CancelAsync(id, "ada").Within();
        }

        Assert.Equal([requests[7].Spec.Id], receipts.Where(receipt => receipt.IsRefused).Select(receipt => receipt.Id));
        Assert.StartsWith("Job job-007 cannot be stored", receipts[7].Problem, StringComparison.Ordinal);
        Assert.Equal(requests.Where((_, i) => i % 10 == 0).Select(job => job.Spec.Id).Order(), tenth.Order());
        Assert.Equal(tenth.Order(), (await AllAsync(client, new JobFilter { Tag = "tenth", Limit = 30 })).Order()); // half of them have ended
        Assert.Empty(await AllAsync(client, new JobFilter { EnqueuedBefore = DateTimeOffset.UnixEpoch }));

        var kept = await client.KeepAsync(tenth[0], TimeSpan.FromDays(90), "ada").Within();
        Assert.Equal("ada", kept.Job!.History[^1].By);
        await Assert.ThrowsAsync<ArgumentException>(() => client.KeepAsync(tenth[0], TimeSpan.Zero, "ada").Within());
        foreach (var id in tenth.Take(50))
        {
            Assert.Equal(new CommandReply(null, null), await client.DeleteAsync(id, "bob").Within());
        }

        Assert.Equal(Refusal.NotFound, (await client.DeleteAsync(tenth[0], "bob").Within()).Refusal);
        Assert.Equal(tenth.Skip(50).Order(), (await AllAsync(client, new JobFilter { Tag = "tenth", Limit = 30 })).Order());
        Assert.Equal(50, rig.Notices.Count(notice => notice.EndsWith("(cancelled), as bob wished", StringComparison.Ordinal)));
        await rig.StopAsync(b);
        Assert.Null(await client.FindAsync(tenth[0]).Within());
    }

    private static async Task<List<JobId>> AllAsync(ClusterClient client, JobFilter filter)
    {
        var ids = new List<JobId>();
        for (var after = (string?)""; after is not null;)
        {
            var page = await client.ListAsync(filter with { After = after.Length == 0 ? null : after }).Within();
            Assert.Null(page.Missing);
            Assert.InRange(page.Jobs.Count, 0, filter.Limit);
            ids.AddRange(page.Jobs.Select(job => job.Id));
            after = page.Next;
        }

        return ids;
    }
}
