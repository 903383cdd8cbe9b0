using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

public sealed class HeartbeatTests
{
    private static readonly GrantId Former = new("a grant of long ago");

    [Fact]
    public async Task A_worker_whose_attempt_was_taken_away_hears_it_of_its_next_heartbeat_and_it_is_counted()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var id = await node.EnqueueAsync("echo");
        await node.EndAsync(id);

        var answer = await node.AskJobAsync<StopAttempt>(id, new JobCommand.Heartbeat(Former));

        Assert.Equal(Former, answer.Grant);
        Assert.Equal(1, node.Node.Parts.Refusals.Count(Refusal.StaleAttempt));
        var refused = Assert.Single(node.Node.Parts.Refusals.Recent);
        Assert.Equal((id, "Heartbeat", Refusal.StaleAttempt), (refused.Job, refused.Command, refused.Reason));
    }

    [Fact]
    public async Task A_worker_whose_job_was_deleted_hears_it_of_its_next_heartbeat_and_the_meter_counts_it()
    {
        var measured = new ConcurrentBag<(object? Reason, object? Command)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "FlowerPower.Node", Name: "flowerpower.node.refusals" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => measured.Add((tags[0].Value, tags[1].Value)));
        listener.Start();
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());

        await node.AskJobAsync<StopAttempt>(JobId.Parse("nobody"), new JobCommand.Heartbeat(Former));

        Assert.Contains(("NotFound", "Heartbeat"), measured);
        Assert.Equal(1, node.Node.Parts.Refusals.Count(Refusal.NotFound));
    }

    [Fact]
    public async Task Heartbeats_of_a_running_attempt_write_nothing_and_change_nothing()
    {
        var writes = new CountedAppends();
        var release = new TaskCompletionSource<string>();
        var executor = new ScriptedExecutor().On("block", _ => release.Task);
        await using var node = await TestNode.StartAsync(executor, store: new InMemoryShardStore(1, writes));
        var id = await node.EnqueueAsync("block");
        var run = await executor.NextStartAsync();
        var before = (await node.Queue.FindAsync(id).Within())!;
        var written = writes.Count;
        var grant = before.History[^1].Grant!.Value;

        for (var beat = 0; beat < 1_000; beat++)
        {
            node.Node.Parts.Jobs.Tell(id.Value, new JobCommand.Heartbeat(grant), node.Node.Parts.Worker);
        }

        var after = (await node.Queue.FindAsync(id).Within())!;
        Assert.Equal(written, writes.Count);
        Assert.Equal(before.History, after.History);
        Assert.False(run.Cancelled.IsCancellationRequested);
        release.SetResult("{}");
        Assert.Equal(JobStatus.Completed, (await node.EndAsync(id)).Status);
        Assert.Equal(0, node.Node.DeadLetters.Total);
    }

    [Fact]
    public async Task Only_the_last_refusals_are_kept_and_all_are_counted()
    {
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo());
        var refusals = node.Node.Parts.Refusals;
        for (var i = 0; i < 300; i++)
        {
            await node.Queue.CancelAsync(JobId.Parse($"nobody-{i}"), "Ada").Within();
        }

        Assert.Equal(300, refusals.Count(Refusal.NotFound));
        Assert.Equal(Node.Jobs.Refusals.Kept, refusals.Recent.Count);
        Assert.Equal("nobody-299", refusals.Recent[^1].Job.Value);
    }

    private sealed class CountedAppends : IStoreFaults
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public void Reached(StoreStep step, StoreOperation operation, int shard)
        {
            if (operation == StoreOperation.Append)
            {
                Interlocked.Increment(ref count);
            }
        }
    }
}
