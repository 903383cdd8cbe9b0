namespace FlowerPower.Pipelines.Tests;

public sealed class NodeNamesTests
{
    [Theory]
    [InlineData("MonthlyNormals", "monthly_normals")]
    [InlineData("csvPath", "csv_path")]
    [InlineData("monthly_normals", "monthly_normals")]
    [InlineData("ParseHTML", "parse_html")]
    [InlineData("HTTPServerName", "http_server_name")]
    [InlineData("Top10Items", "top10_items")]
    [InlineData("Monthly_Normals", "monthly_normals")]
    [InlineData("X", "x")]
    public void A_name_becomes_snake_case(string name, string expected) => Assert.Equal(expected, NodeNames.Snake(name));

    [Theory]
    [InlineData("Rates__Eu", "Rates")]
    [InlineData("rates__us_2", "rates")]
    [InlineData("Rates", "Rates")]
    public void What_follows_a_double_underscore_tells_variants_apart(string method, string expected) =>
        Assert.Equal(expected, NodeNames.WithoutVariant(method));

    [Fact]
    public void The_nearest_names_come_first_and_far_ones_not_at_all() =>
        Assert.Equal(["readings", "reading"], NodeNames.Nearest("readngs", ["summary", "reading", "readings"]));

    [Fact]
    public void A_swap_of_two_letters_is_one_mistake() => Assert.Equal(["rate"], NodeNames.Nearest("raet", ["rate", "rows"]));

    [Theory]
    [InlineData(typeof(Dictionary<string, int?>), "Dictionary<string, int?>")]
    [InlineData(typeof((int, string)), "(int, string)")]
    [InlineData(typeof(double[]), "double[]")]
    [InlineData(typeof(int[,]), "int[,]")]
    [InlineData(typeof(IReadOnlyList<decimal>), "IReadOnlyList<decimal>")]
    public void A_type_is_shown_as_an_author_writes_it(Type type, string expected) => Assert.Equal(expected, TypeNames.Of(type));
}
