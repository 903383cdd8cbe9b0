using System.ComponentModel;

namespace FlowerPower.Pipelines.Tests;

public sealed class GraphBuildTests
{
    public static class Weather
    {
        /// <summary>All   readings of <paramref name="csvPath"/>, as <see cref="double"/>s.</summary>
        public static List<double> Readings(string csvPath, int limit = 10) => [csvPath.Length, limit];

        [Description("The mean.")]
        [Tag("owner", "climate")]
        public static double MeanReading(List<double> readings) => readings.Average();

        [Node("spread")]
        public static async Task<double> ComputeSpread(List<double> readings, double mean_reading, CancellationToken token)
        {
            await Task.Yield();
            token.ThrowIfCancellationRequested();
            return readings.Max() - mean_reading;
        }

        public static int _Hidden() => 0;

        [Exclude]
        public static int AlsoHidden() => 0;

        internal static int Helper() => 0;
    }

    [Fact]
    public void Public_methods_are_nodes_under_their_names_in_snake_case()
    {
        var graph = Given.Graph(typeof(Weather));

        Assert.Equal(["readings", "mean_reading", "spread"], graph.Nodes.Select(node => node.Name));
        Assert.Equal(["readings", "mean_reading"], graph.Find("spread")!.Dependencies);
        Assert.Null(graph.Find("helper"));
    }

    [Fact]
    public void A_task_node_has_the_type_of_its_result() => Assert.Equal(typeof(double), Given.Graph(typeof(Weather)).Find("spread")!.Type);

    [Fact]
    public void Descriptions_come_from_the_summary_or_the_attribute()
    {
        var graph = Given.Graph(typeof(Weather));

        Assert.Equal("All readings of csvPath, as Doubles.", graph.Find("readings")!.Description);
        Assert.Equal("The mean.", graph.Find("mean_reading")!.Description);
        Assert.Null(graph.Find("spread")!.Description);
    }

    [Fact]
    public void A_node_knows_its_tags_module_and_source()
    {
        var node = Given.Graph(typeof(Weather)).Find("mean_reading")!;

        Assert.Equal("climate", node.Tags["owner"]);
        Assert.Equal("sample", node.Module);
        Assert.EndsWith("GraphBuildTests.cs", node.Source!.File, StringComparison.Ordinal);
        Assert.True(node.Source.Line > 10);
    }

    [Fact]
    public void An_async_node_knows_its_source_too() =>
        Assert.EndsWith("GraphBuildTests.cs", Given.Graph(typeof(Weather)).Find("spread")!.Source!.File, StringComparison.Ordinal);

    [Fact]
    public void Parameters_without_a_node_are_inputs_and_a_default_makes_them_optional()
    {
        var inputs = Given.Graph(typeof(Weather)).Inputs;

        Assert.Equal(["csv_path", "limit"], inputs.Select(input => input.Name));
        Assert.Equal((typeof(string), false), (inputs[0].Type, inputs[0].IsOptional));
        Assert.Equal((typeof(int), true, (object)10), (inputs[1].Type, inputs[1].IsOptional, inputs[1].Default));
        Assert.Equal(["readings"], inputs[0].NeededBy);
    }

    public static class Ring
    {
        public static int A(int c) => c;

        public static int B(int a) => a;

        public static int C(int b) => b;

        public static int Selfish(int selfish) => selfish;

        public static int Outside(int a) => a;
    }

    [Fact]
    public void A_cycle_is_told_as_a_path()
    {
        var problems = Given.BuildProblems(typeof(Ring));

        Assert.Equal(
            [
                "The nodes take each other in a circle: b → c → a → b; break it at one of them.",
                "Node 'selfish' takes itself; rename the parameter or bind it to another node.",
            ],
            problems);
    }

    public static class Mismatched
    {
        public static string Text() => "";

        public static int? Maybe() => null;

        public static double Fraction() => 0.5;

        public static int FromText(int text) => text;

        public static int FromMaybe(int maybe) => maybe;

        public static int FromFraction(int fraction) => fraction;
    }

    [Fact]
    public void All_type_mismatches_are_told_at_once()
    {
        var error = Assert.Throws<GraphException>(() => Given.Graph(typeof(Mismatched)));

        Assert.Equal(
            [
                "Node 'from_text' takes 'text' as int, but node 'text' gives string; make the two types agree.",
                "Node 'from_maybe' takes 'maybe' as int, but node 'maybe' gives int?; make the two types agree.",
                "Node 'from_fraction' takes 'fraction' as int, but node 'fraction' gives double; make the two types agree.",
            ],
            error.Problems);
        Assert.StartsWith("The graph of 'sample' cannot be built: 3 problems.", error.Message, StringComparison.Ordinal);
    }

    public static class Fitting
    {
        public static int Small() => 3;

        public static object Anything() => 4L;

        public static IEnumerable<int> Lazy() => Enumerable.Range(1, 3);

        public static string Sum(long small, double? anything, IReadOnlyList<int> lazy) => $"{small} {anything} {lazy.Count}";
    }

    [Fact]
    public async Task Numbers_widen_and_objects_are_looked_at_when_they_come() =>
        Assert.Equal("3 4 3", await Given.Run(Given.Graph(typeof(Fitting)), "sum"));

    public static class Flawed
    {
        public static void Nothing()
        {
        }

        public static Task NothingLater() => Task.CompletedTask;

        public static T Generic<T>(T value) => value;

        public static int ByReference(ref int value) => value;

        public static Span<int> Fleeting() => default;

        [Node("not a name")]
        public static int Misnamed() => 0;

        public static int Twice([Each] int left, [Each] int right) => left + right;
    }

    [Fact]
    public void Methods_that_cannot_be_nodes_are_told_with_the_remedy()
    {
        const string remedy = "; change it, or make the method private or [Exclude] it.";

        Assert.Equal(
            [
                "Flawed.Nothing returns nothing, but a node is its value" + remedy,
                "Flawed.NothingLater returns nothing, but a node is its value" + remedy,
                "Flawed.Generic is generic, which a node cannot be" + remedy,
                "Parameter 'value' of Flawed.ByReference is passed by reference, which a node's parameter cannot be" + remedy,
                "Flawed.Fleeting returns Span<int>, which cannot be kept as a value" + remedy,
                "'not a name' (Flawed.Misnamed) is no name for a node; use letters, digits and underscores.",
                "Flawed.Twice has more than one [Each] parameter; keep one, and combine the sequences in a node before it.",
            ],
            Given.BuildProblems(typeof(Flawed)));
    }

    public static class First
    {
        public static int Shared() => 1;

        public static int FromShared(int shared) => shared * 10;
    }

    public static class Second
    {
        public static int Shared() => 2;
    }

    [Fact]
    public void The_same_name_twice_in_one_module_is_an_error() =>
        Assert.Equal(
            ["Node 'shared' is defined 2 times in 'sample': First.Shared and Second.Shared; rename one, or give them conditions that exclude each other."],
            Given.BuildProblems(typeof(First), typeof(Second)));

    [Fact]
    public async Task A_later_module_replaces_a_node_of_an_earlier_one()
    {
        var graph = FunctionGraph.Build(
            [PipelineModule.FromTypes("base", typeof(First)), PipelineModule.FromTypes("changes", typeof(Second))], Given.Values());

        Assert.Equal(20, await Given.Run(graph, "from_shared"));
        Assert.Equal("changes", graph.Find("shared")!.Module);
    }

    [Fact]
    public void A_module_needs_types_that_are_not_generic()
    {
        Assert.StartsWith("Module 'm' needs at least one type", Assert.Throws<ArgumentException>(() => PipelineModule.FromTypes("m")).Message, StringComparison.Ordinal);
        Assert.StartsWith("List<T> is generic", Assert.Throws<ArgumentException>(() => PipelineModule.FromTypes("m", typeof(List<>))).Message, StringComparison.Ordinal);
    }
}
