namespace FlowerPower.Pipelines.Tests;

public sealed class OutputCheckTests
{
    public static class Checked
    {
        [CheckOutput(Min = 0, Max = 1)]
        public static double Share(double value) => value;

        [CheckOutput(Min = 0, Importance = Importance.Fail)]
        public static double StrictShare(double value) => value;

        [CheckOutput(AllowNaN = false)]
        public static double[] NoNaN(double[] values) => values;

        [CheckOutput(MaxFractionNaN = 0.5)]
        public static List<double> FewNaN(double[] values) => [.. values];

        [CheckOutput(AllowNull = false)]
        public static int?[] NoNull(int?[] values) => values;

        [CheckOutput(ValuesIn = ["a", "b"])]
        public static string[] Letters(string[] values) => values;

        [CheckOutput(DataType = typeof(int))]
        public static object Typed(object value) => value;

        [CheckOutput(Min = 0)]
        public static string NotNumeric() => "x";

        [CheckOutputWith(typeof(IsEven), Importance = Importance.Fail)]
        public static int Even(int value) => value;
    }

    public sealed class IsEven : IOutputCheck
    {
        public string? FindProblem(object? value) => (int)value! % 2 == 0 ? null : $"{value} is odd.";
    }

    [Theory]
    [InlineData("share", 0.5, null)]
    [InlineData("share", 1.0, null)]
    [InlineData("share", 1.5, "the value is 1.5, more than 1.")]
    [InlineData("share", -1.0, "the value is -1, less than 0.")]
    [InlineData("share", double.NaN, null)]
    [InlineData("typed", 3, null)]
    [InlineData("typed", "3", "the value is \"3\" (string), not int.")]
    [InlineData("not_numeric", null, "the value is \"x\" (string), but Min and Max need numbers.")]
    public async Task A_scalar_is_checked_and_a_problem_only_warns(string node, object? value, string? problem) =>
        Assert.Equal(problem, await WarningOf(node, ("value", value)));

    [Theory]
    [InlineData("no_na_n", new[] { 1, double.NaN }, "element 2 is NaN.")]
    [InlineData("few_na_n", new[] { 1, double.NaN, 2 }, null)]
    [InlineData("few_na_n", new[] { 1, double.NaN, double.NaN }, "2 of 3 elements are NaN, which is more than 50 %.")]
    [InlineData("few_na_n", new double[0], null)]
    public async Task The_elements_of_a_sequence_are_checked(string node, double[] values, string? problem) =>
        Assert.Equal(problem, await WarningOf(node, ("values", values)));

    [Fact]
    public async Task Nulls_and_foreign_values_in_a_sequence_are_found()
    {
        Assert.Equal("element 2 is null.", await WarningOf("no_null", ("values", new int?[] { 1, null })));
        Assert.Equal("element 3 is \"c\", which is none of \"a\", \"b\".", await WarningOf("letters", ("values", new[] { "a", "b", "c" })));
    }

    [Fact]
    public async Task A_check_of_importance_Fail_fails_the_node()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Given.Graph(typeof(Checked)), "strict_share", ("value", -1)));

        Assert.Equal("Node 'strict_share' failed: Its output check failed: the value is -1, less than 0.", error.Message);
        Assert.IsType<OutputCheckException>(error.InnerException);
    }

    [Fact]
    public async Task A_check_of_your_own_decides()
    {
        Assert.Equal(4, await Given.Run(Given.Graph(typeof(Checked)), "even", ("value", 4)));
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Given.Graph(typeof(Checked)), "even", ("value", 3)));
        Assert.Equal("Its output check failed: 3 is odd.", error.InnerException!.Message);
    }

    public static class NoCheck
    {
        [CheckOutputWith(typeof(string))]
        public static int Number() => 1;
    }

    [Fact]
    public void A_type_that_is_no_check_is_told() =>
        Assert.Equal(
            ["NoCheck.Number: string is no output check; it must implement IOutputCheck and have a public constructor without parameters."],
            Given.BuildProblems(typeof(NoCheck)));

    private static async Task<string?> WarningOf(string node, (string, object?) input)
    {
        var diary = new Diary();
        await Given.Run(Given.Graph(typeof(Checked)).Plan([node], Given.Values(input)), new GraphRunOptions { Observer = diary });
        var start = $"{node} warned: Its output check failed: ";
        return diary.Lines.SingleOrDefault(line => line.StartsWith(start, StringComparison.Ordinal))?[start.Length..];
    }
}
