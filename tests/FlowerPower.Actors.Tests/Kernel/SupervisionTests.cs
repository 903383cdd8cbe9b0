namespace FlowerPower.Actors.Tests.Kernel;

public sealed class SupervisionTests
{
    [Fact]
    public void The_back_off_doubles_up_to_its_cap()
    {
        var strategy = new SupervisionStrategy
        {
            Jitter = 0,
            MinBackoff = TimeSpan.FromSeconds(1),
            MaxBackoff = TimeSpan.FromSeconds(5),
            MaxRestarts = int.MaxValue,
        };
        var sim = new Sim(root: strategy);
        var begin = sim.Time.GetUtcNow();
        List<double> starts = [];
        sim.System.Spawn(Props.Of(() => new Scripted
        {
            Start = context =>
            {
                starts.Add((context.Time.GetUtcNow() - begin).TotalSeconds);
                throw new Boom();
            },
        }));

        sim.RunFor(20);

        Assert.Equal([0, 1, 3, 7, 12, 17], starts);
    }

    [Fact]
    public void Jitter_only_lengthens_the_wait_and_never_beyond_the_cap()
    {
        var strategy = new SupervisionStrategy { MinBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(10), Jitter = 0.5 };

        Assert.Equal(TimeSpan.FromSeconds(1), strategy.DelayBefore(1, 0));
        Assert.Equal(TimeSpan.FromSeconds(2.5), strategy.DelayBefore(2, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(10), strategy.DelayBefore(4, 0.999));
        Assert.Equal(TimeSpan.FromSeconds(10), strategy.DelayBefore(5_000, 0));
    }

    [Fact]
    public void An_actor_that_spends_its_budget_is_stopped_and_its_messages_are_counted()
    {
        var sim = new Sim(root: Sim.NoJitter with { MaxRestarts = 3 });
        var handled = 0;
        var probe = sim.Probe();
        var actor = sim.Spawn((_, _) =>
        {
            handled++;
            throw new Boom();
        });
        probe.Watch(actor);
        for (var i = 0; i < 10; i++)
        {
            actor.Tell(i);
        }

        sim.RunFor(60);

        Assert.Equal(4, handled);
        Assert.Equal(6, sim.Dead(DeadLetterReason.Stopped));
        Assert.Equal(1, probe.Waiting);
        Assert.Single(sim.Events, e => e.Kind == ActorEventKind.BudgetSpent);
    }

    [Fact]
    public void Failures_further_apart_than_the_window_cost_no_budget_and_begin_at_the_first_back_off()
    {
        var sim = new Sim(root: Sim.NoJitter with { MaxRestarts = 1, Within = TimeSpan.FromSeconds(10) });
        var actor = sim.Spawn((_, _) => throw new Boom());
        for (var i = 0; i < 5; i++)
        {
            actor.Tell("fail");
            sim.Run();
            sim.RunFor(0.1);
            Assert.Equal(i + 1, sim.Events.Count(e => e.Kind == ActorEventKind.Restarted));
            sim.RunFor(11);
        }

        Assert.DoesNotContain(sim.Events, e => e.Kind == ActorEventKind.BudgetSpent);
    }

    [Fact]
    public void Messages_wait_during_the_back_off()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((_, message) =>
        {
            seen.Add(message);
            if (message is "bad")
            {
                throw new Boom();
            }
        });
        actor.Tell("bad");
        sim.Run();
        actor.Tell("early");
        sim.Run();
        Assert.Equal(["bad"], seen);

        sim.RunFor(1);

        Assert.Equal(["bad", "early"], seen);
    }

    [Fact]
    public void An_escalated_failure_restarts_the_parent_with_its_children()
    {
        var sim = new Sim();
        List<string> trace = [];
        ActorRef? child = null;
        sim.System.Spawn(Props.Of(() => new Scripted
        {
            Start = context =>
            {
                trace.Add("parent starts");
                child = context.Spawn(Scripted.Of((_, _) => throw new Boom("from below")));
                return default;
            },
            Restart = (_, reason, message) =>
            {
                trace.Add($"parent restarts: {reason.Message}, {message ?? "no message"}");
                return default;
            },
        }).WithSupervision(SupervisionStrategy.Escalating));
        sim.Run();

        child!.Tell("fail");
        sim.RunFor(1);

        Assert.Equal(["parent starts", "parent restarts: from below, no message", "parent starts"], trace);
    }

    [Fact]
    public void A_failure_escalated_to_the_root_stops_the_actor_and_says_so()
    {
        var sim = new Sim(root: SupervisionStrategy.Escalating);
        var actor = sim.Spawn((_, _) => throw new Boom(), "top");
        actor.Tell("fail");

        sim.Run();

        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.EscalatedToRoot && e.Path == "sim/top");
        actor.Tell("late");
        Assert.Equal(1, sim.Dead(DeadLetterReason.Stopped));
    }

    [Fact]
    public void The_parents_strategy_decides_by_exception()
    {
        var sim = new Sim(root: Sim.NoJitter with { Decide = e => e is Boom ? Directive.Stop : Directive.Restart });
        var stops = sim.Spawn((_, _) => throw new Boom(), "stops");
        var restarts = sim.Spawn((_, _) => throw new FormatException(), "restarts");
        stops.Tell(1);
        restarts.Tell(1);
        sim.RunFor(1);

        stops.Tell(2);
        sim.Run();

        Assert.Equal(1, sim.Dead(DeadLetterReason.Stopped));
        Assert.Equal("sim/restarts", Assert.Single(sim.Events, e => e.Kind == ActorEventKind.Restarted).Path);
    }

    [Fact]
    public void A_strategy_that_throws_stops_the_child()
    {
        var sim = new Sim(root: Sim.NoJitter with { Decide = _ => throw new FormatException("decider") });
        var actor = sim.Spawn((_, _) => throw new Boom());
        actor.Tell(1);
        actor.Tell(2);

        sim.Run();

        Assert.Equal(1, sim.Dead(DeadLetterReason.Stopped));
        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.HookFailed && e.Detail.Contains("decider"));
    }

    [Fact]
    public void A_strategy_outside_its_range_is_refused()
    {
        var props = Scripted.Of((_, _) => { });

        Assert.Throws<ArgumentException>(() => props.WithSupervision(new() { MaxBackoff = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => props.WithSupervision(new() { MaxRestarts = -1 }));
    }
}
