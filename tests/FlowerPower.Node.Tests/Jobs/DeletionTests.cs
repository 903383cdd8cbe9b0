using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>Deleted jobs stay deleted, whatever the log still says of them, and their ids are free.</summary>
public sealed class DeletionTests
{
    private readonly List<NodeNotice> notices = [];

    [Theory]
    [InlineData(1)] // every batch moves jobs to their records
    [InlineData(3)]
    [InlineData(100_000)] // the log holds the whole life
    public async Task A_deleted_job_is_gone_after_a_crash_and_its_id_is_free(int logEvents)
    {
        var store = new InMemoryShardStore(1);
        var options = new NodeOptions { WorkerSlots = 1, LogEvents = logEvents };
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);
        var id = await first.EnqueueAsync("echo", "job");
        await first.EndAsync(id);
        Assert.Equal(new CommandReply(null, null), await first.Queue.DeleteAsync(id, "ada").Within());

        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store); // the first is fenced, not stopped
        Assert.Null(await second.Queue.FindAsync(id).Within());
        Assert.Empty((await second.Queue.ListAsync(new JobFilter()).Within()).Jobs);
        Assert.Equal(Refusal.NotFound, (await second.Queue.DeleteAsync(id, "ada").Within()).Refusal);

        await second.EnqueueAsync("echo", "job", spec => spec with { Description = "another" });
        var again = await second.EndAsync(id);
        await using var third = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);
        var found = (await third.Queue.FindAsync(id).Within())!;
        Assert.Equal("another", found.Description);
        Assert.Equal(again.History, found.History);
        Assert.Equal(1, found.Attempts);
    }

    [Fact]
    public async Task A_new_job_under_a_deleted_jobs_id_survives_a_crash_while_it_waits()
    {
        var store = new InMemoryShardStore(1);
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 1 }, store);
        var id = await first.EnqueueAsync("echo", "job");
        await first.EndAsync(id);
        await first.Queue.DeleteAsync(id, "ada").Within();
        first.Node.SetWorkerSlots(0);
        await first.EnqueueAsync("echo", "job", spec => spec with { Description = "another" });

        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, store);

        var found = (await second.Queue.FindAsync(id).Within())!;
        Assert.Equal((JobStatus.Pending, "another"), (found.Status, found.Description));
        Assert.Single(found.History);
    }

    [Fact]
    public async Task A_deleted_jobs_unique_key_is_free_at_once_and_after_a_crash()
    {
        var store = new InMemoryShardStore(1);
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 1 }, store);
        var one = await EnqueueKeyedAsync(first);
        await first.EndAsync(one.Id);
        Assert.Equal(one.Id, (await EnqueueKeyedAsync(first)).Id); // its window is not over

        Assert.Equal(new CommandReply(null, null), await first.Queue.DeleteAsync(one.Id, "ada").Within());
        var two = await EnqueueKeyedAsync(first);
        await first.EndAsync(two.Id);
        await first.Queue.DeleteAsync(two.Id, "ada").Within();
        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 1 }, store);
        var three = await EnqueueKeyedAsync(second);

        Assert.Equal([true, true, true], new[] { one, two, three }.Select(receipt => receipt.Created));
        Assert.Equal(3, new[] { one, two, three }.Select(receipt => receipt.Id).Distinct().Count());

        static async Task<EnqueueReceipt> EnqueueKeyedAsync(TestNode node)
        {
            Span<byte> chance = stackalloc byte[10];
            System.Security.Cryptography.RandomNumberGenerator.Fill(chance);
            var id = JobId.ForKey("import", TimeProvider.System.GetUtcNow(), chance);
            return (await node.Queue.EnqueueAsync(
                [new EnqueueRequest(TestNode.NewSpec("echo", id.Value) with { UniqueKey = "import", UniqueFor = TimeSpan.FromDays(1) })]).Within())[0];
        }
    }

    [Fact]
    public async Task What_has_not_ended_cannot_be_deleted()
    {
        await using var node = await StartAsync(new InMemoryShardStore(1), slots: 0);
        var id = await node.EnqueueAsync("echo");

        var reply = await node.Queue.DeleteAsync(id, "ada").Within();

        Assert.Equal(Refusal.NotFinished, reply.Refusal);
        Assert.Equal(JobStatus.Pending, reply.Job!.Status);
        Assert.Empty(notices);
    }

    [Fact]
    public async Task Who_deleted_what_is_told_to_the_operator()
    {
        await using var node = await StartAsync(new InMemoryShardStore(1));
        var id = await node.EnqueueAsync("echo", "job");
        await node.EndAsync(id);

        await node.Queue.DeleteAsync(id, "ada").Within();

        Assert.Equal([new NodeNotice("deleted echo job (completed), as ada wished") { IsRecord = true }], notices);
    }

    [Fact]
    public async Task A_store_that_forgot_a_deletion_gets_it_again()
    {
        var store = new InMemoryShardStore(1);
        await using var node = await StartAsync(store, TimeSpan.FromHours(1));
        var id = await node.EnqueueAsync("echo", "job");
        await node.EndAsync(id);
        var image = store.TakeImage();
        await node.Queue.DeleteAsync(id, "ada").Within();

        store.RestoreImage(image);
        await node.EndAsync(await node.EnqueueAsync("echo", "next"));

        await using var successor = await TestNode.StartAsync(ScriptedExecutor.Echo(), store: store);
        Assert.Null(await successor.Queue.FindAsync(id).Within());
        Assert.Null(await store.ReadRecordAsync(0, "job", default));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_store_that_went_back_beyond_what_can_be_repeated_does_not_bring_deleted_jobs_back(bool hadEnded, bool isEnqueuedAgain)
    {
        var rig = new ShardRig(repairWindow: TimeSpan.FromMinutes(1));
        rig.Enqueue("job");
        var image = rig.Store.TakeImage();
        rig.Ask("job", new JobCommand.Cancel("ada", null));
        image = hadEnded ? rig.Store.TakeImage() : image;
        rig.Enqueue("between"); // after what the store will remember, and before what the node does
        rig.Advance(TimeSpan.FromHours(1));
        Assert.Null(Assert.IsType<JobReply>(Assert.Single(rig.Ask("job", new JobCommand.Delete("ada")))).Refusal);
        if (isEnqueuedAgain)
        {
            rig.Enqueue("job", spec => spec with { Description = "another" });
        }

        rig.Store.RestoreImage(image);
        rig.Parts.Journals[0]!.Compare();
        rig.Advance(TimeSpan.FromMinutes(1));

        var successor = new ShardRig(store: rig.Store, worker: "worker-2");
        var found = Assert.IsType<JobReply>(Assert.Single(successor.Ask("job", QueryJob.Instance))).State;
        Assert.Equal(isEnqueuedAgain ? "another" : null, found.History?.Spec.Description);
        Assert.Equal(isEnqueuedAgain ? 1 : 0, found.Version);
        Assert.NotEqual(JobState.None, Assert.IsType<JobReply>(Assert.Single(successor.Ask("between", QueryJob.Instance))).State);
        Assert.DoesNotContain(rig.Notices, notice => notice.Contains("Job job ", StringComparison.Ordinal));
        Assert.Contains(rig.Notices, notice => notice.Contains("were written again from memory", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_that_was_kept_longer_and_then_forgotten_is_no_gap_in_the_log()
    {
        var store = new InMemoryShardStore(1);
        var options = new NodeOptions { WorkerSlots = 1, LogEvents = 4 };
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);
        var later = await first.EnqueueAsync("echo", "later", dueAt: TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1));
        var id = await first.EnqueueAsync("echo", "job");
        var ended = await first.EndAsync(id);
        await first.Queue.KeepAsync(id, TimeSpan.FromDays(1), "ada").Within(); // the log is cut behind the job's first event
        var claim = (await store.ReadHeadAsync(0, default)).Owner!.Claim;
        Assert.Equal(0, await store.PruneAsync(0, claim, ended.FinishedAt!.Value, 10, default));
        Assert.Equal(1, await store.PruneAsync(0, claim, ended.FinishedAt.Value + TimeSpan.FromDays(2), 10, default));

        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);

        Assert.Null(await second.Queue.FindAsync(id).Within());
        Assert.NotNull(await second.Queue.FindAsync(later).Within());
    }

    [Fact]
    public async Task How_long_a_job_is_kept_is_told_with_it_and_in_its_history()
    {
        var store = new InMemoryShardStore(1);
        await using var node = await StartAsync(store);
        var id = await node.EnqueueAsync("echo", "job");
        var ended = await node.EndAsync(id);
        Assert.Equal(ended.FinishedAt + TimeSpan.FromDays(7), ended.KeptUntil);

        var kept = (await node.Queue.KeepAsync(id, TimeSpan.FromDays(90), "ada").Within()).Job!;

        Assert.InRange(kept.KeptUntil!.Value, ended.FinishedAt!.Value + TimeSpan.FromDays(90), ended.FinishedAt.Value + TimeSpan.FromDays(91));
        Assert.Equal(kept.KeptUntil, (await store.ReadRecordAsync(0, "job", default))!.ExpiresAt);
        Assert.Equal("ada", kept.History[^1].By);
        Assert.Equal(JobStatus.Completed, kept.Status);
        Assert.Equal(ended.FinishedAt, kept.FinishedAt);
        await Assert.ThrowsAsync<ArgumentException>(() => node.Queue.KeepAsync(id, TimeSpan.Zero, "ada"));
    }

    private Task<TestNode> StartAsync(InMemoryShardStore store, TimeSpan? repairWindow = null, int slots = 1) => TestNode.StartAsync(
        ScriptedExecutor.Echo(),
        new NodeOptions
        {
            WorkerSlots = slots,
            RepairWindow = repairWindow ?? TimeSpan.Zero,
            OnNotice = notice =>
            {
                lock (notices)
                {
                    notices.Add(notice);
                }
            },
        },
        store);
}
