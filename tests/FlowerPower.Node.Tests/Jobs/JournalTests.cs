using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>What a shard writes, and what it says when it cannot.</summary>
public sealed class JournalTests
{
    private const int Limit = 4_000;

    private readonly StoreFaultScript faults = new();

    [Fact]
    public async Task No_batch_is_heavier_than_the_limit_but_one_step_that_is_so_alone()
    {
        var store = new InMemoryShardStore(1, faults);
        var options = new NodeOptions { WorkerSlots = 0, Journal = new JournalLimits { BatchBytes = Limit } };
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, store);
        var requests = Enumerable.Range(0, 60).Select(i => Request(i, inputBytes: i % 20 == 7 ? 2 * Limit : 300)).ToList();

        faults.FailNext(StoreStep.BeforeWrite, StoreOperation.Append); // the first batch waits, and the others gather behind it
        await node.Queue.EnqueueAsync(requests).Within();

        var entries = (await store.ReadLogAsync(0, 0, 1_000, default)).Entries;
        Assert.Equal(60, entries.Sum(entry => entry.Events.Count));
        Assert.Contains(entries, entry => entry.Events.Count > 1);
        Assert.All(entries, entry => Assert.True(
            entry.Events.Count == 1 || entry.Events.Sum(e => e.Payload.Length) <= Limit,
            $"{entry.Events.Count} events of {entry.Events.Sum(e => e.Payload.Length)} bytes are in one batch"));
        Assert.Equal(3, entries.Count(entry => entry.Events.Count == 1 && entry.Events[0].Payload.Length > 2 * Limit));
    }

    [Fact]
    public void The_greatest_batch_fits_into_a_store()
    {
        const long storeTakes = 256L << 20; // more in one batch is refused as an argument error, which would end the shard again and again

        // One step that is heavier than the limit, and the records that are moved with it, of which the last may be the greatest there is.
        var heaviestStep = WireLimits.MaxEventBytes + WireLimits.MaxRecordBytes;
        var heaviestMove = new JournalLimits().BatchBytes + WireLimits.MaxRecordBytes;

        Assert.InRange(Math.Max(new JournalLimits().BatchBytes, heaviestStep) + heaviestMove, 0, storeTakes);
    }

    [Fact]
    public async Task A_handler_of_notices_that_throws_harms_nobody()
    {
        var told = 0;
        var options = new NodeOptions
        {
            WorkerSlots = 1,
            OnNotice = _ =>
            {
                Interlocked.Increment(ref told);
                throw new InvalidOperationException("The log is full.");
            },
        };
        await using var node = await TestNode.StartAsync(ScriptedExecutor.Echo(), options, new InMemoryShardStore(1, faults));

        faults.FailNext(StoreStep.BeforeWrite, StoreOperation.Append, times: 2);
        var job = await node.EndAsync(await node.EnqueueAsync("echo"));

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.True(told > 0);
    }

    [Fact]
    public async Task A_job_that_is_kept_for_ever_is_never_pruned()
    {
        var store = new InMemoryShardStore(1);
        var executor = ScriptedExecutor.Echo().On("fail", _ => throw new InvalidDataException("no"));
        await using var node = await TestNode.StartAsync(executor, store: store);
        var endless = new[]
        {
            await node.EnqueueAsync("echo", "kept", spec => spec with { ResultRetention = TimeSpan.MaxValue }),
            await node.EnqueueAsync("fail", "kept-failed", spec => spec with { FailureRetention = TimeSpan.MaxValue }),
        };
        var brief = await node.EnqueueAsync("echo", "brief");
        foreach (var id in endless.Append(brief))
        {
            Assert.True((await node.EndAsync(id)).IsFinished);
        }

        var claim = (await store.ReadHeadAsync(0, default)).Owner!.Claim;
        var pruned = await store.PruneAsync(0, claim, DateTimeOffset.MaxValue, 100, default);

        Assert.Equal(1, pruned);
        Assert.Null(await node.Queue.FindAsync(brief).Within());
        foreach (var id in endless)
        {
            Assert.NotNull(await node.Queue.FindAsync(id).Within());
        }
    }

    private static EnqueueRequest Request(int number, int inputBytes) => new(TestNode.NewSpec("echo", $"job-{number}") with
    {
        RunConfigJson = Encoding.UTF8.GetBytes($$$"""{"inputs":{"text":"{{{new string('x', inputBytes)}}}"}}"""),
    });
}
