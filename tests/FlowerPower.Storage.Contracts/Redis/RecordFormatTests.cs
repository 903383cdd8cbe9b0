using System.Text;

namespace FlowerPower.Storage.Contracts;

public sealed class RecordFormatTests
{
    private static readonly RecordBucket Bucket = new(3, "etl", "default");

    [Theory]
    [InlineData(1, 2)]
    [InlineData(0xEFFF, 2)]
    [InlineData(0xF000, 4)]
    [InlineData(10_000_000, 4)]
    public void A_buckets_number_survives_as_bytes_and_none_begins_another(int number, int length)
    {
        var code = RecordFormat.Code(number);

        Assert.Equal(length, code.Length);
        Assert.Equal(number, RecordFormat.BucketOf([.. code, .. new byte[4]]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a:1:b", ":")]
    [InlineData("Zeitreihe ü", "🌷")]
    public void A_bucket_survives_as_a_name(string group, string queue)
    {
        var bucket = new RecordBucket(7, group, queue);

        Assert.Equal(bucket, RecordBucket.Parse(bucket.Name));
    }

    [Fact]
    public void Every_changed_byte_of_a_record_is_noticed()
    {
        var change = ShardWriter.Record("job-1", version: 300, isLive: false, expiresAt: ShardWriter.T0.AddDays(7), body: "a body");
        byte[] value = [.. RecordFormat.Code(1), .. RecordFormat.Encode(5, change, change.Index! with { Status = 3, Group = "etl", Queue = "default" })];
        Assert.Equal(300, RecordFormat.Decode(5, "job-1", value, Bucket, withBody: true).Version);

        for (var i = 2; i < value.Length; i++)
        {
            byte[] garbled = [.. value];
            garbled[i] ^= 0x01;
            Assert.Throws<FormatException>(() => RecordFormat.Decode(5, "job-1", garbled, Bucket, withBody: true));
        }
    }

    [Fact]
    public void A_record_cut_short_at_any_place_is_noticed()
    {
        var change = ShardWriter.Record("job-1", expiresAt: null, body: "a body");
        byte[] value = [.. RecordFormat.Code(1), .. RecordFormat.Encode(5, change, change.Index! with { Status = 3, Group = "etl", Queue = "default" })];

        for (var length = 4; length < value.Length; length++)
        {
            Assert.Throws<FormatException>(() => RecordFormat.Decode(5, "job-1", value.AsMemory(0, length), Bucket, withBody: true));
        }
    }

    [Fact]
    public void A_log_entry_that_was_garbled_or_cut_is_noticed()
    {
        var batch = new ShardBatch
        {
            Shard = 2,
            Claim = TestIds.NextClaim(),
            Previous = BatchToken.Start,
            Token = TestIds.NextToken(),
            Events = [ShardWriter.Event("job-1")],
        };
        byte[] entry = [.. new byte[7], 1, .. (byte[])AppendArguments.Of(batch)[4]!];
        Assert.Equal(Encoding.UTF8.GetString(batch.Events[0].Payload.Span), Encoding.UTF8.GetString(AppendArguments.Entry(2, entry).Events[0].Payload.Span));

        for (var i = 8; i < entry.Length; i++)
        {
            byte[] garbled = [.. entry];
            garbled[i] ^= 0x10;
            Assert.Throws<FormatException>(() => AppendArguments.Entry(2, garbled));
            Assert.Throws<FormatException>(() => AppendArguments.Entry(2, entry[..i]));
        }
    }
}
