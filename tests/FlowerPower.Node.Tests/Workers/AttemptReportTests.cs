using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Tests.Workers;

/// <summary>What a worker's log may say of an attempt, and when.</summary>
public sealed class AttemptReportTests
{
    private readonly WorkerSim sim = new(slots: 2);

    [Fact]
    public async Task Nothing_is_told_of_an_attempt_whose_outcome_is_not_stored_yet()
    {
        await StartedAsync("one");
        await sim.EndAsync("one");
        sim.Jobs.Asked[^1].Answer.SetException(new InvalidOperationException("the store is away"));
        sim.RunFor(0.5);
        Assert.Equal(2, sim.Jobs.Asked.Count);

        Assert.Empty(await sim.AllToldAsync());
    }

    [Fact]
    public async Task An_attempt_whose_result_is_stored_is_told_of_once()
    {
        await StartedAsync("one");
        sim.Time.Advance(TimeSpan.FromSeconds(3));
        await sim.EndAsync("one");
        sim.Jobs.Asked[^1].Answer.SetException(new InvalidOperationException("the reply was lost"));
        sim.RunFor(0.5);
        Answer(new JobReply(null, false, JobState.None, null));

        var told = Assert.Single(await sim.AllToldAsync());

        Assert.Equal(("one", AttemptEnd.Completed, true), (told.Job.Id.Value, told.End, told.EndsJob));
        Assert.Equal(TimeSpan.FromSeconds(3), told.Took);
    }

    [Fact]
    public async Task A_timed_out_attempt_is_told_of_as_that_and_once_although_its_code_ends_later()
    {
        await StartedAsync("slow");
        sim.Time.Advance(TimeSpan.FromSeconds(5));
        var now = TimedOut("slow");

        Take("slow", now);
        Take("slow", now); // a heartbeat's answer
        await sim.UntilAsync(() => sim.Board.Running.Count == 0, "its end");

        var told = Assert.Single(await sim.AllToldAsync());
        Assert.Equal((AttemptEnd.TimedOut, false, TimeSpan.FromSeconds(5)), (told.End, told.EndsJob, told.Took));
        Assert.Equal(JobError.TimeoutType, told.Error!.Type);
        Assert.Empty(sim.Jobs.Asked);
    }

    [Fact]
    public async Task An_attempt_that_ended_just_after_its_time_was_up_did_not_complete()
    {
        await StartedAsync("late");
        await sim.EndAsync("late");
        Answer(new JobReply(Refusal.StaleAttempt, false, TimedOut("late"), null));

        Assert.Equal(AttemptEnd.TimedOut, Assert.Single(await sim.AllToldAsync()).End);
    }

    [Fact]
    public async Task An_attempt_of_a_job_that_somebody_cancelled_was_cancelled()
    {
        await StartedAsync("one");

        Take("one", After("one", new JobCommand.Cancel("Ada", "not needed")));

        Assert.Equal((AttemptEnd.Cancelled, true), (await sim.AllToldAsync()) is [var told] ? (told.End, told.EndsJob) : default);
    }

    [Fact]
    public async Task Why_an_attempt_was_taken_away_is_not_guessed_once_another_one_has_started()
    {
        await StartedAsync("one");
        var again = JobLifecycle.Evolve(TimedOut("one"), new JobEvent.AttemptStarted(2, new GrantId("another"), new WorkerId("Bob"), null) { At = T0 });

        Take("one", again);

        Assert.Equal(AttemptEnd.TakenAway, Assert.Single(await sim.AllToldAsync()).End);
    }

    [Fact]
    public async Task An_attempt_that_is_handed_back_is_told_of_once_its_job_has_heard_it()
    {
        await StartedAsync("one");
        sim.Tell(HandBack.Instance);
        await sim.UntilAsync(() => sim.Board.Running.Count == 0, "its end");
        Answer(new JobReply(null, true, JobState.None, null));

        Assert.Equal((AttemptEnd.HandedBack, false), (await sim.AllToldAsync()) is [var told] ? (told.End, told.EndsJob) : default);
    }

    [Fact]
    public async Task A_listener_that_throws_is_a_warning_and_hears_of_the_next_attempt_all_the_same()
    {
        var warnings = new List<string>();
        var heard = new List<string>();
        var reports = AttemptReports.To(
            report =>
            {
                heard.Add(report.Job.Id.Value);
                throw new IOException("No space left on device");
            },
            warnings.Add,
            TimeProvider.System);

        foreach (var id in new[] { "one", "two" })
        {
            await reports.TellAsync(new AttemptReport(TestNode.NewSpec("job", id), new AttemptNumber(1, 1), default, AttemptEnd.Completed, true), default);
        }

        await reports.CloseAsync();
        Assert.Equal(["one", "two"], heard);
        Assert.Equal(2, warnings.Count);
        Assert.Contains("No space left on device", warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_waits_for_a_listener_that_has_fallen_too_far_behind_and_no_report_is_lost()
    {
        const int all = 3_000;
        var mayGoOn = new TaskCompletionSource();
        var heard = 0;
        var reports = AttemptReports.To(
            _ =>
            {
                mayGoOn.Task.Wait();
                heard++;
            },
            _ => { },
            TimeProvider.System);
        var report = new AttemptReport(TestNode.NewSpec("job", "one"), new AttemptNumber(1, 1), default, AttemptEnd.Completed, true);

        var told = 0;
        var telling = Task.Run(async () =>
        {
            for (; told < all; told++)
            {
                await reports.TellAsync(report, default);
            }
        });
        mayGoOn.SetResult();
        await telling.Within("all reports to be taken");
        await reports.CloseAsync();

        Assert.Equal(all, heard);
    }

    private static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private async Task StartedAsync(string id)
    {
        sim.Tell(BrokerStarted.Instance);
        await sim.Broker.ExpectMsg<RequestWork>();
        await sim.StartAsync(id);
    }

    private void Answer(JobReply reply)
    {
        sim.Jobs.Asked[^1].Answer.SetResult(reply);
        sim.Run();
    }

    private static JobState TimedOut(string id) =>
        After(id, new JobCommand.Fail(WorkerSim.GrantOf(id), JobError.TimedOut("It ran longer than its time-out.")));

    /// <summary>The job whose first attempt runs here, after one more command.</summary>
    private static JobState After(string id, JobCommand command)
    {
        var spec = TestNode.NewSpec("job", id) with { Retry = RetryPolicy.Default };
        return new[] { new JobCommand.Enqueue(spec, T0), new JobCommand.Start(WorkerSim.GrantOf(id), new WorkerId("Ada")), command }
            .Aggregate((JobState)JobState.None, (state, next) => JobLifecycle.Decide(state, next, T0, jitter: 0).Events.Aggregate(state, JobLifecycle.Evolve));
    }

    /// <summary>The job, as it is now, takes the attempt away.</summary>
    private void Take(string id, JobState now) =>
        sim.Tell(new StopAttempt(WorkerSim.GrantOf(id), AttemptFate.Of(now, WorkerSim.GrantOf(id))));
}
