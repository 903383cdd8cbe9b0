using FlowerPower.Actors.TestKit;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>What a node remembers of the batches that its store acknowledged, packed and read again.</summary>
public sealed class RecentBatchesTests
{
    private const long Plenty = 1L << 30;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);

    private readonly ManualTime time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Batches_come_back_as_they_were(int seed)
    {
        var random = new Random(seed);
        var recent = New();
        var given = Chain(random, count: 200, mostBytes: 3_000);

        given.ForEach(recent.Add);

        AssertSame(given, recent.All);
        AssertSame(given[150..], recent.After(given[149].Token)!);
        AssertSame([], recent.After(given[^1].Token)!);
        AssertSame(given, recent.After(BatchToken.Start)!);
        Assert.Null(recent.After(new BatchToken(Guid.NewGuid())));
    }

    [Fact]
    public void A_batch_greater_than_a_segment_comes_back_too()
    {
        var recent = New();
        var given = Chain(new Random(4), count: 5, mostBytes: 400_000);

        given.ForEach(recent.Add);

        AssertSame(given, recent.All);
    }

    [Fact]
    public void What_is_older_than_the_window_is_forgotten_and_its_memory_used_again()
    {
        var recent = New();
        var random = new Random(5);
        List<ShardBatch> all = [];
        for (var second = 0; second < 100; second++)
        {
            var batch = New(random, all.Count == 0 ? BatchToken.Start : all[^1].Token, mostBytes: 20_000);
            all.Add(batch);
            recent.Add(batch);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var kept = all[^15..];
        recent.Add(New(random, all[^1].Token, mostBytes: 10));

        AssertSame(kept, recent.All.SkipLast(1));
        Assert.Null(recent.After(all[50].Token));
        Assert.Equal(16, recent.After(all[^16].Token)!.Count); // the one before the oldest is where a store may stand
    }

    [Fact]
    public void One_large_result_does_not_push_out_what_a_failover_takes_away()
    {
        var recent = new RecentBatches(time, Window, maxBytes: 4 << 20);
        var random = new Random(9);
        var first = New(random, BatchToken.Start, mostBytes: 100);
        var large = New(random, first.Token, mostBytes: 0) with { Events = [new EventFrame("x", 1, "job.completed.v1", new byte[5 << 20])] };
        var last = New(random, large.Token, mostBytes: 100);

        foreach (var batch in new[] { first, large, last })
        {
            recent.Add(batch);
        }

        AssertSame([large, last], recent.After(first.Token)!);
    }

    [Fact]
    public void More_than_may_be_kept_is_forgotten_before_the_window_ends()
    {
        var recent = new RecentBatches(time, Window, maxBytes: 50_000);
        var given = Chain(new Random(6), count: 100, mostBytes: 5_000);

        foreach (var batch in given)
        {
            recent.Add(batch);
            time.Advance(TimeSpan.FromMilliseconds(120));
        }

        Assert.InRange(recent.Count, 3, 60);
        AssertSame(given[^recent.Count..], recent.All);
    }

    [Fact]
    public void Without_a_window_nothing_is_kept_but_where_the_chain_stands()
    {
        var recent = new RecentBatches(time, TimeSpan.Zero, Plenty);
        var given = Chain(new Random(7), count: 3, mostBytes: 100);

        given.ForEach(recent.Add);

        Assert.Equal(0, recent.Count);
        Assert.Empty(recent.After(given[^1].Token)!);
        Assert.Null(recent.After(given[0].Token));
    }

    [Fact]
    public void A_chain_that_begins_anew_knows_nothing_of_the_former_one()
    {
        var recent = New();
        var given = Chain(new Random(8), count: 10, mostBytes: 1_000);
        given.ForEach(recent.Add);

        recent.Begin(given[4].Token);

        Assert.Equal(0, recent.Count);
        Assert.Empty(recent.After(given[4].Token)!);
        Assert.Null(recent.After(given[5].Token));
    }

    private RecentBatches New() => new(time, Window, Plenty);

    private static List<ShardBatch> Chain(Random random, int count, int mostBytes)
    {
        var batches = new List<ShardBatch>();
        while (batches.Count < count)
        {
            batches.Add(New(random, batches.Count == 0 ? BatchToken.Start : batches[^1].Token, mostBytes));
        }

        return batches;
    }

    private static ShardBatch New(Random random, BatchToken previous, int mostBytes) => new()
    {
        Shard = random.Next(4_096),
        Claim = new ClaimId(Guid.NewGuid()),
        Previous = previous,
        Token = new BatchToken(Guid.NewGuid()),
        CutThrough = random.Next(2) == 0 ? null : random.NextInt64(1L << 50),
        Events = [.. Enumerable.Range(0, random.Next(6)).Select(_ => new EventFrame(Id(random), random.NextInt64(1, 1L << 40), "job.enqueued.v1", Bytes(random, mostBytes)))],
        Records = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new RecordChange(
            Id(random),
            random.NextInt64(1, 1L << 40),
            random.Next(2) == 0,
            random.Next(5) == 0 ? null : new RecordIndex(random.Next(9), "päd", random.Next(2) == 0 ? "" : "default", DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(1L << 55))),
            random.Next(2) == 0 ? null : new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.FromHours(2)),
            Bytes(random, mostBytes)))],
    };

    private static string Id(Random random) => new('x', random.Next(1, 128));

    private static byte[] Bytes(Random random, int most)
    {
        var bytes = new byte[random.Next(most + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void AssertSame(IEnumerable<ShardBatch> expected, IEnumerable<ShardBatch> actual) =>
        Assert.Equal(expected.Select(Text), actual.Select(Text));

    private static string Text(ShardBatch batch) =>
        $"{batch.Shard} {batch.Claim} {batch.Previous} {batch.Token} {batch.CutThrough} "
        + string.Join(';', batch.Events.Select(e => $"{e.EntityId} {e.Version} {e.Type} {Convert.ToHexString(e.Payload.Span)}"))
        + "|" + string.Join(';', batch.Records.Select(r => $"{r.EntityId} {r.Version} {r.IsLive} {r.Index} {r.ExpiresAt:O} {Convert.ToHexString(r.Body.Span)}"));
}
