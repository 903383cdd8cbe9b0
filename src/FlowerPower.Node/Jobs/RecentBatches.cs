using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// The last batches that a store acknowledged, kept for as long as it may still forget them: a Redis that is restarted or replaced stands
/// where it was some moments ago, and the batches since then are appended again as they were.
/// </summary>
/// <param name="window">How long an acknowledged batch is kept; zero: not at all.</param>
/// <param name="maxBytes">What they may weigh together.</param>
internal sealed class RecentBatches(TimeProvider time, TimeSpan window, long maxBytes)
{
    private readonly LinkedList<(ShardBatch Batch, long At, long Bytes)> batches = [];
    private BatchToken before; // the token of the batch before the oldest one that is kept
    private long bytes;

    /// <summary>How many are kept.</summary>
    public int Count => batches.Count;

    /// <summary>All of them, oldest first.</summary>
    public IEnumerable<ShardBatch> All => batches.Select(b => b.Batch);

    /// <summary>The chain begins here.</summary>
    public void Begin(BatchToken token)
    {
        batches.Clear();
        bytes = 0;
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

        var weight = batch.Events.Sum(e => (long)e.Payload.Length) + batch.Records.Sum(r => (long)r.Body.Length);
        batches.AddLast((batch, time.GetTimestamp(), weight));
        bytes += weight;
        while (batches.First is { Value: var oldest } && (bytes > maxBytes || time.GetElapsedTime(oldest.At) > window))
        {
            batches.RemoveFirst();
            bytes -= oldest.Bytes;
            before = oldest.Batch.Token;
        }
    }

    /// <summary>The batches after the one of this token, oldest first.</summary>
    /// <returns><see langword="null"/> if the token is not one of this chain, or too old to be known.</returns>
    public IReadOnlyList<ShardBatch>? After(BatchToken token)
    {
        if (token == before)
        {
            return [.. All];
        }

        var node = batches.Last;
        var after = new List<ShardBatch>();
        while (node is not null && node.Value.Batch.Token != token)
        {
            after.Add(node.Value.Batch);
            node = node.Previous;
        }

        after.Reverse();
        return node is null ? null : after;
    }
}
