using System.CommandLine;
using FlowerPower.Cli.Parsing;

namespace FlowerPower.Cli.Tests.Usage;

public sealed class NamedValuesTests
{
    [Fact]
    public void A_value_is_what_it_reads_as_in_JSON_and_text_otherwise()
    {
        var values = Parse("--inputs", "n=3", "x=0.5", "yes=true", "none=null", "list=[1,2]", "word=hello", "path=/a=b", "digits=\"3\"", "empty=");

        Assert.Equal(3L, values["n"]);
        Assert.Equal(0.5, values["x"]);
        Assert.Equal(true, values["yes"]);
        Assert.Null(values["none"]);
        Assert.Equal(new List<object?> { 1L, 2L }, values["list"]);
        Assert.Equal("hello", values["word"]);
        Assert.Equal("/a=b", values["path"]);
        Assert.Equal("3", values["digits"]);
        Assert.Equal("", values["empty"]);
    }

    [Fact]
    public void Objects_and_pairs_mix_and_the_later_one_wins()
    {
        var values = Parse("--inputs", "{\"a\": 1, \"b\": {\"c\": 2}}", "--inputs", "a=5");

        Assert.Equal(5L, values["a"]);
        Assert.Equal(new Dictionary<string, object?> { ["c"] = 2L }, values["b"]);
    }

    private static Dictionary<string, object?> Parse(params string[] arguments)
    {
        var option = NamedValues.Any("--inputs", "");
        var command = new Command("run") { option };
        var parse = command.Parse(arguments);
        Assert.Empty(parse.Errors);
        return parse.GetValue(option)!;
    }
}
