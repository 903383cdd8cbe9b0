using System.Collections.Concurrent;
using System.Threading.Channels;
using FlowerPower.Actors.TestKit;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Hosting;
using FlowerPower.Node.Tests.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Hosting;

/// <summary>One process that is a node, through the deaths of its incarnations, on a clock that the test moves.</summary>
public sealed class ClusterNodeHostTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly Channel<ClusterNode> serving = Channel.CreateUnbounded<ClusterNode>();
    private readonly ConcurrentQueue<string> told = [];
    private readonly CancellationTokenSource stop = new();
    private readonly ClusterRig rig;
    private int port;

    public ClusterNodeHostTests() => rig = new ClusterRig(shards: 2, manual: time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        stop.Dispose();
        await PassUntilAsync(rig.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_node_that_was_declared_dead_joins_anew_in_its_process_and_runs_again_what_it_ran()
    {
        rig.Executor.On("first-hangs", async run =>
        {
            if (run.Attempt == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, run.Cancelled);
            }

            return "{}";
        });
        var life = Host().RunAsync(stop.Token);
        var first = await NextAsync();
        var id = (await ClusterRig.EnqueueAsync(first.Queue, 1, "first-hangs"))[0];
        await rig.Executor.NextStartAsync();

        await rig.Table.DeclareDeadAsync(first.Name, default);
        var second = await NextAsync();
        var end = rig.EndAsync(second.Queue, id);
        await PassUntilAsync(end);

        Assert.NotEqual(first.Name, second.Name);
        Assert.True(first.Died.IsCompletedSuccessfully);
        Assert.Equal((JobStatus.Completed, 2), ((await end).Status, (await end).Attempts));
        Assert.Equal([second.Name], (await rig.Table.ReadAsync(default)).Living.Select(m => m.Info.Incarnation));
        Assert.Contains("The cluster declared this node dead, and it joins anew", Assert.Single(told), StringComparison.Ordinal);

        await stop.CancelAsync();
        await PassUntilAsync(life);
        await life;
        Assert.Empty((await rig.Table.ReadAsync(default)).Living);
    }

    [Fact]
    public async Task Of_two_processes_with_one_name_and_address_the_one_that_is_replaced_twice_in_a_minute_stops_and_says_who_the_other_is()
    {
        var life = Host().RunAsync(stop.Token);
        await ReplaceAsync(await NextAsync(), "a-7-other1");
        var second = await NextAsync();
        await PassUntilAsync(Task.Delay(TimeSpan.FromMinutes(2), time)); // long ago: by itself it means nothing
        await ReplaceAsync(second, "a-7-other2");
        await ReplaceAsync(await NextAsync(), "a-7-other3");

        await PassUntilAsync(life);

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => life);
        Assert.Equal(
            $"Two processes are the node 'a' at 127.0.0.1:{port}, and declare each other dead in turn: this one, and a-7-other3 (process 7 on elsewhere). "
            + "Give each its own name, or an address of its own that others reach it by (--name, --advertise), and start this one again.",
            error.Message);
    }

    private ClusterNodeHost Host() => new(
        new ClusterNodeOptions
        {
            Redis = RedisAddress.Parse("redis://localhost?name=test"),
            Listen = new PeerAddress("127.0.0.1", 0),
            Node = new NodeOptions { Time = time },
        },
        rig.Executor,
        told.Enqueue)
    {
        Start = async _ =>
        {
            var node = await rig.StartAsync("a", port: port);
            port = node.Address.Port;
            return node;
        },
        OnServing = node => serving.Writer.TryWrite(node),
    };

    /// <summary>Another process joins under the same name at the same address, as from another machine.</summary>
    private async Task ReplaceAsync(ClusterNode node, string incarnation)
    {
        await rig.Table.JoinAsync(
            new MemberInfo(incarnation, "a", node.Address.ToString(), MemberRoles.None) { Process = "process 7 on elsewhere" }, TimeSpan.FromMinutes(1), MemberStatus.Up, default);
        await PassUntilAsync(node.Died);
    }

    private async Task<ClusterNode> NextAsync()
    {
        var next = serving.Reader.ReadAsync().AsTask();
        await PassUntilAsync(next);
        return await next;
    }

    private async Task PassUntilAsync(Task end)
    {
        for (var i = 0; i < 6_000 && !end.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(end, Task.Delay(2));
        }

        Assert.True(end.IsCompleted, $"It did not end within ten minutes of the test's clock; it said:\n{string.Join('\n', told.Concat(rig.Notices))}");
    }
}
