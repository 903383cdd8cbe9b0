using System.Text.Json;

namespace FlowerPower.Pipelines.Tests;

public sealed class ParameterizationTests
{
    public static class Windows
    {
        public static int[] Spend() => [1, 2, 3, 4];

        public static int[] Signups() => [10, 20];

        [Parameterize("last_two", "window=2", "series=source:spend")]
        [Parameterize("last_signup", "window = 1", "series=source:signups", "label=value:source:x")]
        public static string Last(int[] series, int window, string label = "-") => $"{label}{series.TakeLast(window).Sum()}";
    }

    [Fact]
    public async Task Each_attribute_makes_a_node_and_the_method_itself_is_none()
    {
        var graph = Given.Graph(typeof(Windows));

        Assert.Equal(["spend", "signups", "last_two", "last_signup"], graph.Nodes.Select(node => node.Name));
        Assert.Equal("-7", await Given.Run(graph, "last_two"));
        Assert.Equal("source:x20", await Given.Run(graph, "last_signup"));
    }

    public static class Literals
    {
        [Parameterize("typed", "on=true", "day=2026-03-31", "rates=[0.5,2]", "kind=daily", "text=12", "any={\"a\":1}")]
        public static string Show(bool on, DateOnly day, IReadOnlyList<double> rates, Kind kind, string text, object any) =>
            FormattableString.Invariant($"{on} {day:yyyy-MM-dd} {rates[0] + rates[1]} {kind} {text} {((Dictionary<string, object?>)any)["a"]}");
    }

    public enum Kind
    {
        Daily = 1,
    }

    [Fact]
    public async Task Literals_are_read_as_the_type_of_the_parameter() =>
        Assert.Equal("True 2026-03-31 2.5 Daily 12 1", await Given.Run(Given.Graph(typeof(Literals)), "typed"));

    public static class BadBindings
    {
        [Parameterize("a", "window")]
        [Parameterize("b", "windw=1")]
        [Parameterize("c", "window=wide")]
        [Parameterize("d e", "window=1")]
        public static int F(int window) => window;
    }

    [Fact]
    public void Bad_bindings_are_told() =>
        Assert.Equal(
            [
                "Node 'a' of BadBindings.F: 'window' is no binding; write \"parameter=value\" or \"parameter=source:node\".",
                "Node 'b' binds 'windw', which BadBindings.F does not have as a parameter. Did you mean 'window'?",
                "'d e' (from BadBindings.F) is no name for a node; use letters, digits and underscores.",
                "Node 'c' binds 'window' of BadBindings.F wrongly: \"wide\" (string) came, int is expected.",
            ],
            Given.BuildProblems(typeof(BadBindings)));

    public static class FromParams
    {
        public static double Spend() => 100;

        [ParameterizeFrom("scaled")]
        public static double Scale(double spend, double factor, string note = "") => (spend * factor) + note.Length;
    }

    [Fact]
    public async Task The_params_block_makes_nodes_whose_texts_may_be_sources()
    {
        var scaled = JsonSerializer.Deserialize<JsonElement>("""
            { "halved": { "factor": 0.5 }, "again": { "factor": 2, "spend": "halved" }, "noted": { "factor": 0, "note": "value:spend" } }
            """);
        var graph = Given.GraphWith(Given.Values(("scaled", scaled)), typeof(FromParams));

        Assert.Equal(["spend", "halved", "again", "noted"], graph.Nodes.Select(node => node.Name));
        Assert.Equal(50.0, await Given.Run(graph, "halved"));
        Assert.Equal(100.0, await Given.Run(graph, "again"));
        Assert.Equal(5.0, await Given.Run(graph, "noted"));
    }

    [Fact]
    public async Task An_entry_of_parameters_is_one_node_of_its_name_as_in_FlowerPower()
    {
        var graph = Given.GraphWith(Given.Values(("scaled", Given.Values(("factor", 3)))), typeof(FromParams));

        Assert.Equal(300.0, await Given.Run(graph, "scaled"));
    }

    [Fact]
    public async Task A_text_that_names_another_params_entry_is_a_source_with_its_value_as_default()
    {
        var parameters = Given.Values(("scaled", Given.Values(("tripled", Given.Values(("factor", "usual"))))), ("usual", 3));
        var graph = Given.GraphWith(parameters, typeof(FromParams));

        Assert.Equal(["spend", "usual"], graph.Find("tripled")!.Dependencies.Take(2));
        Assert.Equal(300.0, await Given.Run(graph, "tripled"));
        Assert.Equal(400.0, await Given.Run(graph, "tripled", ("usual", 4)));
    }

    [Fact]
    public void A_params_entry_that_is_missing_or_malformed_is_told()
    {
        Assert.Equal(
            ["FromParams.Scale takes its nodes from the params entry 'scaled', which is not there; add it to the pipeline's params block. Did you mean 'scale'?"],
            Given.BuildProblems(Given.Values(("scale", 1)), typeof(FromParams)));
        Assert.Equal(
            ["The params entry 'scaled', from which FromParams.Scale takes its nodes, is 3; write {node: {parameter: value}}."],
            Given.BuildProblems(Given.Values(("scaled", 3)), typeof(FromParams)));
        Assert.Equal(
            ["Node 'x' of the params entry 'scaled' is 3; write {parameter: value}."],
            Given.BuildProblems(Given.Values(("scaled", Given.Values(("x", 3)))), typeof(FromParams)));
        Assert.Equal(
            ["Node 'x' binds 'factr', which FromParams.Scale does not have as a parameter. Did you mean 'factor'?"],
            Given.BuildProblems(Given.Values(("scaled", Given.Values(("x", Given.Values(("factr", 3)))))), typeof(FromParams)));
        Assert.Equal(
            ["Node 'x' binds 'factor' of FromParams.Scale wrongly: true (bool) came, double is expected."],
            Given.BuildProblems(Given.Values(("scaled", Given.Values(("x", Given.Values(("factor", true)))))), typeof(FromParams)));
    }

    public static class PlainParams
    {
        public static int Doubled(int window) => window * 2;
    }

    [Fact]
    public async Task Params_and_config_feed_inputs_that_are_not_given()
    {
        var module = PipelineModule.FromTypes("sample", typeof(PlainParams));
        var parameters = Given.Values(("window", 7));

        Assert.Equal(14, await Given.Run(FunctionGraph.Build([module], Given.Values(), parameters), "doubled"));
        Assert.Equal(10, await Given.Run(FunctionGraph.Build([module], Given.Values(("window", 5)), parameters), "doubled"));
        Assert.Equal(2, await Given.Run(FunctionGraph.Build([module], Given.Values(("window", 5)), parameters), "doubled", ("window", 1)));
    }

    [Fact]
    public void A_config_value_of_the_wrong_type_is_told_with_its_origin() =>
        Assert.Equal(
            ["Input 'window' (from the config or the params block) does not suit node 'doubled': \"x\" (string) came, int is expected."],
            Given.PlanProblems(Given.Graph(Given.Values(("window", "x")), typeof(PlainParams)), ["doubled"]));
}
