using System.Text;

namespace FlowerPower.Storage.Contracts.Rules;

public sealed class ChecksumTests
{
    [Fact]
    public void It_is_the_published_CRC_32C()
    {
        // RFC 3720, appendix B.4, and the check value of the catalogues.
        Assert.Equal(0xE3069283, Checksum.Of("123456789"u8));
        Assert.Equal(0x8A9136AA, Checksum.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Checksum.Of(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Checksum.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void An_entrys_sum_depends_on_its_bytes_and_on_its_place()
    {
        var token = new BatchToken(new Guid(1, 2, 3, new byte[8]));
        uint Sum(string events, int shard, long sequence, BatchToken t) =>
            Checksum.OfEntry(Checksum.BeginEntry(Encoding.UTF8.GetBytes(events)), shard, sequence, t);

        uint[] sums = [Sum("e", 1, 1, token), Sum("f", 1, 1, token), Sum("e", 2, 1, token), Sum("e", 1, 2, token), Sum("e", 1, 1, default)];

        Assert.Equal(sums.Length, sums.Distinct().Count());
    }

    [Fact]
    public void A_records_sum_depends_on_each_of_its_parts()
    {
        var at = ShardWriter.T0;
        uint Sum(int shard = 1, string id = "a", long version = 1, bool isLive = false, int status = 1, string group = "g",
            string queue = "q", int hours = 0, int? expiresIn = null, string body = "b") =>
            Checksum.OfRecord(shard, id, version, isLive, new RecordIndex(status, group, queue, at.AddHours(hours)),
                expiresIn is { } h ? at.AddHours(h) : null, Encoding.UTF8.GetBytes(body));

        uint[] sums =
        [
            Sum(), Sum(shard: 2), Sum(id: "b"), Sum(version: 2), Sum(isLive: true), Sum(status: 2), Sum(group: "h"), Sum(queue: "r"),
            Sum(hours: 1), Sum(expiresIn: 0), Sum(expiresIn: 1), Sum(body: "c"), Sum(group: "gq", queue: ""), Sum(group: "", queue: "gq"),
        ];

        Assert.Equal(sums.Length, sums.Distinct().Count());
        Assert.Equal(Sum(), Sum());
    }
}
