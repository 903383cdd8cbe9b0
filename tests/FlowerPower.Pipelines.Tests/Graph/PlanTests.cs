namespace FlowerPower.Pipelines.Tests;

public sealed class PlanTests
{
    public static class Sales
    {
        public static List<double> Orders(string csvPath, int minimum = 0) => [csvPath.Length, minimum];

        public static double Total(List<double> orders) => orders.Sum();

        public static double Mean(List<double> orders) => orders.Average();

        public static string Report(double total, double mean, string title) => $"{title}: {total} {mean}";

        public static string Greeting(string? name) => $"hello {name ?? "nobody"}";
    }

    private static readonly FunctionGraph Graph = Given.Graph(typeof(Sales));

    [Fact]
    public void Only_what_the_final_variables_need_is_planned() =>
        Assert.Equal(["orders", "total"], Graph.Plan(["total"], Given.Values(("csv_path", "x"))).Nodes);

    [Fact]
    public async Task No_final_variables_mean_no_work_and_no_results()
    {
        var plan = Graph.Plan([], Given.Values());

        Assert.Empty(plan.Nodes);
        Assert.Empty(await Given.Run(plan));
    }

    [Fact]
    public async Task A_final_variable_asked_for_twice_is_returned_once() =>
        Assert.Equal(["total"], (await Given.Run(Graph.Plan(["total", "total"], Given.Values(("csv_path", "x"))))).Keys);

    [Fact]
    public void Every_problem_of_a_run_is_told_before_anything_runs()
    {
        var problems = Given.PlanProblems(Graph, ["report", "totl"], ("csvPath", "x"), ("minimum", "few"), ("mean", 3));

        Assert.Equal(
            [
                "There is no node 'totl', which is asked for in final_vars. Did you mean 'total'?",
                "'mean' is given as an input but is a node, which computes its value; give it in overrides, or rename one of them.",
                "Input 'minimum' does not suit node 'orders': \"few\" (string) came, int is expected.",
                "Input 'csv_path' is missing: node 'orders' takes it as string. Give it in the run's inputs (csv_path: …), or write a function of that name. 'csvPath' is given and not used: should it be 'csv_path'?",
                "Input 'title' is missing: node 'report' takes it as string. Give it in the run's inputs (title: …), or write a function of that name.",
            ],
            problems);
    }

    public static class Typo
    {
        public static int Readings() => 1;

        public static int Sum(int reading) => reading;
    }

    [Fact]
    public void A_mistyped_parameter_is_told_with_the_node_it_may_mean() =>
        Assert.EndsWith("Did you mean 'readings'?", Given.PlanProblems(Given.Graph(typeof(Typo)), ["sum"]).Single(), StringComparison.Ordinal);

    [Fact]
    public void An_input_that_no_node_takes_is_a_warning() =>
        Assert.Equal(
            ["Input 'minimun' is not used: no node takes it. Did you mean 'minimum'?"],
            Graph.Plan(["total"], Given.Values(("csv_path", "x"), ("minimun", 3), ("title", "needed by others"))).Warnings);

    [Fact]
    public void Null_is_refused_where_the_code_says_so_and_taken_where_it_may()
    {
        Assert.Equal(
            ["Input 'csv_path' does not suit node 'orders': null came, string is expected (write string? to take null)."],
            Given.PlanProblems(Graph, ["orders"], ("csv_path", null)));
        Assert.Equal(["greeting"], Graph.Plan(["greeting"], Given.Values(("name", null))).Nodes);
    }

    [Fact]
    public async Task An_override_replaces_a_node_and_what_only_it_needed_does_not_run()
    {
        var plan = Graph.Plan(["total", "orders"], Given.Values(), Given.Values(("orders", new List<object?> { 1L, 2L })));

        Assert.Equal(["total"], plan.Nodes);
        var results = await Given.Run(plan);
        Assert.Equal(3.0, results["total"]);
        Assert.Equal([1L, 2L], (List<object?>)results["orders"]!);
    }

    [Fact]
    public void Overrides_are_checked_like_inputs()
    {
        var error = Assert.Throws<GraphException>(() =>
            Graph.Plan(["total"], Given.Values(("csv_path", "x")), Given.Values(("orders", 3), ("ordrs", 1), ("title", "t"))));

        Assert.Equal(
            [
                "There is no node 'ordrs' to override. Did you mean 'orders'?",
                "'title' is an input, not a node; give it in inputs instead of overrides.",
                "The override of 'orders' does not suit node 'total': 3 (int) came, List<double> is expected.",
            ],
            error.Problems);
    }

    [Fact]
    public async Task An_input_may_be_a_final_variable()
    {
        Assert.Equal("t", await Given.Run(Graph, "title", ("title", "t")));
        Assert.Equal(0, await Given.Run(Graph, "minimum"));
        Assert.Equal(
            ["Input 'title' is missing: final_vars asks for it. Give it in the run's inputs (title: …), or write a function of that name."],
            Given.PlanProblems(Graph, ["title"]));
    }

    public static class Defaults
    {
        public static string Show(DateOnly day = default, DayOfWeek? weekday = DayOfWeek.Friday, decimal rate = 1.5m, string? note = null) =>
            FormattableString.Invariant($"{day.Year} {weekday} {rate} {note ?? "-"}");
    }

    [Fact]
    public async Task Defaults_of_every_kind_arrive() => Assert.Equal("1 Friday 1.5 -", await Given.Run(Given.Graph(typeof(Defaults)), "show"));
}
