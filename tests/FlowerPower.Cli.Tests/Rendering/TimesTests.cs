using FlowerPower.Cli.Rendering;

namespace FlowerPower.Cli.Tests.Rendering;

public sealed class TimesTests
{
    [Theory]
    [InlineData(0, "under 1 ms")]
    [InlineData(0.12, "120 ms")]
    [InlineData(2.25, "2.3 s")]
    [InlineData(42.9, "42 s")]
    [InlineData(303, "5 min 3 s")]
    [InlineData(7800, "2 h 10 min")]
    [InlineData(273600, "3 d 4 h")]
    public void A_length_has_at_most_two_units(double seconds, string words)
    {
        Assert.Equal(words, Times.Length(TimeSpan.FromSeconds(seconds)));
    }
}
