using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Jobs;
using static FlowerPower.Failures.Checks.Samples;

namespace FlowerPower.Failures.Checks;

/// <summary>The checkers of histories find each fault that they are for, and nothing where there is none.</summary>
public sealed class HistoryCheckTests
{
    private static readonly Run First = new("a", "run-1", "w", 10, 20);

    [Fact]
    public void An_outcome_that_stays_is_no_violation() =>
        Assert.Empty(Outcomes.Check([Seen("run-1")], Found(Completed("a", "run-1")), [First]));

    [Fact]
    public void An_outcome_that_changed_after_it_was_seen_is_found()
    {
        Assert.Contains("was seen Completed with run-1", Assert.Single(Outcomes.Check([Seen("run-1")], Found(Completed("a", "run-2")), [])), StringComparison.Ordinal);
        Assert.Contains("is not there any more", Assert.Single(Outcomes.Check([Seen("run-1")], Found(), [])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_began_after_the_outcome_was_seen_is_found_unless_it_is_excused()
    {
        var late = new Run("a", "run-2", "slow", 101, null);

        Assert.Equal("a began to run on slow after it was seen Completed.", Assert.Single(Outcomes.Check([Seen("run-1")], Found(Completed("a", "run-1")), [First, late])));
        Assert.Empty(Outcomes.Check([Seen("run-1")], Found(Completed("a", "run-1")), [First, late], run => run.Node == "slow"));
    }

    [Fact]
    public void A_job_that_was_lost_retried_and_completed_has_a_legal_chain() => Assert.Empty(JobChain.Check(
        View(
            "a",
            JobStatus.Completed,
            Step(0, JobStatus.Pending),
            Step(1, JobStatus.Running, 1, "w", "g1"),
            Step(2, JobStatus.Pending, 1, "w"),
            Step(3, JobStatus.Running, 2, "v", "g2"),
            Step(4, JobStatus.Retrying, 2, "v"),
            Step(5, JobStatus.Running, 3, "w", "g3"),
            Step(6, JobStatus.Completed, 3, "w")),
        [First]));

    [Fact]
    public void A_chain_with_a_step_that_cannot_follow_is_found()
    {
        Assert.Contains("has Running 2", Single(Step(0, JobStatus.Pending), Step(1, JobStatus.Running, 2, "w", "g1"), Step(2, JobStatus.Completed, 2, "w")), StringComparison.Ordinal);
        Assert.Contains("has Completed 1 by v", Single(Step(0, JobStatus.Pending), Step(1, JobStatus.Running, 1, "w", "g1"), Step(2, JobStatus.Completed, 1, "v")), StringComparison.Ordinal);
        Assert.Contains("has Completed 1", Single([.. OneRun, Step(3, JobStatus.Completed, 1, "w")]), StringComparison.Ordinal);
        Assert.Contains("does not begin with its enqueueing", Single(OneRun[1..]), StringComparison.Ordinal);
        Assert.Contains("goes back in time", Single(Step(5, JobStatus.Pending), OneRun[1], OneRun[2]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_grant_that_started_two_attempts_is_found() => Assert.Contains(
        "one grant for two attempts",
        Single(
            Step(0, JobStatus.Pending), Step(1, JobStatus.Running, 1, "w", "g1"), Step(2, JobStatus.Pending, 1, "w"), Step(3, JobStatus.Running, 2, "w", "g1"),
            Step(4, JobStatus.Completed, 2, "w")),
        StringComparison.Ordinal);

    [Fact]
    public void A_chain_that_does_not_end_where_the_job_stands_is_found() => Assert.Contains(
        "its history ends with Completed", Assert.Single(JobChain.Check(View("a", JobStatus.Completed, OneRun) with { Status = JobStatus.Running, FinishedAt = null }, [])), StringComparison.Ordinal);

    [Fact]
    public void A_run_or_a_count_of_which_the_history_knows_nothing_is_found()
    {
        Assert.Contains("ran 2 times, and its history has 1", Assert.Single(JobChain.Check(View("a", JobStatus.Completed, OneRun), [First, First])), StringComparison.Ordinal);
        Assert.Contains("counts 3 attempts", Assert.Single(JobChain.Check(View("a", JobStatus.Completed, OneRun) with { Attempts = 3 }, [First])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_grows_and_is_read_again_is_one_history() => Assert.Empty(OneHistory.Check(
        [new(1, 0, 1, "x"), new(2, 0, 1, "x"), new(2, 0, 2, "y")], [new(1, 0, 1, "t1"), new(2, 0, 2, "t2")], last: 2));

    [Fact]
    public void A_shard_with_two_histories_is_found_by_its_log_and_by_its_tokens()
    {
        Assert.Contains("2 entries at place 1", Assert.Single(OneHistory.Check([new(1, 0, 1, "x"), new(2, 0, 1, "z")], [new(2, 0, 1, "t1")], last: 2)), StringComparison.Ordinal);
        Assert.Contains("2 tokens at place 1", Assert.Single(OneHistory.Check([], [new(1, 0, 1, "t1"), new(2, 0, 1, "t2")], last: 2)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shard_that_went_back_is_found_unless_Redis_was_killed()
    {
        HeadSighting[] heads = [new(1, 0, 2, "t2"), new(2, 0, 1, "t1"), new(3, 0, 2, "t2")];

        Assert.Equal("Shard 0 went back from 2 to 1.", Assert.Single(OneHistory.Check([], heads, last: 3)));
        Assert.Empty(OneHistory.Check([], heads, last: 3, mayGoBack: true));
    }

    [Fact]
    public void A_gap_in_a_log_and_an_end_that_its_head_does_not_know_are_found()
    {
        Assert.Equal("Shard 0's log has a gap.", Assert.Single(OneHistory.Check([new(1, 0, 1, "x"), new(1, 0, 3, "z")], [new(1, 0, 3, "t3")], last: 1)));
        Assert.Equal("Shard 0's log ends with 1, and its head says 2.", Assert.Single(OneHistory.Check([new(1, 0, 1, "x")], [new(1, 0, 2, "t2")], last: 1)));
    }

    [Fact]
    public void Nodes_that_tell_different_things_of_a_job_are_found()
    {
        Assert.Empty(Agreement([Completed("a", "run-1")], [Completed("a", "run-1")]));
        Assert.Contains("Completed after 1 attempts", Assert.Single(Agreement([Completed("a", "run-1")], [Waiting("a")])), StringComparison.Ordinal);
        Assert.Equal("a is known to n1 only.", Assert.Single(Agreement([Completed("a", "run-1")], [])));
    }

    [Fact]
    public void A_job_that_waits_beside_an_idle_slot_is_found_and_one_that_waits_for_a_slot_is_not()
    {
        var job = View("a", JobStatus.Completed, Step(0, JobStatus.Pending), Step(9, JobStatus.Running, 1, "w", "g1"), Step(10, JobStatus.Completed, 1, "w"));
        SlotSample[] Samples(long running) => [.. Enumerable.Range(0, 9).Select(second => new SlotSample(T0.AddSeconds(second), running, 4))];

        Assert.Equal("a waited 9.0 s from 00:00:00.000 on, while at least 1 of 4 slots were idle.", Assert.Single(Idle(Samples(3))));
        Assert.Empty(Idle(Samples(4)));
        Assert.Empty(Idle([.. Samples(3).Take(5), new SlotSample(T0.AddSeconds(5), 4, 4), .. Samples(3).Skip(6)]));
        Assert.Empty(IdleWorkers.Check([job], Samples(3), from: T0.AddSeconds(8), longest: TimeSpan.FromSeconds(2)));

        IEnumerable<string> Idle(SlotSample[] samples) => IdleWorkers.Check([job], samples, from: T0, longest: TimeSpan.FromSeconds(2));
    }

    private static Sighting Seen(string run) => new("a", 100, JobStatus.Completed, run, OneRun[^1].At);

    private static Dictionary<string, JobView> Found(params JobView[] jobs) => jobs.ToDictionary(job => job.Id.Value);

    private static string Single(params JobTransition[] history) => Assert.Single(JobChain.Check(View("a", JobStatus.Completed, history), []));

    private static IEnumerable<string> Agreement(JobView[] one, JobView[] other) =>
        OneHistory.CheckAgreement(new Dictionary<string, IReadOnlyCollection<JobView>> { ["n1"] = one, ["n2"] = other });
}
