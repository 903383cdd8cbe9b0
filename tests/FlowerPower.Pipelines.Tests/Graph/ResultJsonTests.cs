using System.Text;

namespace FlowerPower.Pipelines.Tests;

public sealed class ResultJsonTests
{
    public sealed record Row(string City, double? Mean, DateOnly Day, DayOfWeek Weekday);

    [Fact]
    public void Results_are_one_object_by_node_name()
    {
        var json = Text(
            ("text", "zürich \"x\""), ("none", null), ("number", 2.5), ("nan", double.NaN), ("infinite", new[] { double.NegativeInfinity }),
            ("row", new Row("Bern", null, new DateOnly(2026, 3, 31), DayOfWeek.Tuesday)), ("pair", (1, "b", (2, 3))), ("span", TimeSpan.FromMinutes(5)),
            ("map", new Dictionary<string, object?> { ["k"] = new List<object?> { 1L, new Row("A", 1, default, default) } }));

        Assert.Equal(
            """{"text":"zürich \"x\"","none":null,"number":2.5,"nan":"NaN","infinite":["-Infinity"],"row":{"City":"Bern","Mean":null,"Day":"2026-03-31","Weekday":"Tuesday"},"pair":[1,"b",[2,3]],"span":"00:05:00","map":{"k":[1,{"City":"A","Mean":1,"Day":"0001-01-01","Weekday":"Sunday"}]}}""",
            json);
    }

    [Fact]
    public void No_results_are_an_empty_object() => Assert.Equal("{}", Text());

    public sealed class Loop
    {
        public Loop Self => this;
    }

    public sealed class Throwing
    {
        public int Value => throw new InvalidOperationException("no value yet");
    }

    [Fact]
    public void A_value_without_a_json_form_is_told_by_its_node()
    {
        var error = Assert.Throws<ResultException>(() => Text(("fine", 1), ("callback", (Action)Text2)));

        Assert.Equal("callback", error.Node);
        Assert.Equal(
            "The value of 'callback' (Action) has no JSON form: a function is no data. "
            + "Return numbers, texts, lists, dictionaries or records, or leave 'callback' out of final_vars.",
            error.Message);
    }

    public sealed record Holder(string Name, Func<int> Compute);

    public static TheoryData<object, string> WithoutForm() => new()
    {
        { new Loop(), "(Loop) has no JSON form: it contains itself, or is nested more than 64 deep. Return" },
        { new MemoryStream(), "(MemoryStream) has no JSON form: a stream is no data. Return" },
        { typeof(int), "has no JSON form: it is no data, but a function, a type or a handle, for example. Return" },
        { new Holder("a", () => 1), "has no JSON form: its part Compute is no data, but a function, a type or a handle, for example. Return" },
        { new Dictionary<(int, int), int> { [(1, 2)] = 3 }, "has no JSON form: a dictionary's keys must be texts, numbers, dates or enums. Return" },
        { new Throwing(), "has no JSON form: InvalidOperationException: no value yet. Return" },
    };

    [Theory]
    [MemberData(nameof(WithoutForm))]
    public void Why_a_value_has_no_json_form_is_told_in_words_about_the_value(object value, string expected)
    {
        var error = Assert.Throws<ResultException>(() => Text(("it", value)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Serializ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_that_are_too_long_together_name_the_longest()
    {
        var error = Assert.Throws<ResultException>(() => Text(("a", Megabytes(7)), ("b", Megabytes(8)), ("c", Megabytes(2))));

        Assert.Equal("b", error.Node);
        Assert.Equal(
            "The results are longer than the 16 MiB that a job may return; the largest is 'b' with 8.0 MiB. Write it to a file or a table in a node, and return where it is.",
            error.Message);
    }

    [Fact]
    public void One_value_that_is_too_long_is_named()
    {
        var error = Assert.Throws<ResultException>(() => Text(("table", Megabytes(40))));

        Assert.Contains("it is 'table' with more than 16 MiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_of_exactly_the_greatest_length_pass()
    {
        var overhead = Encoding.UTF8.GetByteCount("{\"t\":\"\"}");

        Assert.Equal(ResultJson.MaxBytes, ResultJson.Serialize(Given.Values(("t", new string('x', ResultJson.MaxBytes - overhead)))).Length);
        Assert.Throws<ResultException>(() => ResultJson.Serialize(Given.Values(("t", new string('x', ResultJson.MaxBytes - overhead + 1)))));
    }

    private static void Text2() => Assert.Fail("never called");

    private static string Megabytes(int count) => new('x', count * 1024 * 1024);

    private static string Text(params (string, object?)[] results) => Encoding.UTF8.GetString(ResultJson.Serialize(Given.Values(results)));
}
