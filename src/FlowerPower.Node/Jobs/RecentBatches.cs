using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// The last batches that a store acknowledged, kept for as long as it may still forget them: a Redis that is restarted or replaced stands
/// where it was some moments ago, and the batches since then are appended again as they were.
/// </summary>
/// <remarks>
/// They are kept packed, in memory that is used again and again. As objects they would be a few for each event, all of them old enough to be copied
/// by the garbage collector, twice, before they die: that was a quarter of what a busy node did.
/// </remarks>
/// <param name="window">How long an acknowledged batch is kept; zero: not at all.</param>
/// <param name="maxBytes">What they may weigh together, but for those of the last seconds, which may weigh <see cref="YoungFactor"/> times as much.</param>
internal sealed class RecentBatches(TimeProvider time, TimeSpan window, long maxBytes)
{
    private const int YoungFactor = 16;

    /// <summary>What a restart or a failover takes away is of the last second or two: one large result must not push that out.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(3);

    private readonly Queue<Kept> batches = [];
    private readonly PackedBytes packed = new();
    private BatchToken before; // the token of the batch before the oldest one that is kept

    /// <summary>How many are kept.</summary>
    public int Count => batches.Count;

    /// <summary>All of them, oldest first.</summary>
    public IEnumerable<ShardBatch> All => batches.Select(kept => BatchPacking.Unpack(kept.At.Bytes));

    /// <summary>The chain begins here.</summary>
    public void Begin(BatchToken token)
    {
        while (batches.TryDequeue(out var former))
        {
            packed.Remove(former.At);
        }

        before = token;
    }

    /// <summary>A batch was acknowledged.</summary>
    public void Add(ShardBatch batch)
    {
        if (window == TimeSpan.Zero)
        {
            before = batch.Token;
            return;
        }

        batches.Enqueue(new Kept(batch.Token, time.GetTimestamp(), packed.Add(BatchPacking.Pack(batch))));
        while (batches.TryPeek(out var oldest) && IsTooMuch(time.GetElapsedTime(oldest.Since)))
        {
            batches.Dequeue();
            packed.Remove(oldest.At);
            before = oldest.Token;
        }
    }

    private bool IsTooMuch(TimeSpan age) =>
        age > window || packed.Length > maxBytes * YoungFactor || (packed.Length > maxBytes && age > Young);

    /// <summary>The batches after the one of this token, oldest first.</summary>
    /// <returns><see langword="null"/> if the token is not one of this chain, or too old to be known.</returns>
    public IReadOnlyList<ShardBatch>? After(BatchToken token)
    {
        if (token == before)
        {
            return [.. All];
        }

        var isKnown = batches.Any(kept => kept.Token == token);
        return isKnown ? [.. batches.SkipWhile(kept => kept.Token != token).Skip(1).Select(kept => BatchPacking.Unpack(kept.At.Bytes))] : null;
    }

    private readonly record struct Kept(BatchToken Token, long Since, PackedBytes.Place At);
}
