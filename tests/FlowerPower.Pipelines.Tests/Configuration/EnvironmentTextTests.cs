using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class EnvironmentTextTests
{
    private static readonly Dictionary<string, string?> Variables = new()
    {
        ["HOST"] = "db1",
        ["EMPTY"] = "",
        ["N"] = "12",
        ["F"] = "1.5",
        ["JSON"] = """{"a": [1, true]}""",
        ["TEXT"] = "\"quoted\"",
        ["ZIP"] = "007",
        ["NOTHING"] = "null",
    };

    private static object? Expand(string text) =>
        new EnvironmentText(Variables).Expand(new ScalarNode(new Origin("a.yml", 3, 5), text, text, loose: false), "run.inputs.x").ToPlain();

    [Theory]
    [InlineData("$HOST", "db1")]
    [InlineData("${HOST}", "db1")]
    [InlineData("tcp://$HOST:5432", "tcp://db1:5432")]
    [InlineData("${HOST}s and $HOST", "db1s and db1")]
    [InlineData("$MISSING", "")]
    [InlineData("a${MISSING}b", "ab")]
    [InlineData("${MISSING:-d}", "d")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${HOST:-d}", "db1")]
    [InlineData("${MISSING-d}", "d")]
    [InlineData("${EMPTY-d}", "")]
    [InlineData("${MISSING:-}", "")]
    [InlineData("${MISSING:-a:-b?c-d}", "a:-b?c-d")]
    [InlineData("${HOST:?must be set - really}", "db1")]
    [InlineData("${EMPTY?e}", "")]
    [InlineData("${MISSING:-${ALSO_MISSING:-$HOST}}", "db1")]
    [InlineData("$$HOST", "$HOST")]
    [InlineData("$${HOST}", "${HOST}")]
    [InlineData("$$$HOST", "$db1")]
    [InlineData("5 $", "5 $")]
    [InlineData("$5", "$5")]
    [InlineData("no variable", "no variable")]
    public void Variables_are_put_in_as_the_guide_says(string text, string expected) => Assert.Equal(expected, Expand(text));

    [Theory]
    [InlineData("$N", 12L)]
    [InlineData("1$N", 112L)]
    [InlineData("${F}", 1.5)]
    [InlineData("${MISSING:-true}", true)]
    [InlineData("${NOTHING}", null)]
    [InlineData("${ZIP}", "007")]
    [InlineData("${TEXT}", "\"quoted\"")]
    [InlineData("${MISSING:-yes}", "yes")]
    [InlineData("${MISSING:-99999999999999999999}", "99999999999999999999")]
    public void The_expanded_text_gets_the_type_that_it_has_in_json(string text, object? expected) => Assert.Equal(expected, Expand(text));

    [Fact]
    public void Json_objects_and_lists_become_data()
    {
        var map = Assert.IsType<Dictionary<string, object?>>(Expand("$JSON"));
        Assert.Equal(new List<object?> { 1L, true }, map["a"]);
        Assert.Equal(new List<object?> { "x", 12L }, Expand("""["x", $N]"""));
        Assert.Equal(new List<object?> { 1L }, Expand("${MISSING:-[1]}"));
        Assert.IsType<Dictionary<string, object?>>(Expand("""${MISSING:-{"a": {"b": 1}}}"""));
    }

    [Fact]
    public void A_text_without_a_dollar_sign_keeps_the_type_that_yaml_gave_it() => Assert.Equal("12", Expand("12"));

    [Theory]
    [InlineData("${MISSING:?give the host}", "a.yml:3:5: run.inputs.x needs the environment variable MISSING, which is not set or is empty: give the host")]
    [InlineData("${EMPTY:?}", "a.yml:3:5: run.inputs.x needs the environment variable EMPTY, which is not set or is empty.")]
    [InlineData("${MISSING?e}", "a.yml:3:5: run.inputs.x needs the environment variable MISSING, which is not set: e")]
    [InlineData("${HOST", "a.yml:3:5: run.inputs.x: '${' is never closed; write $$ for a dollar sign.")]
    [InlineData("${}", "a.yml:3:5: run.inputs.x: ${} is no variable; write ${NAME}, ${NAME:-default} or ${NAME:?reason}, or $$ for a dollar sign.")]
    [InlineData("${row.id}", "a.yml:3:5: run.inputs.x: ${row.id} is no variable; write ${NAME}, ${NAME:-default} or ${NAME:?reason}, or $$ for a dollar sign.")]
    [InlineData("${HOST:}", "a.yml:3:5: run.inputs.x: ${HOST:} is no variable; write ${NAME}, ${NAME:-default} or ${NAME:?reason}, or $$ for a dollar sign.")]
    public void What_cannot_be_put_in_is_named_with_place_and_remedy(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<ConfigException>(() => Expand(text)).Message);
    }

    [Fact]
    public void Values_are_expanded_wherever_they_are_and_keys_are_not()
    {
        var map = YamlReader.Read("a: [$HOST, {$HOST: $N}]\n", "a.yml", []);

        var plain = (Dictionary<string, object?>)new EnvironmentText(Variables).Expand(map).ToPlain()!;

        var list = Assert.IsType<List<object?>>(plain["a"]);
        Assert.Equal("db1", list[0]);
        Assert.Equal(12L, Assert.IsType<Dictionary<string, object?>>(list[1])["$HOST"]);
    }
}
