using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Tests.Workers;

public sealed class WorkerActorTests
{
    private static readonly JobReply Accepted = new(null, true, JobState.None, null);

    private readonly WorkerSim sim = new(slots: 2);

    [Fact]
    public async Task A_slot_asks_for_work_once_and_again_when_its_attempt_has_ended()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        sim.Broker.ExpectNoMsg();

        await sim.EndAsync("one");

        await sim.Broker.ExpectMsg<RequestWork>(request => request.Slots == 1);
        var report = Assert.Single(sim.Jobs.Asked);
        Assert.Equal(("one", WorkerSim.GrantOf("one")), (report.Id, Assert.IsType<JobCommand.Succeed>(report.Message).Grant));
    }

    [Fact]
    public async Task A_report_that_is_not_answered_is_sent_again_after_a_growing_pause_until_it_is()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        await sim.EndAsync("one");

        var pauses = new List<double>();
        for (var sent = 1; sent <= 7; sent++)
        {
            Assert.Equal(sent, sim.Jobs.Asked.Count);
            sim.Jobs.Asked[^1].Answer.SetException(new InvalidOperationException("the shard has stopped"));
            sim.Run();
            Assert.Equal(sent, sim.Jobs.Asked.Count);
            var from = sim.Time.GetUtcNow();
            while (sim.Jobs.Asked.Count == sent && pauses.Count < 10)
            {
                sim.RunFor(0.05);
            }

            pauses.Add((sim.Time.GetUtcNow() - from).TotalSeconds);
        }

        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1, 1, 1], pauses.Select(pause => Math.Round(pause, 2)));
        Assert.All(sim.Jobs.Asked, question => Assert.Same(sim.Jobs.Asked[0].Message, question.Message));
        Answer(^1);
        sim.RunFor(60);
        Assert.Equal(8, sim.Jobs.Asked.Count);
        Assert.Empty(sim.Board.Reports);
    }

    [Fact]
    public async Task A_broker_that_has_no_idle_slot_to_give_back_is_not_asked_again_and_again()
    {
        await AskedForAsync(2);
        var other = new TestProbe(sim.Parts.System, "other");
        sim.Worker.Tell(BrokerStarted.Instance, other);
        sim.Worker.Tell(new WorkWaiting(JobPriority.High, 3), other);
        sim.Run();
        await sim.Broker.ExpectMsg<ReturnSlots>(_ => true);

        sim.Tell(new SlotsReturned(0)); // both are in open grants
        sim.Broker.ExpectNoMsg();
        sim.RunFor(sim.Parts.Options.HeartbeatEvery.TotalSeconds); // those may have come to nothing

        await sim.Broker.ExpectMsg<ReturnSlots>(_ => true);
    }

    [Fact]
    public async Task An_attempt_that_was_taken_away_is_given_back_to_whoever_asks_for_it_though_it_still_runs()
    {
        sim.Executor.On("job", run => sim.Ends[run.Spec.Id.Value].Task); // it does not look at its token
        await AskedForAsync(2);
        await sim.StartAsync("one");
        sim.Tell(new StopAttempt(WorkerSim.GrantOf("one"), new AttemptFate(AttemptEnd.TakenAway, IsOver: false)));

        sim.Tell(new ConfirmAttempt(JobId.Parse("one"), WorkerSim.GrantOf("one")));

        var report = Assert.Single(sim.Jobs.Asked);
        Assert.True(Assert.IsType<JobCommand.LoseWorker>(report.Message).HandedBack);
    }

    [Fact]
    public async Task A_grant_that_is_found_after_the_nodes_lease_has_ended_is_given_back_and_not_begun()
    {
        await AskedForAsync(2);
        sim.Peers.MayServe = false;

        sim.Grant("one");

        Assert.Empty(sim.Board.Running);
        var report = Assert.Single(sim.Jobs.Asked);
        Assert.True(Assert.IsType<JobCommand.LoseWorker>(report.Message).HandedBack);
    }

    [Fact]
    public async Task A_worker_that_restarts_keeps_its_attempts_and_reports_what_ended_over_it()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        var other = await sim.StartAsync("two");
        sim.Jobs.NextThrows = new InvalidOperationException("no shard");

        await sim.EndAsync("one");
        sim.RunFor(60); // the supervisor's pause

        Assert.Contains("restarts", Assert.Single(sim.Notices), StringComparison.Ordinal);
        var report = Assert.Single(sim.Jobs.Asked);
        Assert.Equal(("one", typeof(JobCommand.Succeed)), (report.Id, report.Message.GetType()));
        Assert.False(other.Cancelled.IsCancellationRequested);
        await sim.EndAsync("two");
        Assert.Equal("two", sim.Jobs.Asked[^1].Id);
    }

    [Fact]
    public async Task An_answer_to_a_report_of_before_a_restart_does_no_harm()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        await sim.StartAsync("two");
        await sim.EndAsync("one");
        sim.Jobs.NextThrows = new InvalidOperationException("no shard");
        await sim.EndAsync("two");
        sim.RunFor(60);
        Assert.Equal(["one", "one", "two"], sim.Jobs.Asked.Select(question => question.Id).Order());

        foreach (var question in sim.Jobs.Asked)
        {
            question.Answer.SetException(new InvalidOperationException("too late"));
        }

        sim.RunFor(0.5);
        Assert.Single(sim.Notices);
        Assert.Equal(2, sim.Board.Reports.Count);
    }

    [Fact]
    public async Task Fewer_slots_take_back_what_was_asked_for_before_they_ask_again()
    {
        await AskedForAsync(2);
        sim.Tell(new SetSlots(1));
        await sim.Broker.ExpectMsg<RetractWork>();
        sim.Broker.ExpectNoMsg();

        sim.Tell(WorkRetracted.Instance);

        await sim.Broker.ExpectMsg<RequestWork>(request => request.Slots == 1);
    }

    [Fact]
    public async Task Work_beyond_the_slots_is_handed_back_at_once()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        await sim.StartAsync("two");

        sim.Grant("three");

        AssertHandedBack("three", Assert.Single(sim.Jobs.Asked));
        Assert.Equal(2, sim.Board.Running.Count);
    }

    [Fact]
    public async Task An_attempt_that_is_told_twice_runs_once_and_is_not_handed_back_even_if_all_slots_are_taken()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        await sim.StartAsync("two");

        sim.Grant("two");

        Assert.Empty(sim.Jobs.Asked);
        Assert.Equal(1, sim.Executor.Starts[JobId.Parse("two")]);
    }

    [Fact]
    public async Task A_drain_is_over_when_what_ran_has_ended_and_its_job_has_heard_so_also_over_a_restart()
    {
        await AskedForAsync(2);
        var asker = new TestProbe(sim.Parts.System, "asker");
        await sim.StartAsync("one");
        sim.Tell(Drain.Instance, asker);
        await sim.Broker.ExpectMsg<RetractWork>();
        sim.Tell(WorkRetracted.Instance);
        sim.Grant("two"); // it was on its way
        AssertHandedBack("two", Assert.Single(sim.Jobs.Asked));
        Answer(^1);
        asker.ExpectNoMsg();

        sim.Jobs.NextThrows = new InvalidOperationException("no shard");
        await sim.EndAsync("one");
        sim.RunFor(60);
        asker.ExpectNoMsg();
        Assert.Equal("one", sim.Jobs.Asked[^1].Id);
        Answer(^1);

        await asker.ExpectMsg<Drained>();
        sim.Broker.ExpectNoMsg(); // it asks for no more work
    }

    [Fact]
    public async Task A_hand_back_cancels_what_runs_gives_each_back_once_and_leaves_alone_what_was_taken_away()
    {
        await AskedForAsync(2);
        var kept = await sim.StartAsync("kept");
        var taken = await sim.StartAsync("taken");
        sim.Ends["kept"] = sim.Ends["taken"] = new TaskCompletionSource<string>();
        sim.Tell(new StopAttempt(WorkerSim.GrantOf("taken"), new AttemptFate(AttemptEnd.TakenAway, IsOver: false)));
        Assert.True(taken.Cancelled.IsCancellationRequested);

        sim.Worker.Tell(HandBack.Instance);
        sim.Worker.Tell(HandBack.Instance);
        sim.Run();

        Assert.True(kept.Cancelled.IsCancellationRequested);
        await sim.UntilAsync(() => sim.Board.Running.Count == 0, "both to end");
        AssertHandedBack("kept", Assert.Single(sim.Jobs.Asked)); // and neither outcome is reported
    }

    [Fact]
    public async Task A_worker_asks_of_each_running_attempt_every_few_seconds_and_stops_what_is_not_its_own()
    {
        await AskedForAsync(2);
        sim.Executor.On("job", run => sim.Ends[run.Spec.Id.Value].Task); // it does not look at its cancellation
        var lost = await sim.StartAsync("lost");
        var mine = await sim.StartAsync("mine");

        sim.RunFor(4.9);
        Assert.Empty(sim.Jobs.Told);
        sim.RunFor(0.1);
        Assert.Equal(["lost", "mine"], sim.Jobs.Told.Select(told => told.Id).Order());
        Assert.All(sim.Jobs.Told, told => Assert.Equal(WorkerSim.GrantOf(told.Id), Assert.IsType<JobCommand.Heartbeat>(told.Message).Grant));

        sim.Tell(new StopAttempt(WorkerSim.GrantOf("lost"), new AttemptFate(AttemptEnd.TakenAway, IsOver: false))); // the job's answer
        Assert.True(lost.Cancelled.IsCancellationRequested);
        Assert.False(mine.Cancelled.IsCancellationRequested);

        sim.Jobs.Told.Clear();
        sim.RunFor(15);
        Assert.Equal(["mine", "mine", "mine"], sim.Jobs.Told.Select(told => told.Id));

        await sim.EndAsync("lost");
        await sim.Broker.ExpectMsg<RequestWork>(request => request.Slots == 1);
        Assert.Empty(sim.Jobs.Asked);
    }

    [Fact]
    public async Task A_shard_that_does_not_serve_is_not_asked()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        sim.Parts.Journals[0] = null;

        sim.RunFor(60);

        Assert.Empty(sim.Jobs.Told);
    }

    [Fact]
    public async Task A_shard_that_another_node_serves_is_asked_there()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        sim.Parts.Journals[0] = null;
        sim.Peers.Elsewhere.Add(0);

        sim.RunFor(5);

        Assert.IsType<JobCommand.Heartbeat>(Assert.Single(sim.Jobs.Told).Message);
    }

    [Fact]
    public async Task A_worker_promises_no_slot_while_its_node_may_not_serve_and_does_when_it_may()
    {
        await AskedForAsync(2);
        await sim.StartAsync("one");
        sim.Peers.MayServe = false;
        await sim.EndAsync("one");
        sim.RunFor(10);
        sim.Broker.ExpectNoMsg();

        sim.Peers.MayServe = true;
        sim.RunFor(5);

        await sim.Broker.ExpectMsg<RequestWork>(request => request.Slots == 1);
    }

    [Fact]
    public async Task A_recovered_shard_gets_back_what_its_worker_does_not_have_and_only_that()
    {
        await AskedForAsync(2);
        await sim.StartAsync("running");
        await sim.StartAsync("reported");
        await sim.EndAsync("reported");
        sim.Jobs.Asked.Clear();

        foreach (var id in new[] { "running", "reported", "unknown" })
        {
            sim.Tell(new ConfirmAttempt(JobId.Parse(id), WorkerSim.GrantOf(id)));
        }

        AssertHandedBack("unknown", Assert.Single(sim.Jobs.Asked));
    }

    private async Task AskedForAsync(int slots)
    {
        sim.Tell(BrokerStarted.Instance);
        await sim.Broker.ExpectMsg<RequestWork>(request => request.Slots == slots);
    }

    private void Answer(Index question)
    {
        sim.Jobs.Asked[question].Answer.SetResult(Accepted);
        sim.Run();
    }

    private static void AssertHandedBack(string id, PlayedJobs.Question question)
    {
        var lost = Assert.IsType<JobCommand.LoseWorker>(question.Message);
        Assert.Equal((id, true, WorkerSim.GrantOf(id)), (question.Id, lost.HandedBack, lost.Grant!.Value));
    }
}
