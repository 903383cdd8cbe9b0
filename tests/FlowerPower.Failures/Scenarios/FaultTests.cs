using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using Xunit.Abstractions;

namespace FlowerPower.Failures.Scenarios;

/// <summary>One fault after the other in one cluster under load; after each, what clients saw is held against what there is.</summary>
public sealed class FaultTests(ClusterFixture fixture, ITestOutputHelper output) : IClassFixture<ClusterFixture>
{
    private const int Warm = 60;
    private const int Seed = 1;

    private readonly TestCluster cluster = fixture.Cluster;

    [Fact]
    public async Task The_jobs_of_a_killed_worker_run_again_elsewhere_and_it_may_start_again_at_once_at_its_address()
    {
        await using var trial = await BeginAsync("worker");

        var took = await Faults.RerunsAfterAsync(cluster, trial, "worker", "w", cluster["w"].KillAsync);
        await cluster.StartNodeAsync("w");

        Say("runs again", took);
        await AssertSoundAsync(trial);
        Assert.All(took, t => Assert.InRange(t.TotalSeconds, 0, 10));
    }

    [Fact]
    public async Task The_shards_of_a_killed_queue_node_are_served_by_others_and_it_may_start_again_at_once_at_its_address()
    {
        await using var trial = await BeginAsync("queue");

        // Whoever started first has most of them for the first half minute.
        var picture = await trial.LookAsync();
        var node = cluster.Plans.Where(plan => plan.IsQueue).Select(plan => plan.Name).MaxBy(name => Faults.ShardsOf(picture, name).Count())!;
        var took = await Faults.FailoversAfterAsync(trial, "queue", node, cluster[node].KillAsync);
        await cluster.StartNodeAsync(node);

        Say("serves again", took);
        await AssertSoundAsync(trial);
        Assert.All(took, t => Assert.InRange(t.TotalSeconds, 0, 12));
    }

    [Fact]
    public async Task A_node_that_stands_still_for_longer_than_its_lease_loses_jobs_and_shards_and_comes_back_as_another_incarnation()
    {
        await using var trial = await BeginAsync("frozen");
        var node = cluster["both"];
        var (was, times) = (node.Incarnations[^1], node.Incarnations.Count);

        var took = await Faults.RerunsAfterAsync(cluster, trial, "frozen", "both", () =>
        {
            node.Freeze();
            return Task.CompletedTask;
        });
        await Faults.DeclaredDeadAsync(trial, was);
        node.Thaw();
        await node.ServingAsync(times + 1, TestCluster.StartPatience);

        Say("runs again", took);
        // A grant that reached it while it stood still may begin before it looks at its lease; its outcome is refused.
        await AssertSoundAsync(trial, new Leniency { Excused = run => run.Node == "both" });
        Assert.Equal(node.Incarnations.Count, node.Incarnations.Distinct().Count());
    }

    [Fact]
    public async Task Cuts_between_nodes_that_all_reach_Redis_cost_no_job_and_kill_nobody()
    {
        await using var trial = await BeginAsync("cut");
        var members = (await trial.LookAsync()).Members.Select(m => m.Info.Incarnation).ToHashSet();

        await cluster.Network.CutAsync("q1", "q2");
        await cluster.Network.CutAsync("q2", "w");
        await trial.Load.AcknowledgedAsync(trial.Load.History.Acknowledged + 300);
        await cluster.Network.HealAsync();

        await AssertSoundAsync(trial);
        Assert.Empty((await trial.LookAsync()).Members.Select(m => m.Info.Incarnation).Except(members));
    }

    [Fact]
    public async Task A_node_that_is_cut_off_from_Redis_is_replaced_and_joins_again_when_the_cut_ends()
    {
        await using var trial = await BeginAsync("away");
        var node = cluster["q2"];
        var (was, times) = (node.Incarnations[^1], node.Incarnations.Count);

        await cluster.Network.CutAsync("q2", TestCluster.RedisMachine);
        await Faults.DeclaredDeadAsync(trial, was);
        await trial.Load.AcknowledgedAsync(trial.Load.History.Acknowledged + Warm);
        await cluster.Network.HealAsync();
        await node.ServingAsync(times + 1, TestCluster.StartPatience);

        await AssertSoundAsync(trial);
    }

    [Fact]
    public async Task A_Redis_that_is_killed_and_comes_back_costs_nothing_that_was_acknowledged()
    {
        await using var trial = await BeginAsync("redis");

        await cluster.Redis.KillAsync();
        await cluster.Redis.StartAgainAsync();

        await AssertSoundAsync(trial, new Leniency { RedisMayGoBack = true });
    }

    [Fact]
    public async Task All_nodes_are_restarted_one_after_the_other_and_no_client_sees_a_failure()
    {
        await using var trial = await BeginAsync("rolling", TimeSpan.FromSeconds(20));

        foreach (var name in cluster.Names)
        {
            Assert.Equal(0, await cluster[name].StopAsync(TestCluster.StartPatience));
            await cluster.StartNodeAsync(name);
        }

        await AssertSoundAsync(trial);
        Assert.All(trial.Load.History.Invocations, i => Assert.Equal(Answer.Acknowledged, i.Answer));
    }

    private async Task<Trial> BeginAsync(string name, TimeSpan? patience = null)
    {
        var trial = await Trial.BeginAsync(cluster, name, Seed, patience);
        await trial.Load.AcknowledgedAsync(Warm);
        return trial;
    }

    /// <summary>The cluster is whole from now on.</summary>
    private async Task AssertSoundAsync(Trial trial, Leniency? leniency = null)
    {
        var whole = await trial.WholeAsync();
        await trial.Load.AcknowledgedAsync(trial.Load.History.Acknowledged + Warm);
        var problems = await trial.JudgeAsync(whole, leniency);
        var asked = trial.Load.History.Invocations;
        output.WriteLine($"{asked.Count} requests, {asked.Count(i => i.Answer == Answer.Acknowledged)} acknowledged, {asked.Count(i => i.Answer == Answer.Unknown)} unknown");
        Assert.True(problems.Count == 0, $"{problems.Count} violations:\n{string.Join('\n', problems.Take(20))}\n{cluster.Logs()}");
    }

    private void Say(string what, IEnumerable<TimeSpan> took) => output.WriteLine($"{what} after {string.Join(", ", took.Select(t => $"{t.TotalSeconds:0.00} s"))}");
}
