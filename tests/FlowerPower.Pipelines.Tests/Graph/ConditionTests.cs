using System.Text.Json;

namespace FlowerPower.Pipelines.Tests;

public sealed class ConditionTests
{
    public static class Rates
    {
        [When("region", "eu")]
        public static string Rates__Eu() => "eu";

        [When("region", "us")]
        public static string Rates__Us() => "us";

        [WhenNotIn("region", "eu", "us")]
        [WhenNot("strict", true)]
        public static string Rates__Other() => "other";

        public static string Total(string rates) => rates.ToUpperInvariant();
    }

    [Theory]
    [InlineData("eu", "EU")]
    [InlineData("us", "US")]
    [InlineData("asia", "OTHER")]
    [InlineData(null, "OTHER")]
    public async Task The_config_picks_the_variant(string? region, string expected) =>
        Assert.Equal(expected, await Given.Run(Given.Graph(Given.Values(("region", region)), typeof(Rates)), "total"));

    [Fact]
    public void If_no_variant_fits_the_node_is_absent_and_the_message_says_why()
    {
        var graph = Given.Graph(Given.Values(("strict", true), ("region", "asia")), typeof(Rates));

        Assert.Null(graph.Find("rates"));
        const string why = "'rates' is not in the graph under this config: Rates.Rates__Eu (when region is \"eu\"), Rates.Rates__Us (when region is \"us\"), "
            + "Rates.Rates__Other (when region is none of \"eu\", \"us\" and strict is not true); given: region is \"asia\", strict is true.";
        Assert.Equal(["'rates' is missing: final_vars asks for it. " + why], Given.PlanProblems(graph, ["rates"]));
        Assert.Equal(["'rates' is missing: node 'total' takes it as string. " + why], Given.PlanProblems(graph, ["total"]));
    }

    public static class Sizes
    {
        [WhenIn("size", 1, 2L)]
        public static string Label__Small() => "small";

        [WhenIn("size", 3, 2.5)]
        public static string Label__Big() => "big";
    }

    [Theory]
    [InlineData("1", "small")]
    [InlineData("2.0", "small")]
    [InlineData("3", "big")]
    [InlineData("2.5", "big")]
    public async Task Numbers_are_compared_by_value_also_from_json(string size, string expected)
    {
        var config = Given.Values(("size", JsonSerializer.Deserialize<JsonElement>(size)));

        Assert.Equal(expected, await Given.Run(Given.Graph(config, typeof(Sizes)), "label"));
    }

    public static class Overlapping
    {
        [When("fast", true)]
        public static int Speed__Fast() => 2;

        public static int Speed() => 1;
    }

    [Fact]
    public void An_absent_node_that_nobody_takes_is_told_when_it_is_asked_for() =>
        Assert.Equal(
            ["'label' is not in the graph under this config: Sizes.Label__Small (when size is one of 1, 2), Sizes.Label__Big (when size is one of 3, 2.5); given: size is null."],
            Given.PlanProblems(Given.Graph(typeof(Sizes)), ["label"]));

    [Fact]
    public void Two_variants_that_fit_are_an_error_and_one_is_not()
    {
        Assert.Equal(
            ["Node 'speed' is defined 2 times in 'sample': Overlapping.Speed__Fast (when fast is true) and Overlapping.Speed; rename one, or give them conditions that exclude each other."],
            Assert.Throws<GraphException>(() => Given.Graph(Given.Values(("fast", true)), typeof(Overlapping))).Problems);
        Assert.NotNull(Given.Graph(Given.Values(("fast", false)), typeof(Overlapping)).Find("speed"));
    }

    public static class Missing
    {
        [When("mode", null)]
        public static int Chosen() => 1;
    }

    [Fact]
    public void A_key_that_the_config_lacks_counts_as_null() => Assert.NotNull(Given.Graph(typeof(Missing)).Find("chosen"));
}
