using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData("5m", 300)]
    [InlineData("2h30m", 9000)]
    [InlineData("2h 30m 1s", 9001)]
    [InlineData("500ms", 0.5)]
    [InlineData("1d", 86400)]
    [InlineData("1.5h", 5400)]
    [InlineData("PT5M", 300)]
    [InlineData("P1DT2H3M4.5S", 93784.5)]
    [InlineData("0", 0)]
    public void A_length_of_time_is_read_as_people_write_it(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var length));
        Assert.Equal(seconds, length.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("5 apples")]
    [InlineData("-5m")]
    [InlineData("-1")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1Y")]
    [InlineData("30m2h")]
    [InlineData("NaN")]
    [InlineData("99999d")]
    public void What_is_no_length_of_time_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));
}
