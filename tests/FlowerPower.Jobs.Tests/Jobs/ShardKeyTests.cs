namespace FlowerPower.Jobs.Tests;

public sealed class ShardKeyTests
{
    // From the FNV reference code's published test vectors for 64-bit FNV-1a.
    [Theory]
    [InlineData("", 0xcbf29ce484222325)]
    [InlineData("a", 0xaf63dc4c8601ec8c)]
    [InlineData("b", 0xaf63df4c8601f1a5)]
    [InlineData("c", 0xaf63de4c8601eff2)]
    [InlineData("fo", 0x08985907b541d342)]
    [InlineData("foo", 0xdcb27518fed9d577)]
    [InlineData("foob", 0xdd120e790c2512af)]
    [InlineData("fooba", 0xcac165afa2fef40a)]
    [InlineData("foobar", 0x85944171f73967e8)]
    public void The_hash_is_the_published_one(string text, ulong expected) => Assert.Equal(expected, ShardKey.Fnv1a(text));

    [Fact]
    public void Long_texts_and_other_alphabets_are_hashed_by_their_UTF8_bytes()
    {
        foreach (var text in new[] { new string('x', 128), new string('x', 129), new string('€', 128), new string('€', 5_000), "🌻" })
        {
            Assert.Equal(Naive(text), ShardKey.Fnv1a(text));
        }
    }

    // A store lives longer than a version: these must never change.
    [Theory]
    [InlineData("job-1", 8, 6)]
    [InlineData("job-1", 64, 54)]
    [InlineData("nightly-2026.03_01", 64, 44)]
    [InlineData("job-1", 1, 0)]
    public void A_job_stays_in_its_shard_for_ever(string id, int shards, int shard) => Assert.Equal(shard, ShardKey.Of(id, shards));

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(64)]
    public void Ids_that_differ_little_spread_evenly(int shards)
    {
        const int jobs = 20_000;
        var counts = new int[shards];
        for (var i = 0; i < jobs; i++)
        {
            counts[ShardKey.Of($"job-{i}", shards)]++;
        }

        var fair = jobs / (double)shards;
        Assert.All(counts, count => Assert.InRange(count, fair * 0.75, fair * 1.25));
    }

    [Fact]
    public void There_is_at_least_one_shard() => Assert.Throws<ArgumentOutOfRangeException>(() => ShardKey.Of("job-1", 0));

    private static ulong Naive(string text) =>
        System.Text.Encoding.UTF8.GetBytes(text).Aggregate(14695981039346656037, (hash, b) => unchecked((hash ^ b) * 1099511628211));
}
