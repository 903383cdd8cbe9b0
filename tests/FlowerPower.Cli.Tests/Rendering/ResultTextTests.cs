using System.Text.Json;
using FlowerPower.Cli.Rendering;

namespace FlowerPower.Cli.Tests.Rendering;

public sealed class ResultTextTests
{
    [Fact]
    public void Scalars_stand_beside_their_names()
    {
        Assert.Equal(
            ["greeting  Hello, Ada!", "length    11", "none      null", "empty     (empty list)"],
            Lines("""{"greeting":"Hello, Ada!","length":11,"none":null,"empty":[]}"""));
    }

    [Fact]
    public void Rows_become_a_table_with_numbers_to_the_right_and_dates_to_the_left()
    {
        Assert.Equal(
            ["days  (2)", "  Date         Rain  Note", "  2015-03-15   55.9  wet", "  2015-3-1    103.1"],
            Lines("""{"days":[{"Date":"2015-03-15","Rain":55.9,"Note":"wet"},{"Date":"2015-3-1","Rain":103.1}]}"""));
    }

    [Fact]
    public void Long_lists_are_shortened_with_a_count()
    {
        var numbers = string.Join(",", Enumerable.Range(1, 1461));
        var rows = string.Join(",", Enumerable.Range(1, 25).Select(n => $$"""{"n":{{n}}}"""));

        Assert.Equal(["all  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … (1,461 in all)"], Lines($$"""{"all":[{{numbers}}]}"""));
        Assert.Equal("  … 5 more of 25", Lines($$"""{"rows":[{{rows}}]}""")[^1]);
    }

    [Fact]
    public void Long_fractions_are_rounded_for_people_only()
    {
        Assert.Equal(["x  0.3333333", "tiny  1.235E-12", "big  12345678901"], [Lines("""{"x":0.33333333333333331}""")[0], Lines("""{"tiny":0.00000000000123456}""")[0], Lines("""{"big":12345678901}""")[0]]);
    }

    [Fact]
    public void Nested_objects_are_indented_and_very_deep_ones_cut()
    {
        var lines = Lines("""{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}""");

        Assert.Equal(["a", "  b", "    c", "      d"], lines.Take(4));
        Assert.Equal("""        {"e":{"f":1}}""", lines[4]);
    }

    [Fact]
    public void Text_of_a_pipeline_cannot_move_the_cursor()
    {
        Assert.Equal(["x  a [31mb c"], Lines("""{"x":"a\u001b[31mb\rc"}"""));
    }

    [Fact]
    public void No_line_is_longer_than_the_terminal_is_wide()
    {
        var long_ = new string('x', 500);

        Assert.All(Lines($$"""{"text":"{{long_}}","rows":[{"a":"{{long_}}","b":"{{long_}}","c":"{{long_}}"}],"mixed":[["{{long_}}"],1]}"""), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void An_empty_result_says_how_to_get_one()
    {
        Assert.Contains("--final-vars", Assert.Single(Lines("{}")), StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Lines(string json) =>
        ResultText.Lines(JsonDocument.Parse(json).RootElement.EnumerateObject().Select(node => KeyValuePair.Create(node.Name, node.Value)), 80);
}
