namespace FlowerPower.Jobs.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("5m", 300)]
    [InlineData("2h30m", 9_000)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1,5s", 1.5)]
    [InlineData("250ms", 0.25)]
    [InlineData("1s250ms", 1.25)]
    [InlineData("7d", 604_800)]
    [InlineData("1d2h3m4s5ms", 93_784.005)]
    [InlineData("0s", 0)]
    [InlineData("  90s ", 90)]
    [InlineData("1.5h", 5_400)]
    [InlineData("PT5M", 300)]
    [InlineData("P1DT2H", 93_600)]
    [InlineData("PT1.5S", 1.5)]
    [InlineData("PT1H30M10S", 5_410)]
    [InlineData("P2W", 1_209_600)]
    [InlineData("P1.5D", 129_600)]
    [InlineData("0.0000001s", 0.0000001)]
    public void A_length_is_read_exactly(string text, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.Parse(text));
        Assert.True(Durations.TryParse(text, out var length));
        Assert.Equal(TimeSpan.FromSeconds(seconds), length);
    }

    [Theory]
    [InlineData("90", "90 of what? Add a unit: d, h, m, s, ms.")]
    [InlineData("2h30", "30 of what?")]
    [InlineData("", "write for example")]
    [InlineData("h", "a number is missing")]
    [InlineData("-5m", "negative")]
    [InlineData("5 m", "' m' is not a unit")]
    [InlineData("5M", "'M' is not a unit")]
    [InlineData("5minutes", "'minutes' is not a unit; the units here are d, h, m, s, ms")]
    [InlineData("30m2h", "largest first")]
    [InlineData("5m5m", "each once")]
    [InlineData("1.5h30m", "not the last number")]
    [InlineData("1.2.3s", "not a number")]
    [InlineData(".5s", "not a number")]
    [InlineData("5.s", "not a number")]
    [InlineData("P", "nothing follows the P")]
    [InlineData("PT", "nothing follows the P")]
    [InlineData("P1DT", "nothing follows the T")]
    [InlineData("P1Y", "no fixed length")]
    [InlineData("P5M", "PT5M for five minutes")]
    [InlineData("P1.5DT2H", "not the last number")]
    [InlineData("PT5", "5 of what? Add a unit: H, M, S.")]
    [InlineData("10675200d", "longer than 10,675,199 days")]
    [InlineData("99999999999999999999999999999999999999s", "not a number")]
    public void A_text_that_is_no_length_is_refused_with_the_remedy(string text, string part)
    {
        var error = Assert.Throws<FormatException>(() => Durations.Parse(text));

        Assert.Contains($"'{text}' is not a length of time", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.False(Durations.TryParse(text, out var length));
        Assert.Equal(TimeSpan.Zero, length);
    }

    [Fact]
    public void The_message_about_an_endless_text_stays_short()
    {
        Assert.InRange(Assert.Throws<FormatException>(() => Durations.Parse(new string('1', 100_000))).Message.Length, 1, 250);
        Assert.InRange(Assert.Throws<FormatException>(() => Durations.ParseInstant(new string('1', 100_000))).Message.Length, 1, 300);
        Assert.False(Durations.TryParse(null, out _));
    }

    [Fact]
    public void Every_length_that_is_written_in_ISO_8601_is_read_back()
    {
        var random = new Random(11);
        for (var i = 0; i < 1_000; i++)
        {
            var length = TimeSpan.FromTicks(random.NextInt64(TimeSpan.MaxValue.Ticks >> random.Next(40)));
            Assert.Equal(length, Durations.Parse(System.Xml.XmlConvert.ToString(length)));
        }
    }

    [Theory]
    [InlineData("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.0000000+00:00")]
    [InlineData("2026-03-01T12:00Z", "2026-03-01T12:00:00.0000000+00:00")]
    [InlineData(" 2026-03-01T14:30:00+01:00 ", "2026-03-01T13:30:00.0000000+00:00")]
    [InlineData("2026-03-01T14:30-05:30", "2026-03-01T20:00:00.0000000+00:00")]
    [InlineData("2026-03-01T12:00:00.1234567Z", "2026-03-01T12:00:00.1234567+00:00")]
    [InlineData("2024-02-29T23:59:59.5+00:00", "2024-02-29T23:59:59.5000000+00:00")]
    public void An_instant_is_read_as_UTC(string text, string expected) =>
        Assert.Equal(expected, Durations.ParseInstant(text).ToString("O", System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("2026-03-01T12:00:00")]
    [InlineData("2026-03-01T12:00")]
    [InlineData("2026-03-01 12:00")]
    public void An_instant_without_an_offset_is_refused_with_the_remedy(string text)
    {
        var error = Assert.Throws<FormatException>(() => Durations.ParseInstant(text));

        Assert.Contains($"'{text}' has no offset from UTC", error.Message, StringComparison.Ordinal);
        Assert.Contains("2026-03-01T12:00:00Z", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_date_alone_is_refused_with_the_remedy() => Assert.Contains(
        "write 2026-03-01T00:00:00Z", Assert.Throws<FormatException>(() => Durations.ParseInstant("2026-03-01")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("2026-02-30T12:00:00Z")]
    [InlineData("2026-03-01T25:00:00Z")]
    [InlineData("01.03.2026 12:00")]
    [InlineData("1772366400")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void A_text_that_is_no_instant_is_refused_with_an_example(string text) => Assert.Contains(
        "2026-03-01T14:30:00Z", Assert.Throws<FormatException>(() => Durations.ParseInstant(text)).Message, StringComparison.Ordinal);
}
