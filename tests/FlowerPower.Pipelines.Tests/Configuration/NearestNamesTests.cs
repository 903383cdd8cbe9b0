using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class NearestNamesTests
{
    private static readonly string[] Known = ["sales", "sales_daily", "orders", "a"];

    [Theory]
    [InlineData("sale", "sales")]
    [InlineData("slaes", "sales")]
    [InlineData("SALES-DAILY", "sales_daily")]
    [InlineData("order", "orders")]
    [InlineData("b", "a")]
    [InlineData("zebra", "")]
    public void A_typing_error_finds_what_was_meant_and_a_stranger_finds_nothing(string typed, string expected) =>
        Assert.Equal(expected, string.Join(",", NearestNames.Find(typed, Known, limit: 1)));
}
