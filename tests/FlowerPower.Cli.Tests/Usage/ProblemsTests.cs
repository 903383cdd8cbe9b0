using FlowerPower.Cli.Running;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Tests.Usage;

public sealed class ProblemsTests
{
    public static TheoryData<Exception, int> Known() => new()
    {
        { new UsageException("No."), ExitCodes.Usage },
        { new FormatException("No."), ExitCodes.Usage },
        { new StoreUnavailableException("No."), ExitCodes.Failed },
        { new StoreCorruptException("No."), ExitCodes.Failed },
        { new StoreRefusedException("No."), ExitCodes.Failed },
        { new QueueUnavailableException("No."), ExitCodes.Failed },
        { new ProjectException("No."), ExitCodes.Failed },
        { new TimeoutException("No."), ExitCodes.Failed },
        { new IOException("No."), ExitCodes.Failed },
        { new InterruptedException("No."), ExitCodes.Interrupted },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void A_known_problem_is_its_own_sentence_and_nothing_more(Exception error, int exitCode)
    {
        var problem = Problems.Of(error, CancellationToken.None);

        Assert.Equal((exitCode, "No."), (problem.ExitCode, Assert.Single(problem.Sentences)));
    }

    [Fact]
    public void All_problems_of_a_graph_stand_on_lines_of_their_own()
    {
        var problem = Problems.Of(new GraphException("The graph of 'x' cannot be built", ["One.", "Two."]), CancellationToken.None);

        Assert.Equal(["The graph of 'x' cannot be built: 2 problems.", "One.", "Two."], problem.Sentences);
    }

    [Fact]
    public void A_cancellation_that_nobody_asked_for_is_not_taken_for_an_interrupt()
    {
        var problem = Problems.Of(new OperationCanceledException("stopped"), CancellationToken.None);

        Assert.Equal(ExitCodes.Failed, problem.ExitCode);
        Assert.Contains("--verbose", Assert.Single(problem.Sentences), StringComparison.Ordinal);
    }
}
