using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>No two unfinished jobs have the same unique key, whoever asks at once, whoever owns the shard.</summary>
public sealed class UniqueKeyTests
{
    private static readonly NodeOptions NoWorkers = new() { WorkerSlots = 0 };

    private readonly ManualTime time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Of_many_that_ask_at_once_one_gets_the_key_and_all_hear_of_that_one()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);

        var receipts = (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => EnqueueAsync(node, "night"))).Within()).ToList();

        var made = Assert.Single(receipts, receipt => receipt.Created);
        Assert.All(receipts, receipt => Assert.Equal((made.Id, null), (receipt.Id, receipt.Refusal)));
        Assert.Single((await node.Queue.ListAsync(new JobFilter()).Within()).Jobs);
    }

    [Fact]
    public async Task A_conflict_is_an_error_where_that_was_asked_for()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);
        var first = await EnqueueAsync(node, "night");

        var second = await EnqueueAsync(node, "night", KeyConflict.Error);

        Assert.Equal((first.Id, false, Refusal.KeyTaken), (second.Id, second.Created, second.Refusal!.Value));
        Assert.True((await EnqueueAsync(node, "day", KeyConflict.Error)).Created);
    }

    [Fact]
    public async Task The_repetition_of_the_request_that_got_the_key_is_told_that_it_made_the_job()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);
        var request = Request("night", KeyConflict.Error) with { Request = new RequestId(4711) };
        await node.Queue.EnqueueAsync([request]).Within();

        var again = (await node.Queue.EnqueueAsync([request]).Within())[0];

        Assert.Equal((true, null), (again.Created, again.Refusal));
    }

    [Fact]
    public async Task A_newer_job_takes_the_place_of_one_that_has_not_ended()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);
        var first = await EnqueueAsync(node, "night");

        var second = await EnqueueAsync(node, "night", KeyConflict.Replace);

        Assert.True(second.Created);
        var replaced = await node.EndAsync(first.Id);
        Assert.Equal(JobStatus.Cancelled, replaced.Status);
        Assert.Contains("replaced by a newer job", replaced.History[^1].Note, StringComparison.Ordinal);
        Assert.Equal(JobStatus.Pending, (await node.Queue.FindAsync(second.Id).Within())!.Status);
    }

    [Fact]
    public async Task The_key_of_a_completed_job_stays_taken_until_its_window_is_over_also_under_the_next_owner()
    {
        var store = new InMemoryShardStore(4);
        var options = new NodeOptions { WorkerSlots = 1, Time = time };
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);
        var done = await EnqueueAsync(first, "night", window: TimeSpan.FromHours(1));
        await first.EndAsync(done.Id);
        Assert.Equal(done.Id, (await EnqueueAsync(first, "night")).Id);

        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), options with { WorkerSlots = 0 }, store);
        Assert.Equal((done.Id, false), (await EnqueueAsync(second, "night") is var kept ? kept.Id : default, kept.Created));
        time.Advance(TimeSpan.FromHours(1));

        var next = await EnqueueAsync(second, "night");
        while (!next.Created)
        {
            time.Advance(TimeSpan.FromMilliseconds(100)); // the shard looks at its clock now and then
            await Task.Yield();
            next = await EnqueueAsync(second, "night");
        }

        Assert.NotEqual(done.Id, next.Id);
        Assert.Equal(2, (await second.Queue.ListAsync(new JobFilter()).Within()).Jobs.Count);
    }

    [Fact]
    public async Task A_window_can_be_ended_by_a_newer_job()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var done = await EnqueueAsync(node, "night", window: TimeSpan.FromHours(1));
        await node.EndAsync(done.Id);

        Assert.True((await EnqueueAsync(node, "night", KeyConflict.Replace)).Created);
        Assert.Equal(JobStatus.Completed, (await node.Queue.FindAsync(done.Id).Within())!.Status);
    }

    [Fact]
    public async Task A_failed_job_cannot_be_retried_while_another_one_has_its_key()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);
        var first = await EnqueueAsync(node, "night");
        await node.Queue.CancelAsync(first.Id, "ada").Within();
        var second = await EnqueueAsync(node, "night");
        Assert.True(second.Created);

        Assert.Equal(Refusal.KeyTaken, (await node.Queue.RetryAsync(first.Id, "ada").Within()).Refusal);
        await node.Queue.CancelAsync(second.Id, "ada").Within();
        Assert.Null((await node.Queue.RetryAsync(first.Id, "ada").Within()).Refusal);
        Assert.Equal(first.Id, (await EnqueueAsync(node, "night")).Id);
    }

    [Fact]
    public async Task An_id_that_was_not_made_for_the_key_is_refused()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), NoWorkers);

        var receipts = await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", "mine") with { UniqueKey = "night" })]).Within();

        Assert.Contains("JobId.ForKey", Assert.Single(receipts).Problem, StringComparison.Ordinal);
    }

    private static async Task<EnqueueReceipt> EnqueueAsync(
        TestNode node, string key, KeyConflict onConflict = KeyConflict.ReturnExisting, TimeSpan? window = null) =>
        (await node.Queue.EnqueueAsync([Request(key, onConflict, window)]).Within())[0];

    private static EnqueueRequest Request(string key, KeyConflict onConflict, TimeSpan? window = null)
    {
        var chance = new byte[10];
        System.Security.Cryptography.RandomNumberGenerator.Fill(chance);
        return new EnqueueRequest(TestNode.NewSpec("echo") with
        {
            Id = JobId.ForKey(key, DateTimeOffset.UnixEpoch, chance),
            UniqueKey = key,
            UniqueFor = window,
        })
        {
            OnConflict = onConflict,
        };
    }
}
