using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Jobs;
using static FlowerPower.Failures.Checks.Samples;

namespace FlowerPower.Failures.Checks;

/// <summary>The checker of what went in and came out finds each fault that it is for, and nothing where there is none.</summary>
public sealed class TotalQueueTests
{
    private static readonly Run Ran = new("a", "run-1", "w", 10, 20);

    [Fact]
    public void A_job_that_was_asked_for_ran_and_has_its_outcome_is_no_violation() =>
        Assert.Empty(Check([Asked("a", Answer.Unknown), Asked("a")], [Completed("a", "run-1")], ["a"], [Ran]));

    [Fact]
    public void A_job_whose_answer_is_unknown_may_be_absent_but_not_without_an_outcome()
    {
        Assert.Empty(Check([Asked("a", Answer.Unknown)], [], [], []));
        Assert.Contains("has no outcome", Assert.Single(Check([Asked("a", Answer.Unknown)], [Waiting("a")], ["a"], [])), StringComparison.Ordinal);
        Assert.Contains("has run and is not there", Assert.Single(Check([Asked("a", Answer.Unknown)], [], [], [Ran])), StringComparison.Ordinal);
    }

    [Fact]
    public void An_acknowledged_job_that_is_lost_is_found() =>
        Assert.Equal("a was acknowledged and is not there.", Assert.Single(Check([Asked("a")], [], [], [])));

    [Fact]
    public void An_acknowledged_job_without_an_outcome_is_found() =>
        Assert.Contains("acknowledged, has no outcome: it is Pending", Assert.Single(Check([Asked("a")], [Waiting("a")], ["a"], [])), StringComparison.Ordinal);

    [Fact]
    public void An_outcome_that_no_run_had_is_found() =>
        Assert.Contains("result of none of its 1 runs: run-2", Assert.Single(Check([Asked("a")], [Completed("a", "run-2")], ["a"], [Ran])), StringComparison.Ordinal);

    [Fact]
    public void A_job_that_failed_though_it_could_succeed_is_found() =>
        Assert.Contains("should have completed and has Failed", Assert.Single(Check([Asked("a")], [Failed("a")], ["a"], [Ran])), StringComparison.Ordinal);

    [Fact]
    public void A_job_that_nobody_asked_for_is_found_whether_it_is_listed_or_ran()
    {
        Assert.Equal("b is there, and nobody asked for it.", Assert.Single(Check([Asked("a")], [Completed("a", "run-1")], ["a", "b"], [Ran])));
        Assert.Equal("a has run, and nobody asked for it.", Assert.Single(Check([], [], [], [Ran])));
    }

    [Fact]
    public void A_refused_job_that_is_there_is_found() =>
        Assert.Equal("a was refused and is there.", Assert.Single(Check([Asked("a", Answer.Refused)], [Completed("a", "run-1")], ["a"], [Ran])));

    [Fact]
    public void A_job_that_is_listed_twice_or_not_at_all_is_found()
    {
        Assert.Equal("a is listed 2 times.", Assert.Single(Check([Asked("a")], [Completed("a", "run-1")], ["a", "a"], [Ran])));
        Assert.Equal("a is there, and no list shows it.", Assert.Single(Check([Asked("a")], [Completed("a", "run-1")], [], [Ran])));
    }

    private static IEnumerable<string> Check(Invocation[] asked, JobView[] found, string[] listed, Run[] runs) =>
        TotalQueue.Check(asked, found.ToDictionary(job => job.Id.Value), listed, runs);
}
