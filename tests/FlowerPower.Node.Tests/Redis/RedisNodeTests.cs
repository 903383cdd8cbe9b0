using System.Threading.Channels;
using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.TestServers;

namespace FlowerPower.Node.Tests.Redis;

/// <summary>One node on a real redis-server that is killed, cut and shared.</summary>
public sealed class RedisNodeTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fp-redis-node-").FullName;
    private readonly Channel<string> notices = Channel.CreateUnbounded<string>();
    private RedisServer server = null!;

    public async Task InitializeAsync() => server = await RedisServer.StartAsync();

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_job_runs_and_its_result_outlives_the_node()
    {
        JobId id;
        await using (var node = await StartAsync())
        {
            id = await EnqueueAsync(node, "job-1");
            Assert.Equal(JobStatus.Completed, (await node.Queue.WaitAsync(id).Within())!.Status);
        }

        await using var next = await StartAsync();
        Assert.Equal("""{"id":"job-1"}""", System.Text.Encoding.UTF8.GetString((await next.Queue.FindAsync(id).Within())!.ResultJson.Span));
    }

    [Fact]
    public async Task A_second_node_of_another_machine_is_refused_with_the_first_ones_name()
    {
        await using var node = await StartAsync();

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => StartAsync("elsewhere"));

        Assert.Contains("is served by test (process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redis_that_restarts_without_its_last_writes_gets_them_again_from_an_idle_node()
    {
        await using var node = await StartAsync(slots: 0);
        await node.Queue.EnqueueAsync([.. Enumerable.Range(0, 40).Select(i => new EnqueueRequest(TestNode.NewSpec("echo", $"kept-{i}")))]).Within();
        var length = await AofLengthAsync();
        await node.Queue.EnqueueAsync([.. Enumerable.Range(0, 40).Select(i => new EnqueueRequest(TestNode.NewSpec("echo", $"cut-{i}")))]).Within();

        await server.KillAsync();
        var grown = Aof().Length;
        using (var aof = Aof().OpenWrite())
        {
            aof.SetLength(length); // as a power cut leaves it: the tail never reached the disk
        }

        await server.StartAgainAsync();
        await NoticeAsync("nothing is missing");

        Assert.True(grown > length);
        for (var i = 0; i < 40; i++)
        {
            // A store of its own reads what is in Redis, not what the node remembers.
            await UntilStoredAsync($"cut-{i}");
        }
    }

    [Fact]
    public async Task A_flushed_redis_gets_again_what_the_node_holds_and_no_shard_stays_away()
    {
        // A store that was used before: its shards have numbers for buckets, which the flush gives to others.
        await using (var before = await StartAsync())
        {
            for (var i = 0; i < 30; i++)
            {
                await before.Queue.WaitAsync(await EnqueueAsync(before, $"before-{i}")).Within();
            }
        }

        var release = new TaskCompletionSource<string>();
        await using var node = await StartAsync(executor: ScriptedExecutor.Echo().On("slow", _ => release.Task));
        await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("slow", "running"))]).Within();
        await foreach (var seen in node.Queue.WatchAsync(JobId.Parse("running")))
        {
            if (seen.Status == JobStatus.Running)
            {
                break;
            }
        }

        await server.CommandAsync("FLUSHALL");
        await NoticeAsync("may have lost what it acknowledged last"); // the lease's count went back
        release.SetResult("{}");
        var ended = await node.Queue.WaitAsync(JobId.Parse("running")).Within();
        var after = await node.Queue.WaitAsync(await EnqueueAsync(node, "after")).Within();

        Assert.Equal((JobStatus.Completed, JobStatus.Completed), (ended!.Status, after!.Status));
        Assert.NotEmpty((await node.Queue.ListAsync(new JobFilter()).Within()).Jobs);
    }

    [Fact]
    public async Task Jobs_finish_through_a_kill_and_a_freeze_of_redis_and_each_has_one_outcome()
    {
        await using var node = await StartAsync(slots: 4);
        JobId[] ids = [.. Enumerable.Range(0, 200).Select(i => JobId.Parse($"job-{i}"))];
        var enqueued = Task.WhenAll(ids.Select(async id => await EnqueueAsync(node, id.Value)));
        await node.Queue.WaitAsync(ids[0]).Within();
        await server.KillAsync();
        await server.StartAgainAsync();
        server.Freeze();
        await NoticeAsync("Jobs wait for their store");
        server.Thaw();
        await enqueued.Within("every enqueue to be acknowledged");

        foreach (var id in ids)
        {
            var job = await EndAsync(node, id);
            Assert.NotNull(job);
            Assert.Equal(JobStatus.Completed, job.Status);
            Assert.Single(job.History, step => step.Status == JobStatus.Completed);
        }
    }

    private static async Task<JobId> EnqueueAsync(EmbeddedNode node, string id)
    {
        while (true)
        {
            try
            {
                return (await node.Queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", id))]).Within())[0].Id;
            }
            catch (QueueUnavailableException)
            {
                // As a client does: the same again, until it is acknowledged.
            }
        }
    }

    private static async Task<JobView?> EndAsync(EmbeddedNode node, JobId id)
    {
        while (true)
        {
            try
            {
                return await node.Queue.WaitAsync(id).Within($"job {id} to end");
            }
            catch (QueueUnavailableException)
            {
                // A shard that is being read again answers nobody for a moment: a client asks again.
            }
        }
    }

    private async Task UntilStoredAsync(string id)
    {
        await using var reader = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = Address, ShardCount = 0 });
        var shard = ShardKey.Of(id, reader.ShardCount);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var log = await reader.ReadLogAsync(shard, 0, 10_000, patience.Token);
            if (log.Entries.Any(e => e.Events.Any(f => f.EntityId == id)) || await reader.ReadRecordAsync(shard, id, patience.Token) is not null)
            {
                return;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    private async Task<long> AofLengthAsync()
    {
        // Redis writes its log before it answers, unless its disk is busy: what is here now is at most the first forty jobs.
        await server.CommandAsync("PING");
        return Aof().Length;
    }

    private FileInfo Aof() => new DirectoryInfo(Path.Combine(server.Folder, "appendonlydir")).GetFiles("*.incr.aof").Single();

    private RedisAddress Address => RedisAddress.Parse(server.Url);

    private Task<EmbeddedNode> StartAsync(string machine = "here", int slots = 2, ScriptedExecutor? executor = null) => EmbeddedNode.StartAsync(
        QueuePlace.Of(Path.Combine(folder, machine), Address),
        "test",
        executor ?? ScriptedExecutor.Echo(),
        new EmbeddedOptions
        {
            Node = new NodeOptions { WorkerSlots = slots, OnNotice = notice => notices.Writer.TryWrite(notice.Text) },
        }).Within();

    private async Task<string> NoticeAsync(string words)
    {
        while (true)
        {
            var notice = await notices.Reader.ReadAsync().AsTask().Within($"a notice that {words}");
            if (notice.Contains(words, StringComparison.Ordinal))
            {
                return notice;
            }
        }
    }
}
