namespace FlowerPower.Pipelines.Tests;

public sealed class ExtractFieldsTests
{
    public sealed record Fit(double Slope, double Intercept, int SampleCount);

    public static class Sources
    {
        [ExtractFields("slope", "sample_count")]
        public static Fit Regression() => new(0.5, 2, 100);

        [ExtractFields("low", "high")]
        public static Task<(int Low, int High)> Range() => Task.FromResult((1, 9));

        [ExtractFields("left", "right")]
        public static (string, int) Pair() => ("l", 7);

        [ExtractFields("red", "green")]
        public static Dictionary<string, double> Colours() => new() { ["red"] = 0.1, ["Green"] = 0.2 };

        public static double Everything(double slope, int sampleCount, int low, int high, string left, int right, double red, double green) =>
            slope + sampleCount + low + high + left.Length + right + red + green;
    }

    [Fact]
    public async Task Fields_of_records_tuples_and_dictionaries_become_nodes()
    {
        var graph = Given.Graph(typeof(Sources));

        Assert.Equal(0.5 + 100 + 1 + 9 + 1 + 7 + 0.1 + 0.2, (double)(await Given.Run(graph, "everything"))!, 9);
        Assert.Equal(typeof(int), graph.Find("sample_count")!.Type);
        Assert.Equal(["regression"], graph.Find("slope")!.Dependencies);
        Assert.Equal("slope of regression", graph.Find("slope")!.Description);
        Assert.Equal(new Fit(0.5, 2, 100), await Given.Run(graph, "regression"));
    }

    public static class Wrong
    {
        [ExtractFields("slop")]
        public static Fit Regression() => new(0.5, 2, 100);

        [ExtractFields("mid")]
        public static (int Low, int High) Range() => (1, 9);

        [ExtractFields("bad name")]
        public static Dictionary<string, int> Map() => [];
    }

    [Fact]
    public void A_field_that_cannot_exist_is_told_when_the_graph_is_built() =>
        Assert.Equal(
            [
                "Wrong.Regression: Fit has no property for the field 'slop'. Did you mean 'slope'?",
                "Wrong.Range: the tuple (int, int) has no element named 'mid'; name its elements, or give as many fields as it has elements.",
                "Wrong.Map: 'bad name' is no name for a node; use letters, digits and underscores.",
            ],
            Given.BuildProblems(typeof(Wrong)));

    public static class Short
    {
        [ExtractFields("red")]
        public static Dictionary<string, double> Colours() => new() { ["blue"] = 1 };

        [ExtractFields("slope")]
        public static Fit? Regression() => null;
    }

    [Theory]
    [InlineData("red", "Node 'red' failed: The dictionary has no entry 'red'; it has blue.")]
    [InlineData("slope", "Node 'slope' failed: The value is null, so it has no field 'slope'.")]
    public async Task A_field_that_is_missing_when_it_runs_fails_its_node(string field, string message)
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Given.Graph(typeof(Short)), field));

        Assert.Equal(message, error.Message);
    }

    public static class Dynamic
    {
        [ExtractFields("slope", "intercept")]
        public static object Regression(bool asDictionary) =>
            asDictionary ? new Dictionary<string, object?> { ["slope"] = 1L, ["intercept"] = "x" } : new Fit(2, 3, 4);

        public static double Doubled(double slope) => slope * 2;
    }

    [Theory]
    [InlineData(true, 2.0)]
    [InlineData(false, 4.0)]
    public async Task Fields_of_an_object_are_looked_up_when_it_comes(bool asDictionary, double expected) =>
        Assert.Equal(expected, await Given.Run(Given.Graph(typeof(Dynamic)), "doubled", ("as_dictionary", asDictionary)));
}
