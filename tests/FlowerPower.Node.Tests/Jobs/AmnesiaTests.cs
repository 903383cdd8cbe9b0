using System.Threading.Channels;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>I8: a store that forgot what it had acknowledged, while its owner lives.</summary>
public sealed class AmnesiaTests
{
    private const int Shards = 4;

    private readonly InMemoryShardStore store = new(Shards);
    private readonly Channel<string> notices = Channel.CreateUnbounded<string>();

    [Fact]
    public async Task What_the_store_forgot_last_is_written_again_as_it_was()
    {
        await using var node = await StartAsync();
        await EnqueueManyAsync(node, "kept", 10);
        var image = store.TakeImage();
        var before = await DumpAsync(await EnqueueManyAsync(node, "forgotten", 30), node);

        store.RestoreImage(image);
        await EnqueueManyAsync(node, "next", 20);

        Assert.Contains("nothing is missing", await NoticeAsync("had lost the last"), StringComparison.Ordinal);
        await using var successor = await StartAsync();
        Assert.Equal(before, await DumpAsync(before.Keys, successor));
        Assert.Equal(60, (await successor.Queue.ListAsync(new JobFilter { Limit = 1000 })).Jobs.Count);
    }

    [Fact]
    public async Task A_node_without_work_compares_its_histories_when_it_is_told_to()
    {
        await using var node = await StartAsync();
        var image = store.TakeImage();
        var ids = await EnqueueManyAsync(node, "forgotten", 30);
        store.RestoreImage(image);

        node.Node.CompareHistories();
        await NoticeAsync("had lost the last", times: ids.Select(id => ShardKey.Of(id.Value, Shards)).Distinct().Count());

        await using var successor = await StartAsync();
        Assert.Equal(30, (await successor.Queue.ListAsync(new JobFilter { Limit = 1000 })).Jobs.Count);
    }

    [Fact]
    public async Task A_comparison_that_finds_nothing_says_nothing_and_changes_no_job()
    {
        await using var node = await StartAsync();
        var before = await DumpAsync(await EnqueueManyAsync(node, "job", 10), node);

        node.Node.CompareHistories();

        await using var successor = await StartAsync();
        Assert.Equal(before, await DumpAsync(before.Keys, successor));
        Assert.False(notices.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task A_store_that_forgot_the_owner_too_is_claimed_again_by_it()
    {
        var image = store.TakeImage(); // from before its claims
        await using var node = await StartAsync();
        var ids = await EnqueueManyAsync(node, "job", 20);

        store.RestoreImage(image);
        await EnqueueManyAsync(node, "next", 20);

        await using var successor = await StartAsync();
        Assert.Equal(40, (await successor.Queue.ListAsync(new JobFilter { Limit = 1000 })).Jobs.Count);
        Assert.Equal(20, ids.Count);
    }

    [Fact]
    public async Task A_store_that_remembers_a_former_owner_only_is_claimed_again_by_the_present_one()
    {
        await using var former = await StartAsync();
        await EnqueueManyAsync(former, "old", 8);
        var image = store.TakeImage();
        await using var node = await StartAsync();
        await EnqueueManyAsync(node, "job", 20);

        store.RestoreImage(image);
        await EnqueueManyAsync(node, "next", 20);

        await using var successor = await StartAsync();
        Assert.Equal(48, (await successor.Queue.ListAsync(new JobFilter { Limit = 1000 })).Jobs.Count);
    }

    [Fact]
    public async Task Another_owners_writes_are_no_loss_and_nothing_of_the_former_owners_memory_is_written_over_them()
    {
        await using var former = await StartAsync();
        var id = await former.EnqueueAsync("echo", "job");
        await using (var successor = await StartAsync())
        {
            // Several versions further, and then the shard is left to nobody, as before the first owner.
            successor.Node.SetWorkerSlots(1);
            await successor.EndAsync(id);
        }

        await EnqueueManyAsync(former, "next", 20); // reaches every shard, each of which is read again
        var job = (await former.Queue.FindAsync(id).Within())!;
        await former.DisposeAsync();
        notices.Writer.Complete();
        var heard = await notices.Reader.ReadAllAsync().ToListAsync();

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Empty(heard); // nothing was lost, so nothing is said to be
    }

    [Fact]
    public async Task Jobs_that_its_owner_holds_in_memory_survive_a_loss_of_any_length()
    {
        var image = store.TakeImage();
        await using var node = await StartAsync(repairWindow: TimeSpan.Zero);
        var ids = await EnqueueManyAsync(node, "echo", 30);

        store.RestoreImage(image);
        node.Node.CompareHistories();
        await NoticeAsync("were written again from memory", times: ids.Select(id => ShardKey.Of(id.Value, Shards)).Distinct().Count());

        node.Node.SetWorkerSlots(2);
        foreach (var id in ids)
        {
            Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        }
    }

    [Fact]
    public async Task A_job_that_cannot_be_written_again_is_reported_by_its_name()
    {
        var image = store.TakeImage();
        await using var node = await StartAsync(repairWindow: TimeSpan.Zero, logEvents: 1); // records take a job out of memory one batch later
        var (first, second) = TwoOfOneShard();
        await node.EnqueueAsync("echo", first);
        await node.EnqueueAsync("echo", second);

        store.RestoreImage(image);
        node.Node.CompareHistories();

        Assert.Contains($"Job {first} is lost", await NoticeAsync("is lost: the store had acknowledged it"), StringComparison.Ordinal);
        Assert.Null(await node.Queue.FindAsync(JobId.Parse(first)).Within());
        Assert.NotNull(await node.Queue.FindAsync(JobId.Parse(second)).Within());
    }

    [Fact]
    public async Task A_job_whose_end_was_lost_says_so_in_its_history_and_runs_again()
    {
        await using var node = await StartAsync(repairWindow: TimeSpan.Zero);
        var id = await node.EnqueueAsync("echo", "job");
        var image = store.TakeImage();
        node.Node.SetWorkerSlots(1);
        await node.EndAsync(id);
        node.Node.SetWorkerSlots(0);

        store.RestoreImage(image);
        node.Node.CompareHistories();
        Assert.Contains("Job job had ended", await NoticeAsync("the store has lost how"), StringComparison.Ordinal);
        node.Node.SetWorkerSlots(1);
        var job = await node.EndAsync(id);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Contains(job.History, step => step.Note?.Contains("the store lost how the job ended", StringComparison.Ordinal) == true);
        Assert.Single(job.History, step => step.Status == JobStatus.Completed);
    }

    [Fact]
    public async Task A_job_that_ended_in_the_forgotten_moments_does_not_run_again_for_whoever_enqueues_it_again()
    {
        await using var node = await StartAsync();
        node.Node.SetWorkerSlots(1);
        await node.EndAsync(await node.EnqueueAsync("echo", "first"));
        var image = store.TakeImage();
        var spec = TestNode.NewSpec("echo", "job");
        await node.Queue.EnqueueAsync([new EnqueueRequest(spec)]).Within();
        await node.EndAsync(spec.Id);

        store.RestoreImage(image);
        var again = (await node.Queue.EnqueueAsync([new EnqueueRequest(spec)]).Within("the receipt"))[0];
        var job = await node.EndAsync(spec.Id);

        Assert.False(again.Created);
        Assert.Equal((JobStatus.Completed, 1), (job.Status, job.Attempts));
        Assert.Single(job.History, step => step.Status == JobStatus.Completed);
    }

    [Fact]
    public async Task A_job_whose_end_shows_the_loss_is_written_again_too()
    {
        var gate = new TaskCompletionSource();
        var executor = ScriptedExecutor.Echo();
        executor.On("gated", async run =>
        {
            await gate.Task.WaitAsync(run.Cancelled);
            return "{}";
        });
        await using var node = await StartAsync(repairWindow: TimeSpan.Zero, executor: executor);
        var image = store.TakeImage();
        node.Node.SetWorkerSlots(1);
        var id = await node.EnqueueAsync("gated", "job");
        await executor.NextStartAsync();

        store.RestoreImage(image);
        gate.SetResult();

        Assert.Contains("written again from memory", await NoticeAsync("written again"), StringComparison.Ordinal);
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
    }

    private static (string First, string Second) TwoOfOneShard()
    {
        var second = Enumerable.Range(0, 1_000).Select(i => $"second-{i}").First(id => ShardKey.Of(id, Shards) == ShardKey.Of("first", Shards));
        return ("first", second);
    }

    private Task<TestNode> StartAsync(TimeSpan? repairWindow = null, int logEvents = 20_000, ScriptedExecutor? executor = null) => TestNode.StartAsync(
        executor ?? ScriptedExecutor.Echo(),
        new NodeOptions
        {
            WorkerSlots = 0,
            LogEvents = logEvents,
            RepairWindow = repairWindow ?? TimeSpan.FromHours(1),
            OnNotice = notice => notices.Writer.TryWrite(notice.Text),
        },
        store);

    private static async Task<IReadOnlyCollection<JobId>> EnqueueManyAsync(TestNode node, string name, int count)
    {
        var ids = new List<JobId>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await node.EnqueueAsync("echo", $"{name}-{i}"));
        }

        return ids;
    }

    private static async Task<SortedDictionary<string, string>> DumpAsync(IReadOnlyCollection<JobId> ids, TestNode node) =>
        await DumpAsync(ids.Select(id => id.Value), node);

    private static async Task<SortedDictionary<string, string>> DumpAsync(IEnumerable<string> ids, TestNode node)
    {
        var dump = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var view = await node.Queue.FindAsync(JobId.Parse(id)).Within();
            dump[id] = view is null ? "missing" : $"{view.Status} {string.Join(" | ", view.History)}";
        }

        return dump;
    }

    /// <summary>The next notice with these words; of several, the last.</summary>
    private async Task<string> NoticeAsync(string words, int times = 1)
    {
        while (true)
        {
            var notice = await notices.Reader.ReadAsync().AsTask().Within($"a notice that {words}");
            if (notice.Contains(words, StringComparison.Ordinal) && --times == 0)
            {
                return notice;
            }
        }
    }
}
