namespace FlowerPower.Jobs.Tests;

/// <summary>Who of a queue with settings may run.</summary>
public sealed class QueueGateTests
{
    private static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobId A = JobId.Parse("a");
    private static readonly JobId B = JobId.Parse("b");

    [Fact]
    public void A_paused_queue_gives_no_permit_and_those_that_it_gave_start_nothing_until_it_goes_on()
    {
        var gate = Give(With(new QueueSettings { Concurrency = 2 }), A);
        var paused = QueueGateRules.Evolve(gate, new QueueGateEvent.Changed("ada", new QueueSettings { Pause = new QueuePause("ada", T0, null) }) { At = T0 });

        Assert.Equal(new QueueAnswer(null, QueueHold.Paused), QueueGateRules.Ask(paused, B, T0));
        Assert.Equal(new QueueAnswer(null, QueueHold.Paused), QueueGateRules.Ask(paused, A, T0));
        var resumed = QueueGateRules.Evolve(paused, new QueueGateEvent.Changed("ada", new QueueSettings { Concurrency = 2 }) { At = T0 });
        Assert.Equal(new QueueAnswer(1), QueueGateRules.Ask(resumed, A, T0));
    }

    [Fact]
    public void As_many_have_permits_as_may_and_one_that_comes_back_makes_room_for_one()
    {
        var gate = Give(With(new QueueSettings { Concurrency = 1 }), A);

        Assert.Equal(new QueueAnswer(null, QueueHold.Concurrency), QueueGateRules.Ask(gate, B, T0));
        Assert.Null(QueueGateRules.Return(gate, A, 7, T0)); // a former permit of its
        gate = QueueGateRules.Evolve(gate, QueueGateRules.Return(gate, A, 1, T0)!);
        Assert.Equal(new QueueAnswer(2), QueueGateRules.Ask(gate, B, T0));
    }

    [Fact]
    public void A_job_that_ran_before_the_limit_was_set_counts()
    {
        var gate = With(new QueueSettings { Concurrency = 1 });
        gate = QueueGateRules.Evolve(gate, QueueGateRules.Adopt(gate, A, T0)!);

        Assert.Equal(QueueHold.Concurrency, QueueGateRules.Ask(gate, B, T0).Why);
        Assert.Null(QueueGateRules.Adopt(gate, A, T0));
    }

    [Fact]
    public void A_gate_is_not_needed_any_more_when_it_has_neither_settings_nor_permits()
    {
        var gate = Give(With(new QueueSettings { Concurrency = 1 }), A);
        Assert.True(gate.IsLive);
        gate = QueueGateRules.Evolve(gate, new QueueGateEvent.Changed("ada", QueueSettings.Plain) { At = T0 });
        Assert.True(gate.IsLive);
        Assert.False(QueueGateRules.Evolve(gate, QueueGateRules.Return(gate, A, 1, T0)!).IsLive);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_limit_below_one_is_refused(int concurrency) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new QueueSettings { Concurrency = concurrency });

    [Fact]
    public void In_whatever_order_jobs_ask_and_go_neither_limit_is_ever_passed()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var rate = random.Next(2) == 0 ? new StartRate(random.Next(1, 6), TimeSpan.FromSeconds(random.Next(1, 10))) : null;
            var most = random.Next(1, 5);
            var gate = With(new QueueSettings { Concurrency = most, Rate = rate });
            var running = new Dictionary<JobId, long>();
            var starts = new List<DateTimeOffset>();
            var now = T0;
            for (var step = 0; step < 200; step++)
            {
                now += TimeSpan.FromMilliseconds(random.Next(700));
                var job = JobId.Parse($"job-{random.Next(8)}");
                if (random.Next(2) == 0 && running.Remove(job, out var permit))
                {
                    gate = QueueGateRules.Evolve(gate, QueueGateRules.Return(gate, job, permit, now)!);
                    continue;
                }

                var answer = QueueGateRules.Ask(gate, job, now);
                if (QueueGateRules.Give(gate, job, answer, now) is { } given)
                {
                    gate = QueueGateRules.Evolve(gate, given);
                    running[job] = answer.Permit!.Value;
                    starts.Add(now);
                }
                else if (answer.Why == QueueHold.Rate)
                {
                    Assert.NotEqual(QueueHold.Rate, QueueGateRules.Ask(gate, job, answer.At!.Value).Why);
                }

                Assert.True(running.Count <= most, $"seed {seed}: {running.Count} ran, {most} may");
                Assert.True(rate is null || starts.Count(start => start > now - rate.Per) <= rate.Count, $"seed {seed}: the rate was passed");
                Assert.True(gate.Starts.Count <= (rate?.Count ?? 0), $"seed {seed}: starts are remembered for ever");
            }
        }
    }

    private static QueueGate With(QueueSettings settings) =>
        QueueGateRules.Evolve(QueueGate.Of("reports"), new QueueGateEvent.Changed("ada", settings) { At = T0 });

    private static QueueGate Give(QueueGate gate, JobId job) =>
        QueueGateRules.Evolve(gate, QueueGateRules.Give(gate, job, QueueGateRules.Ask(gate, job, T0), T0)!);
}
