using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>The store keeps what was written, its answer is lost, and the shard begins anew before the caller asks again.</summary>
public sealed class RepetitionTests
{
    private readonly StoreFaultScript faults = new();

    [Fact]
    public async Task A_retry_whose_answer_was_lost_succeeds_once()
    {
        await using var node = await StartAsync();
        var id = await node.EnqueueAsync("echo", "job");
        await node.Queue.CancelAsync(id, "Ada").Within();

        LoseNextAnswer();
        var reply = await node.Queue.RetryAsync(id, "Ada").Within();

        Assert.Equal(1, faults.Fired);
        Assert.Null(reply.Refusal);
        Assert.Equal(JobStatus.Pending, reply.Job!.Status);
        Assert.Single(reply.Job.History, step => step.Note == "retried");
    }

    [Fact]
    public async Task A_retry_that_the_caller_repeats_lets_the_job_run_once_more_and_not_twice()
    {
        await using var node = await StartAsync();
        var id = await node.EnqueueAsync("echo", "job");
        await node.Queue.CancelAsync(id, "Ada").Within();
        var request = new RequestId(17);
        await node.Queue.RetryAsync(id, "Ada", request).Within();
        await node.Queue.CancelAsync(id, "Bob").Within();

        var again = await node.Queue.RetryAsync(id, "Ada", request).Within();

        Assert.Null(again.Refusal);
        Assert.Equal(JobStatus.Cancelled, again.Job!.Status);
    }

    [Fact]
    public async Task An_enqueue_whose_answer_was_lost_still_says_that_it_made_the_job()
    {
        await using var node = await StartAsync();

        LoseNextAnswer();
        var receipts = await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", "named"))]).Within();
        var others = await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", "named"))]).Within();

        Assert.Equal(1, faults.Fired);
        Assert.True(receipts[0].Created);
        Assert.False(others[0].Created);
    }

    [Fact]
    public async Task The_same_enqueue_request_after_a_takeover_is_known_by_its_job()
    {
        var store = new InMemoryShardStore(2);
        var request = new EnqueueRequest(TestNode.NewSpec("echo", "named"), Request: new RequestId(42));
        await using var first = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions(), store);
        await first.Queue.EnqueueAsync([request]).Within();

        await using var second = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions(), store);
        var again = await second.Queue.EnqueueAsync([request]).Within();

        Assert.True(again[0].Created);
    }

    private Task<TestNode> StartAsync() =>
        TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions { WorkerSlots = 0 }, new InMemoryShardStore(1, faults));

    /// <summary>Not the failure that says "try again", so the shard gives up what it knows and reads its log.</summary>
    private void LoseNextAnswer() =>
        faults.FailNext(StoreStep.AfterWrite, StoreOperation.Append, error: () => new IOException("The answer is lost."));
}
