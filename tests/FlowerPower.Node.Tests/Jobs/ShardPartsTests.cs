using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Tests.Jobs;

public sealed class ShardPartsTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Clock_checks_name_a_job_once_and_only_for_its_latest_instant()
    {
        var checks = new ClockChecks();
        var (early, late, gone) = (JobId.Parse("early"), JobId.Parse("late"), JobId.Parse("gone"));
        checks.Set(early, T0.AddSeconds(1));
        checks.Set(late, T0.AddSeconds(1));
        checks.Set(late, T0.AddSeconds(9));
        checks.Set(gone, T0.AddSeconds(1));
        checks.Set(gone, null);

        Assert.Equal([early], checks.TakeDue(T0.AddSeconds(5)));
        Assert.Empty(checks.TakeDue(T0.AddSeconds(5)));
        Assert.Equal([late], checks.TakeDue(T0.AddSeconds(9)));
    }

    [Fact]
    public void Clock_checks_of_jobs_that_moved_on_do_not_pile_up()
    {
        var checks = new ClockChecks();
        for (var i = 0; i < 100_000; i++)
        {
            var id = JobId.Parse($"job-{i}");
            checks.Set(id, T0.AddHours(1));
            checks.Set(id, null);
        }

        Assert.InRange(checks.Entries, 0, 2_000);
    }

    [Fact]
    public void Live_jobs_put_those_that_wait_into_a_line_with_their_order()
    {
        var live = new LiveJobs();
        live.Apply(Waiting("low", JobPriority.Low, T0));
        live.Apply(Waiting("younger", JobPriority.Medium, T0.AddSeconds(1)));
        live.Apply(Waiting("older", JobPriority.Medium, T0));
        var running = JobLifecycle.Evolve(
            Waiting("running", JobPriority.High, T0),
            new JobEvent.AttemptStarted(1, new GrantId("g"), new WorkerId("w"), null) { At = T0 });
        live.Apply(running);
        var line = new WaitingLine();

        live.OfferTo(line);

        var order = new List<string>();
        while (line.Take(null, T0.AddMinutes(1)) is { } job)
        {
            order.Add(job.Id.Value);
        }

        Assert.Equal(["older", "younger", "low"], order);
    }

    [Fact]
    public void Replay_knows_a_new_life_of_an_id_from_the_pruned_one_before()
    {
        var replay = new ShardReplay();
        var first = Life("again", T0);
        var second = new JobEvent.Enqueued(TestNode.NewSpec("echo", "again"), T0.AddDays(1)) { At = T0.AddDays(1) };
        replay.Add(new LogEntry(1, default, [.. first]));
        replay.Add(new LogEntry(2, default, [Frame("again", 1, second)]));

        var job = replay.Finish(JobState.None, "again");

        var waiting = Assert.IsType<JobState.Waiting>(job.State);
        Assert.Equal(T0.AddDays(1), waiting.Trail.EnqueuedAt);
        Assert.Equal(2, job.FirstSequence);
    }

    [Fact]
    public void Replay_skips_what_the_record_has_and_refuses_a_gap()
    {
        var events = Life("job", T0);
        var recorded = Waiting("job", JobPriority.Medium, T0);
        var overlap = new ShardReplay();
        overlap.Add(new LogEntry(1, default, [.. events]));
        var gap = new ShardReplay();
        gap.Add(new LogEntry(1, default, [events[2]]));

        var pruned = new ShardReplay();
        pruned.Add(new LogEntry(1, default, [events[2]]));
        Assert.Equal(JobState.None, pruned.Finish(JobState.None, "job").State);
        Assert.Equal(3, overlap.Finish(recorded, "job").State.Version);
        var error = Assert.Throws<StoreCorruptException>(() => gap.Finish(recorded, "job"));
        Assert.Contains("job", error.Message, StringComparison.Ordinal);
    }

    private static JobState Waiting(string id, JobPriority priority, DateTimeOffset at) =>
        JobLifecycle.Evolve(
            JobState.None,
            new JobEvent.Enqueued(TestNode.NewSpec("echo", id) with { Priority = priority }, at) { At = at });

    private static List<EventFrame> Life(string id, DateTimeOffset at) =>
    [
        Frame(id, 1, new JobEvent.Enqueued(TestNode.NewSpec("echo", id), at) { At = at }),
        Frame(id, 2, new JobEvent.AttemptStarted(1, new GrantId("g"), new WorkerId("w"), null) { At = at }),
        Frame(id, 3, new JobEvent.Completed(1, "{}"u8.ToArray()) { At = at }),
    ];

    private static EventFrame Frame(string id, long version, JobEvent e)
    {
        var (type, payload) = JobWire.Encode(e);
        return new EventFrame(id, version, type, payload);
    }
}
