using FlowerPower.Storage;

namespace FlowerPower.Node.Tests;

public sealed class NodeStopTests
{
    [Theory]
    [InlineData("DrainTimeout")]
    [InlineData("HandBackTimeout")]
    [InlineData("PruneEvery")]
    [InlineData("HeartbeatEvery")]
    public async Task A_wait_longer_than_a_timer_can_be_is_refused_at_the_start(string option)
    {
        var wait = TimeSpan.FromDays(60);
        var options = option switch
        {
            "DrainTimeout" => new NodeOptions { DrainTimeout = wait },
            "HandBackTimeout" => new NodeOptions { HandBackTimeout = wait },
            "PruneEvery" => new NodeOptions { PruneEvery = wait },
            _ => new NodeOptions { HeartbeatEvery = wait },
        };

        var error = await Assert.ThrowsAsync<ArgumentException>(() => TestNode.StartAsync(ScriptedExecutor.Echo(), options));

        Assert.Contains(option, error.Message, StringComparison.Ordinal);
        Assert.Contains("49 days", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_longest_waits_that_are_allowed_are_kept()
    {
        var longest = NodeOptions.LongestWait;
        var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), new NodeOptions
        {
            WorkerSlots = 1,
            DrainTimeout = longest,
            HandBackTimeout = longest,
            PruneEvery = longest,
            HeartbeatEvery = longest,
        });
        await node.EndAsync(await node.EnqueueAsync("echo"));

        await node.DisposeAsync().AsTask().Within("the stop");

        Assert.Equal(0, node.Node.DeadLetters.Count(Actors.DeadLetterReason.Unhandled));
    }

    [Fact]
    public async Task A_step_of_the_stop_that_throws_does_not_keep_the_store_open()
    {
        var folder = Directory.CreateTempSubdirectory("fp-").FullName;
        var path = Path.Combine(folder, "jobs.db");
        var time = new BreakableTime();
        var node = await JobNode.StartAsync(await OpenAsync(path), ScriptedExecutor.Echo(), new NodeOptions { Time = time }).Within();

        time.IsBroken = true;
        await Assert.ThrowsAnyAsync<Exception>(() => node.StopAsync().Within("the stop"));

        await (await OpenAsync(path)).DisposeAsync(); // nobody holds it any more
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<IShardStore> OpenAsync(string path) =>
        await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path, ShardCount = 1, HolderName = "a test" });

    /// <summary>A clock that, once broken, makes no timer any more: whoever waits with a limit gets an exception instead.</summary>
    private sealed class BreakableTime : TimeProvider
    {
        public volatile bool IsBroken;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            IsBroken ? throw new InvalidOperationException("no timer") : base.CreateTimer(callback, state, dueTime, period);
    }
}
