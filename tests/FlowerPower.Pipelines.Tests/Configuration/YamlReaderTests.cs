using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class YamlReaderTests
{
    private readonly List<ConfigWarning> warnings = [];

    private MapNode Read(string yaml) => YamlReader.Read(yaml, "a.yml", warnings);

    private object? Value(string yaml) => Assert.IsType<Dictionary<string, object?>>(Read("v: " + yaml).ToPlain())["v"];

    private ConfigException Broken(string yaml) => Assert.Throws<ConfigException>(() => Read(yaml));

    [Theory]
    [InlineData("5", 5L)]
    [InlineData("-0", 0L)]
    [InlineData("+1", 1L)]
    [InlineData("1_000", 1000L)]
    [InlineData("010", 8L)]
    [InlineData("08", "08")]
    [InlineData("0o17", 15L)]
    [InlineData("0x1F", 31L)]
    [InlineData("-0b11", -3L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("1.5", 1.5)]
    [InlineData("1.", 1.0)]
    [InlineData(".5", 0.5)]
    [InlineData("1e3", 1000.0)]
    [InlineData("-1.5e-3", -0.0015)]
    [InlineData(".inf", double.PositiveInfinity)]
    [InlineData("-.INF", double.NegativeInfinity)]
    [InlineData(".nan", double.NaN)]
    [InlineData("yes", true)]
    [InlineData("Off", false)]
    [InlineData("TRUE", true)]
    [InlineData("y", "y")]
    [InlineData("~", null)]
    [InlineData("", null)]
    [InlineData("Null", null)]
    [InlineData("12:30", "12:30")]
    [InlineData("2024-01-31", "2024-01-31")]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData(".", ".")]
    [InlineData("+", "+")]
    [InlineData("_1", "_1")]
    [InlineData("'5'", "5")]
    [InlineData("\"yes\"", "yes")]
    [InlineData("!!str 5", "5")]
    [InlineData("! 5", "5")]
    [InlineData("!!float 5", 5.0)]
    [InlineData("!!int '5'", 5L)]
    [InlineData("!!null x", null)]
    public void A_text_has_the_type_that_the_guide_says(string yaml, object? expected)
    {
        Assert.Equal(expected, Value(yaml));
    }

    [Fact]
    public void Blocks_and_lists_become_dictionaries_and_lists()
    {
        var plain = Value("{a: [1, {b: two}], 'on': x, yes: y, 3: z}");

        var map = Assert.IsType<Dictionary<string, object?>>(plain);
        Assert.Equal(["a", "on", "yes", "3"], map.Keys);
        var list = Assert.IsType<List<object?>>(map["a"]);
        Assert.Equal(1L, list[0]);
        Assert.Equal("two", Assert.IsType<Dictionary<string, object?>>(list[1])["b"]);
    }

    [Fact]
    public void An_empty_file_and_one_of_comments_are_an_empty_block()
    {
        Assert.Empty(Read("").Entries);
        Assert.Empty(Read("# nothing yet\n").Entries);
        Assert.Empty(Read("---\n...\n").Entries);
    }

    [Fact]
    public void Aliases_repeat_a_value_and_merge_keys_fill_in_what_is_missing()
    {
        var plain = (Dictionary<string, object?>)Read("""
            base: &base {retries: 3, delay: 1}
            more: &more {delay: 9, jitter: 2}
            one: {<<: *base, delay: 5}
            two: {<<: [*base, *more]}
            same: *base
            """).ToPlain()!;

        Assert.Equal("[delay, 5], [retries, 3]", Words("one"));
        Assert.Equal("[delay, 1], [jitter, 2], [retries, 3]", Words("two"));
        Assert.Equal("[delay, 1], [retries, 3]", Words("same"));

        string Words(string key) => string.Join(", ", ((Dictionary<string, object?>)plain[key]!).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void A_key_written_twice_counts_the_second_time_and_is_reported()
    {
        var plain = (Dictionary<string, object?>)Read("run:\n  a: 1\n  a: 2\n").ToPlain()!;

        Assert.Equal(2L, ((Dictionary<string, object?>)plain["run"]!)["a"]);
        var warning = Assert.Single(warnings);
        Assert.Equal("a.yml:3: run.a is written twice (first in line 2); the last one counts.", warning.ToString());
    }

    [Theory]
    [InlineData("a: 1\n b: 2\n", 2, 3, "a second 'key:' where a value was expected")]
    [InlineData("run:\n  x: 1\n y: 2\n", 3, 2, "expected 'key: value' here")]
    [InlineData("a: 1\nb\nc: 2\n", 2, 1, "expected 'key: value' here")]
    [InlineData("a:\n\t- x\n", 2, 1, "indented with a tab")]
    [InlineData("a: 'open\n", 1, 4, "never closed")]
    [InlineData("a: {x: 1\n", 2, 1, "not closed")]
    [InlineData("a: [1, 2\nb: 3\n", 1, 6, "not closed")]
    [InlineData("a: @x\n", 1, 4, "put the value in quotes")]
    [InlineData("- a\nb: 1\n", 2, 1, "another '- item'")]
    [InlineData("k: \"\\q\"\n", 1, 4, "write \\\\ for a backslash")]
    public void Broken_yaml_is_explained_with_its_place(string yaml, int line, int column, string reason)
    {
        var error = Broken(yaml);

        Assert.StartsWith($"a.yml:{line}:{column}: broken YAML: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(("a.yml", line, column), (error.Source, error.Line, error.Column));
    }

    [Theory]
    [InlineData("- a\n- b\n", "a.yml:1:1: the file is a list; expected keys, such as 'name: value'.")]
    [InlineData("just words", "a.yml:1:1: the file is the text \"just words\"; expected keys, such as 'name: value'.")]
    [InlineData("a: 1\n---\nb: 2\n", "a.yml:2:1: a second document starts here; keep one, without '---' between keys.")]
    [InlineData("a: *b\n", "a.yml:1:4: *b refers to nothing; write &b at the value that it repeats.")]
    [InlineData("a: &x [*x]\n", "a.yml:1:8: *x contains itself.")]
    [InlineData("a:\n  <<: 3\n", "a.yml:2:7: << is the number 3; expected *name of a block, or a list of them.")]
    [InlineData("? {a: 1}\n: 2\n", "a.yml:1:3: a key must be a plain word or text.")]
    [InlineData("a: !!python/tuple [1]\n", "a.yml:1:4: the tag !!python/tuple is not supported; remove it.")]
    [InlineData("a: !secret x\n", "a.yml:1:4: the tag !secret is not supported; remove it.")]
    [InlineData("a: !!int x\n", "a.yml:1:4: \"x\" does not fit its tag !!int.")]
    [InlineData("a: 9223372036854775808\n", "a.yml:1:4: a is more than 64 bits can hold; quote it to keep it as text.")]
    [InlineData("a: 0xFFFFFFFFFFFFFFFFFFFF\n", "a.yml:1:4: a is more than 64 bits can hold; quote it to keep it as text.")]
    public void What_yaml_allows_but_a_configuration_cannot_be_is_refused_with_its_place(string yaml, string message)
    {
        Assert.Equal(message, Broken(yaml).Message);
    }

    [Fact]
    public void A_few_lines_cannot_unfold_into_gigabytes()
    {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 12).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Contains("more than 100,000 values", Broken(yaml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        Assert.Contains("more than 64 deep", Broken("a: " + new string('[', 5000) + new string(']', 5000)).Message, StringComparison.Ordinal);
    }
}
