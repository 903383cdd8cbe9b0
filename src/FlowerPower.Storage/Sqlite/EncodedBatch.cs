namespace FlowerPower.Storage;

/// <summary>A batch with what can be computed before the writer thread sees it, on the caller's time.</summary>
internal sealed class EncodedBatch
{
    public EncodedBatch(ShardBatch batch)
    {
        Batch = batch;
        Events = LogEntryFormat.Encode(batch.Events);
        BegunSum = Checksum.BeginEntry(Events);
        RecordSums = batch.Records.Count == 0 ? [] : new uint[batch.Records.Count];
        var bytes = (long)Events.Length;
        for (var i = 0; i < RecordSums.Length; i++)
        {
            var change = batch.Records[i];
            bytes += change.Body.Length;
            if (change.Index is { } index)
            {
                RecordSums[i] = Checksum.OfRecord(
                    batch.Shard, change.EntityId, change.Version, change.IsLive, index, change.ExpiresAt, change.Body.Span);
            }
        }

        Bytes = bytes;
    }

    public ShardBatch Batch { get; }

    /// <summary>The log entry.</summary>
    public byte[] Events { get; }

    /// <summary>Its checksum, to be finished with its place.</summary>
    public uint BegunSum { get; }

    /// <summary>The checksums of the batch's records; those of deletions are 0.</summary>
    public uint[] RecordSums { get; }

    /// <summary>How much there is to write.</summary>
    public long Bytes { get; }
}
