using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>What a job's actor says of it and what its shard remembers of it are the same: one rule says when a job is due.</summary>
public sealed class WaitingEntryTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_state_has_the_same_place_and_the_same_status_in_the_index_as_of_itself()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var state = RandomState(random);
            var live = new LiveJobs();
            live.Apply(state);
            var line = new WaitingLine();
            live.OfferTo(line);

            WaitingJob[] said = state is JobState.Waiting waiting ? [waiting.ToWaitingJob()] : [];
            Assert.True(said.SequenceEqual(line.Jobs), $"Seed {seed}: {string.Join(", ", said)} is not {string.Join(", ", line.Jobs)}.");
            for (var look = 0; look < 10; look++)
            {
                var now = T0.AddSeconds(random.Next(-100, 200));
                var counts = new Dictionary<JobStatus, long>();
                live.CountInto(counts, now);
                Assert.True(counts.ContainsKey(state.StatusAt(now)), $"Seed {seed} at {now:u}: {state.StatusAt(now)} is counted as {counts.Keys.Single()}.");
                var isTaken = line.Take(null, now) is { } taken;
                Assert.Equal(state is JobState.Waiting w && w.IsDueAt(now), isTaken);
                live.OfferTo(line);
            }
        }
    }

    [Fact]
    public void A_job_that_was_never_delayed_is_due_by_any_clock()
    {
        var state = Enqueued(new Random(1), T0, dueAt: T0);

        Assert.Equal(DateTimeOffset.MinValue, ((JobState.Waiting)state).ToWaitingJob().DueAt);
        Assert.Equal(JobStatus.Pending, LiveJob.Of(state, "pipeline", "queue").StatusAt(DateTimeOffset.MinValue));
    }

    private static JobState RandomState(Random random)
    {
        var at = T0;
        var state = Enqueued(random, at, dueAt: at.AddSeconds(random.Next(-20, 100)));
        for (var attempt = 1; attempt <= random.Next(4); attempt++)
        {
            var grant = new GrantId($"grant {attempt}");
            state = JobLifecycle.Evolve(state, new JobEvent.AttemptStarted(attempt, grant, new WorkerId("w"), null) { At = at });
            if (random.Next(4) == 0)
            {
                return state;
            }

            at = at.AddSeconds(random.Next(30));
            state = JobLifecycle.Evolve(state, random.Next(2) == 0
                ? new JobEvent.AttemptFailed(attempt, JobError.Named("Boom", "boom"), RetryAt: at.AddSeconds(random.Next(-1, 60))) { At = at }
                : new JobEvent.AttemptLost(attempt, new WorkerId("w"), Crashed: true) { At = at });
        }

        return state;
    }

    private static JobState Enqueued(Random random, DateTimeOffset at, DateTimeOffset dueAt)
    {
        var spec = TestNode.NewSpec("echo", $"job-{random.Next(100)}") with
        {
            Queue = $"queue-{random.Next(3)}",
            Priority = (JobPriority)random.Next(1, 4),
        };
        return JobLifecycle.Evolve(JobState.None, new JobEvent.Enqueued(spec, dueAt) { At = at });
    }
}
