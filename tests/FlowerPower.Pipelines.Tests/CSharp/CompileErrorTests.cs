namespace FlowerPower.Pipelines.Tests.CSharp;

public sealed class CompileErrorTests
{
    [Fact]
    public void The_message_shows_the_first_errors_a_line_each_and_how_many_more_there_are()
    {
        var error = new PipelineCompileException("etl", [.. Enumerable.Range(1, 9).Select(n => $"etl.cs({n},1): no")]);

        Assert.Equal(
            "Pipeline 'etl' does not compile: 9 errors.\netl.cs(1,1): no\netl.cs(2,1): no\netl.cs(3,1): no\netl.cs(4,1): no\netl.cs(5,1): no\nand 4 more",
            error.Message);
        Assert.Equal(9, error.Errors.Count);
    }

    [Fact]
    public void A_single_error_stands_beside_the_pipelines_name() =>
        Assert.Equal("Pipeline 'etl' does not compile: etl.cs(1,1): no", new PipelineCompileException("etl", ["etl.cs(1,1): no"]).Message);
}
