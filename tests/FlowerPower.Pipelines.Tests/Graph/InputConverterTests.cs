using System.Text.Json;

namespace FlowerPower.Pipelines.Tests;

public sealed class InputConverterTests
{
    public enum Colour
    {
        DarkRed = 1,
        Green,
    }

    public sealed record Point(double X, double Y);

    public sealed record Shape(string ShapeName, Point Centre, IReadOnlyList<Point> CornerPoints, Dictionary<string, Point>? Extra = null);

    [Theory]
    [InlineData(5L, typeof(int), 5)]
    [InlineData(5L, typeof(double), 5.0)]
    [InlineData(5L, typeof(float), 5f)]
    [InlineData(5L, typeof(byte), (byte)5)]
    [InlineData(2.5, typeof(float), 2.5f)]
    [InlineData(3.0, typeof(int), 3)]
    [InlineData(5L, typeof(int?), 5)]
    [InlineData("x", typeof(char), 'x')]
    [InlineData("dark_red", typeof(Colour), Colour.DarkRed)]
    [InlineData("GREEN", typeof(Colour?), Colour.Green)]
    [InlineData(true, typeof(bool), true)]
    [InlineData(null, typeof(int?), null)]
    public void A_plain_value_becomes_what_the_parameter_takes(object? value, Type target, object? expected) =>
        Assert.Equal(expected, Convert(value, target));

    [Fact]
    public void Dates_times_and_ids_are_read_from_text()
    {
        Assert.Equal(new DateOnly(2026, 3, 31), Convert("2026-03-31", typeof(DateOnly)));
        Assert.Equal(new TimeOnly(6, 30), Convert("06:30", typeof(TimeOnly)));
        Assert.Equal(TimeSpan.FromMinutes(5), Convert("00:05:00", typeof(TimeSpan)));
        Assert.Equal(new DateTimeOffset(2026, 3, 31, 6, 30, 0, TimeSpan.FromHours(2)), Convert("2026-03-31T06:30:00+02:00", typeof(DateTimeOffset)));
        Assert.Equal(new DateTimeOffset(2026, 3, 31, 6, 30, 0, TimeSpan.Zero), Convert("2026-03-31T06:30:00", typeof(DateTimeOffset)));
        Assert.Equal(Guid.Parse("6f9619ff-8b86-d011-b42d-00cf4fc964ff"), Convert("6f9619ff-8b86-d011-b42d-00cf4fc964ff", typeof(Guid)));
        Assert.Equal(new Uri("s3://bucket/key"), Convert("s3://bucket/key", typeof(Uri)));
        Assert.Equal(5.25m, Convert(5.25, typeof(decimal)));
    }

    [Fact]
    public void Lists_become_the_collection_that_the_parameter_takes()
    {
        var list = new List<object?> { 1L, 2L };

        Assert.Equal([1, 2], Assert.IsType<int[]>(Convert(list, typeof(int[]))));
        Assert.Equal([1, 2], Assert.IsType<List<int>>(Convert(list, typeof(List<int>))));
        Assert.Equal([1.0, 2.0], (IReadOnlyList<double>)Convert(list, typeof(IReadOnlyList<double>))!);
        Assert.Equal([1, 2], (IEnumerable<int>)Convert(list, typeof(IEnumerable<int>))!);
        Assert.Equal([1, 2], Assert.IsType<HashSet<int>>(Convert(list, typeof(ISet<int>))).Order());
        Assert.Equal([[1], [2, 3]], (int[][])Convert(JsonSerializer.Deserialize<JsonElement>("[[1],[2,3]]"), typeof(int[][]))!);
    }

    [Fact]
    public void Dictionaries_become_typed_dictionaries_and_records()
    {
        var json = JsonSerializer.Deserialize<JsonElement>("""
            { "shape_name": "kite", "Centre": { "x": 1, "y": 2 }, "corner_points": [{ "X": 0, "y": 0.5 }], "extra": { "Far_Key": { "x": 9, "y": 9 } } }
            """);

        var shape = Assert.IsType<Shape>(Convert(json, typeof(Shape)));

        Assert.Equal(("kite", new Point(1, 2)), (shape.ShapeName, shape.Centre));
        Assert.Equal([new Point(0, 0.5)], shape.CornerPoints);
        Assert.Equal(new Point(9, 9), shape.Extra!["Far_Key"]);
        Assert.Equal(new Dictionary<string, int> { ["a"] = 1 }, Convert(Given.Values(("a", 1L)), typeof(IReadOnlyDictionary<string, int>)));
        Assert.Equal([new Point(1, 2)], (List<Point>)Convert(new List<object?> { Given.Values(("x", 1), ("y", 2)) }, typeof(List<Point>))!);
    }

    public sealed record Event(Colour Colour, DateTimeOffset At, TimeSpan? Took);

    [Fact]
    public void Texts_inside_a_record_mean_what_they_mean_as_inputs() =>
        Assert.Equal(
            new Event(Colour.DarkRed, new DateTimeOffset(2026, 3, 31, 6, 30, 0, TimeSpan.Zero), TimeSpan.FromMinutes(5)),
            Convert(Given.Values(("colour", "dark_red"), ("at", "2026-03-31T06:30:00"), ("took", "00:05:00")), typeof(Event)));

    [Fact]
    public void Json_is_plain_for_an_object_and_stays_json_for_a_json_parameter()
    {
        var json = JsonSerializer.Deserialize<JsonElement>("""{ "a": [1, 2.5, "x", true, null] }""");

        var plain = Assert.IsType<Dictionary<string, object?>>(Convert(json, typeof(object)));
        Assert.Equal([1L, 2.5, "x", true, null], (List<object?>)plain["a"]!);
        Assert.Equal(5, ((JsonElement)Convert(json, typeof(JsonElement))!).GetProperty("a").GetArrayLength());
        Assert.Equal(1, ((JsonElement)Convert(Given.Values(("b", 1)), typeof(JsonElement))!).GetProperty("b").GetInt32());
    }

    [Theory]
    [InlineData("12", typeof(int), "\"12\" (string) came, int is expected")]
    [InlineData(2.5, typeof(int), "2.5 (double) came, which does not fit int")]
    [InlineData(300L, typeof(byte), "300 (long) came, which does not fit byte")]
    [InlineData(1L, typeof(bool), "1 (long) came, bool is expected")]
    [InlineData(1L, typeof(string), "1 (long) came, string is expected; as a text it is written \"1\", and for a shell '\"1\"'")]
    [InlineData(true, typeof(string), "true (bool) came, string is expected; as a text it is written \"true\", and for a shell '\"true\"'")]
    [InlineData(null, typeof(int), "null came, int is expected")]
    [InlineData("5", typeof(TimeSpan), "\"5\" (string) came, TimeSpan is expected (like 00:05:00 or 1.12:00:00)")]
    [InlineData("31.3.2026", typeof(DateOnly), "\"31.3.2026\" (string) came, DateOnly is expected (like 2026-03-31)")]
    [InlineData("7", typeof(Colour), "\"7\" (string) came, Colour is expected (one of dark_red, green)")]
    [InlineData("abc", typeof(int[]), "\"abc\" (string) came, int[] is expected")]
    [InlineData(new[] { "1" }, typeof(int[]), "element 1: \"1\" (string) came, int is expected")]
    public void A_value_of_the_wrong_kind_is_refused_with_what_came_and_what_is_expected(object? value, Type target, string problem) =>
        Assert.Equal(problem, InputConverter.TryConvert(value, target, out _));

    [Fact]
    public void A_dictionary_that_does_not_make_the_record_is_refused()
    {
        Assert.StartsWith(
            "a dictionary of 1 came, which does not make a Point: ", InputConverter.TryConvert(Given.Values(("x", 1)), typeof(Point), out _), StringComparison.Ordinal);
        Assert.Equal(
            "a dictionary of 2 came, which does not make a Point: 'Y' has a value of another type",
            InputConverter.TryConvert(Given.Values(("x", 1), ("y", "north")), typeof(Point), out _));
        Assert.Contains("'z'", InputConverter.TryConvert(Given.Values(("x", 1), ("y", 2), ("z", 3)), typeof(Point), out _), StringComparison.Ordinal);
        Assert.Equal("a dictionary of 1 came, int is expected", InputConverter.TryConvert(Given.Values(("x", 1)), typeof(int), out _));
        Assert.Equal(
            "entry 'x': \"1\" (string) came, int is expected", InputConverter.TryConvert(Given.Values(("x", "1")), typeof(Dictionary<string, int>), out _));
    }

    private static object? Convert(object? value, Type target)
    {
        Assert.Null(InputConverter.TryConvert(value, target, out var result));
        return result;
    }
}
