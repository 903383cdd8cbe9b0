using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>Lists by tag and by time: what they show, page after page, and how little they read for it.</summary>
public sealed class ListTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1_000)]
    public async Task Pages_of_a_tag_show_each_job_that_has_it_once_newest_first_whether_it_has_ended_or_not(int limit)
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, new InMemoryShardStore(4));
        for (var i = 0; i < 40; i++)
        {
            await node.EnqueueAsync("echo", $"job-{i:00}", spec => spec with { Tags = i % 4 == 0 ? ["eu", "daily"] : i % 4 == 1 ? ["daily"] : [] });
            if (i % 3 == 0)
            {
                await node.Queue.CancelAsync(JobId.Parse($"job-{i:00}"), "ada").Within();
            }
        }

        Assert.Equal(Numbers(i => i % 4 == 0), await AllAsync(node.Queue, new JobFilter { Tag = "eu", Limit = limit }));
        Assert.Equal(Numbers(i => i % 4 < 2), await AllAsync(node.Queue, new JobFilter { Tag = "daily", Limit = limit }));
        Assert.Equal(Numbers(i => i % 12 == 0), await AllAsync(node.Queue, new JobFilter { Tag = "eu", Status = JobStatus.Cancelled, Limit = limit }));
        Assert.Empty(await AllAsync(node.Queue, new JobFilter { Tag = "EU", Limit = limit }));

        static IEnumerable<string> Numbers(Func<int, bool> has) => Enumerable.Range(0, 40).Where(has).Reverse().Select(i => $"job-{i:00}");
    }

    [Fact]
    public async Task A_time_range_holds_its_first_instant_and_not_its_last()
    {
        var time = new ManualTime();
        var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0, Time = time }, new InMemoryShardStore(2));
        var begin = time.GetUtcNow();
        for (var i = 0; i < 10; i++)
        {
            var id = await node.EnqueueAsync("echo", $"job-{i}", dueAt: begin);
            if (i % 2 == 0)
            {
                await node.Queue.CancelAsync(id, "ada").Within();
            }

            time.Advance(TimeSpan.FromMinutes(1));
        }

        var range = new JobFilter { EnqueuedSince = begin + TimeSpan.FromMinutes(3), EnqueuedBefore = begin + TimeSpan.FromMinutes(7) };
        Assert.Equal(["job-6", "job-5", "job-4", "job-3"], await AllAsync(node.Queue, range));
        Assert.Equal(["job-6", "job-5", "job-4", "job-3"], await AllAsync(node.Queue, range with { Limit = 1 }));
        Assert.Equal(["job-6", "job-4"], await AllAsync(node.Queue, range with { Status = JobStatus.Cancelled, Limit = 1 }));
        Assert.Equal(["job-5", "job-3"], await AllAsync(node.Queue, range with { Unfinished = true }));
        Assert.Equal(["job-9", "job-8"], await AllAsync(node.Queue, new JobFilter { EnqueuedSince = begin + TimeSpan.FromMinutes(8) }));
        Assert.Equal(["job-1", "job-0"], await AllAsync(node.Queue, new JobFilter { EnqueuedBefore = (begin + TimeSpan.FromMinutes(2)).ToOffset(TimeSpan.FromHours(5)) }));
        Assert.Empty(await AllAsync(node.Queue, new JobFilter { EnqueuedBefore = begin }));
        await node.StopWhileTimePassesAsync(time);
    }

    [Fact]
    public async Task A_page_of_a_rare_tag_ends_after_some_thousand_jobs_and_says_where_to_go_on()
    {
        var store = new Kept(new InMemoryShardStore(1));
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, store);
        await node.EnqueueAsync("echo", "rare", spec => spec with { Tags = ["rare"] });
        var many = Enumerable.Range(0, 4_500).Select(i => new EnqueueRequest(TestNode.NewSpec("echo", $"job-{i}"))).ToList();
        await node.Queue.EnqueueAsync(many).Within();
        await Task.WhenAll(many.Select(job => node.Queue.CancelAsync(job.Spec.Id, "ada"))).Within();
        await node.Queue.CancelAsync(JobId.Parse("rare"), "ada").Within();

        var pages = new List<JobPage>();
        for (var after = (string?)null; pages.Count == 0 || after is not null; after = pages[^1].Next)
        {
            store.Listed = 0;
            pages.Add(await node.Queue.ListAsync(new JobFilter { Tag = "rare", After = after }).Within());
            Assert.InRange(store.Listed, 0, 3_000);
        }

        Assert.Equal([0, 0, 1], pages.Select(page => page.Jobs.Count));
    }

    [Fact]
    public async Task A_list_of_the_last_hour_does_not_read_what_is_older()
    {
        var store = new Kept(new InMemoryShardStore(1));
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, store);
        var many = Enumerable.Range(0, 1_500).Select(i => new EnqueueRequest(TestNode.NewSpec("echo", $"job-{i}"))).ToList();
        await node.Queue.EnqueueAsync(many).Within();
        await Task.WhenAll(many.Select(job => node.Queue.CancelAsync(job.Spec.Id, "ada"))).Within();
        store.Listed = 0;

        var page = await node.Queue.ListAsync(new JobFilter { Tag = "x", EnqueuedSince = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1) }).Within();

        Assert.Empty(page.Jobs);
        Assert.Null(page.Next);
        Assert.InRange(store.Listed, 0, 250);
    }

    private static async Task<List<string>> AllAsync(IJobQueue queue, JobFilter filter)
    {
        var ids = new List<string>();
        for (string? after = null; ;)
        {
            var page = await queue.ListAsync(filter with { After = after }).Within();
            Assert.InRange(page.Jobs.Count, 0, filter.Limit);
            ids.AddRange(page.Jobs.Select(job => job.Id.Value));
            if (page.Next is null)
            {
                return ids;
            }

            after = page.Next;
        }
    }
}
