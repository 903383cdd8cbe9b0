namespace FlowerPower.Jobs.Tests;

public sealed class JobIdTests
{
    private static readonly byte[] Zeros = new byte[10];

    [Theory]
    [InlineData("a")]
    [InlineData("nightly-2026.03_01")]
    [InlineData("_x")]
    [InlineData("01JABCDEFGHJKMNPQRSTVWXYZ0")]
    public void An_id_is_read_as_it_was_written(string text)
    {
        var id = JobId.Parse(text);

        Assert.Equal(text, id.Value);
        Assert.Equal(text, id.ToString());
        Assert.Equal(JobId.Parse(text), id);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("{fp}")]
    [InlineData("a:b")]
    [InlineData("größe")]
    [InlineData("a\n")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    public void A_text_that_could_mean_something_else_in_a_key_a_path_or_a_command_line_is_no_id(string text)
    {
        Assert.False(JobId.TryParse(text, out var id));
        Assert.Equal(default, id);
        var error = Assert.Throws<FormatException>(() => JobId.Parse(text));
        Assert.Contains("A-Z a-z 0-9 . _ and -", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_has_at_most_128_characters()
    {
        Assert.True(JobId.TryParse(new string('a', JobId.MaxLength), out _));
        Assert.False(JobId.TryParse(new string('a', JobId.MaxLength + 1), out _));
        Assert.False(JobId.TryParse(null, out _));
    }

    [Fact]
    public void The_message_about_a_long_text_stays_short() =>
        Assert.InRange(Assert.Throws<FormatException>(() => JobId.Parse(new string('/', 100_000))).Message.Length, 1, 250);

    [Fact]
    public void A_random_id_is_laid_out_as_ULID_lays_it_out()
    {
        // The example instant of the ULID specification, 1469918176385, is 01ARYZ6S41 in its alphabet.
        var id = JobId.FromRandom(DateTimeOffset.FromUnixTimeMilliseconds(1469918176385), [255, 255, 255, 255, 255, 0, 0, 0, 0, 1]);

        Assert.Equal("01aryz6s41zzzzzzzz00000001", id.Value);
        Assert.True(JobId.TryParse(id.Value, out var parsed));
        Assert.Equal(id, parsed);
    }

    [Fact]
    public void Random_ids_sort_by_their_instant()
    {
        var random = new Random(7);
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var ids = new List<JobId>();
        for (var i = 0; i < 500; i++)
        {
            now += TimeSpan.FromMilliseconds(1 + random.Next(100_000));
            ids.Add(JobId.FromRandom(now, Bytes(random)));
        }

        Assert.Equal(ids, ids.Order());
        Assert.Equal(ids.Select(id => id.Value), ids.Select(id => id.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Random_ids_of_one_instant_differ_by_their_chance_alone()
    {
        var random = new Random(7);
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        var ids = Enumerable.Range(0, 1_000).Select(_ => JobId.FromRandom(now, Bytes(random))).ToHashSet();

        Assert.Equal(1_000, ids.Count);
        Assert.Equal(JobId.FromRandom(now, Zeros), JobId.FromRandom(now, Zeros));
    }

    [Fact]
    public void Every_bit_of_chance_is_in_the_id()
    {
        var seen = new HashSet<JobId>();
        for (var bit = 0; bit < 80; bit++)
        {
            var chance = new byte[10];
            chance[bit / 8] = (byte)(1 << (bit % 8));
            seen.Add(JobId.FromRandom(DateTimeOffset.UnixEpoch, chance));
        }

        Assert.Equal(80, seen.Count);
    }

    [Fact]
    public void An_id_is_made_from_exactly_ten_bytes_of_chance_and_no_instant_before_1970()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => JobId.FromRandom(DateTimeOffset.UnixEpoch, new byte[9]));
        Assert.Throws<ArgumentOutOfRangeException>(() => JobId.FromRandom(DateTimeOffset.UnixEpoch - TimeSpan.FromMilliseconds(1), Zeros));
        Assert.Equal(26, JobId.FromRandom(DateTimeOffset.MaxValue, Zeros).Value.Length);
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[10];
        random.NextBytes(bytes);
        return bytes;
    }
}
