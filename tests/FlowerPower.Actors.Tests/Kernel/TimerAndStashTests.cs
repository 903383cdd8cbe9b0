namespace FlowerPower.Actors.Tests.Kernel;

public sealed class TimerAndStashTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_timer_sends_its_message_once_when_due()
    {
        var (sim, seen) = Timed((context, _) => context.StartTimer("k", "tick", Second));

        sim.RunFor(0.9);
        Assert.Equal(["go"], seen);
        sim.RunFor(5);

        Assert.Equal(["go", "tick"], seen);
        Assert.Null(sim.Time.NextDue);
    }

    [Fact]
    public void A_periodic_timer_goes_on_until_it_is_cancelled()
    {
        List<bool> cancelled = [];
        var (sim, seen) = Timed(
            (context, _) => context.StartPeriodicTimer("k", "tick", Second),
            (context, ticks) =>
            {
                if (ticks == 3)
                {
                    cancelled.AddRange([context.CancelTimer("k"), context.CancelTimer("k")]);
                }
            });

        sim.RunFor(10);

        Assert.Equal([true, false], cancelled);
        Assert.Equal(["go", "tick", "tick", "tick"], seen);
    }

    [Fact]
    public void Ticks_of_a_slow_actor_do_not_pile_up()
    {
        var (sim, seen) = Timed((context, _) => context.StartPeriodicTimer("k", "tick", Second));
        sim.Run();

        sim.Time.Advance(TimeSpan.FromSeconds(10)); // ten ticks while the actor has no turn
        sim.Run();

        Assert.Equal(["go", "tick"], seen);
    }

    [Fact]
    public void A_tick_on_its_way_does_not_come_after_its_timer_was_cancelled_or_replaced()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((context, message) =>
        {
            seen.Add(message);
            switch (message)
            {
                case "start":
                    context.StartTimer("cancelled", "never", Second);
                    context.StartTimer("replaced", "never", Second);
                    break;
                case "change":
                    context.CancelTimer("cancelled");
                    context.StartTimer("replaced", "second", Second);
                    break;
            }
        });
        actor.Tell("start");
        sim.Run();
        actor.Tell("change");
        sim.Time.Advance(Second); // both ticks are now in the mailbox, behind "change"
        sim.RunFor(5);

        Assert.Equal(["start", "change", "second"], seen);
        Assert.Equal(2, sim.Dead(DeadLetterReason.StaleTimer));
    }

    [Fact]
    public void A_timer_of_a_former_incarnation_never_fires()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((context, message) =>
        {
            seen.Add(message);
            if (message is "start")
            {
                context.StartTimer("k", "never", Second);
                context.StartPeriodicTimer("p", "never", Second);
            }
            else if (message is "fail")
            {
                throw new Boom();
            }
        });
        actor.Tell("start");
        sim.Run();
        actor.Tell("fail");
        sim.Time.Advance(Second); // the ticks sit in the mailbox when the incarnation ends
        sim.RunFor(10);

        Assert.Equal(["start", "fail"], seen);
        Assert.Equal(2, sim.Dead(DeadLetterReason.StaleTimer));
    }

    [Fact]
    public void A_stopped_actor_leaves_no_timer_behind()
    {
        var (sim, _) = Timed((context, _) =>
        {
            context.StartPeriodicTimer("k", "tick", Second);
            context.StopSelf();
        });

        sim.RunFor(0);

        Assert.Null(sim.Time.NextDue);
    }

    [Fact]
    public void Stashed_messages_come_back_in_order_and_before_later_ones()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((context, message) =>
        {
            if (message is "open")
            {
                context.Become(next =>
                {
                    seen.Add(next);
                    return default;
                });
                context.UnstashAll();
            }
            else
            {
                context.Stash();
            }
        });
        foreach (var message in (object[])[1, 2, "open", 3, 4])
        {
            actor.Tell(message);
        }

        sim.Run();

        Assert.Equal([1, 2, 3, 4], seen);
    }

    [Fact]
    public void A_stashed_message_keeps_its_sender()
    {
        var sim = new Sim();
        var probe = sim.Probe();
        var isOpen = false;
        var actor = sim.Spawn((context, message) =>
        {
            if (message is "open")
            {
                isOpen = true;
                context.UnstashAll();
            }
            else if (isOpen)
            {
                context.Reply("answer");
            }
            else
            {
                context.Stash();
            }
        });
        actor.Tell("question", probe);
        actor.Tell("open");

        sim.Run();

        Assert.Equal(1, probe.Waiting);
    }

    [Fact]
    public void A_full_stash_fails_the_actor_and_gives_its_messages_to_the_next_incarnation()
    {
        var sim = new Sim();
        var incarnation = 0;
        List<object> seen = [];
        var actor = sim.System.Spawn(Props.Of(() =>
        {
            var isFirst = ++incarnation == 1;
            return new Scripted
            {
                Receive = (context, message) =>
                {
                    if (isFirst)
                    {
                        context.Stash();
                    }
                    else
                    {
                        seen.Add(message);
                    }

                    return default;
                },
            };
        }).WithStash(2));
        foreach (var i in Enumerable.Range(1, 4))
        {
            actor.Tell(i);
        }

        sim.RunFor(1);

        Assert.Equal([1, 2, 4], seen); // 3 was being handled when the actor failed
        Assert.IsType<StashOverflowException>(Assert.Single(sim.Events, e => e.Kind == ActorEventKind.Failed).Error);
    }

    [Fact]
    public void A_stash_that_ends_with_its_actor_is_counted()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, _) => context.Stash());
        actor.Tell(1);
        actor.Tell(2);
        sim.Run();

        _ = sim.System.TerminateAsync();
        sim.Run();

        Assert.Equal(2, sim.Dead(DeadLetterReason.StashDropped));
    }

    [Fact]
    public void A_message_cannot_be_stashed_twice()
    {
        var sim = new Sim();
        var refusals = 0;
        var actor = sim.Spawn((context, _) =>
        {
            if (refusals == 0)
            {
                context.Stash();
                Assert.Throws<InvalidOperationException>(context.Stash);
                refusals++;
                context.UnstashAll();
            }
        });
        actor.Tell(1);

        sim.Run();

        Assert.Equal(1, refusals);
        Assert.Equal(0, ((ActorCell)actor).WaitingWhenQuiet);
    }

    [Fact]
    public void Unbecome_returns_to_the_first_behaviour()
    {
        var sim = new Sim();
        List<string> seen = [];
        var actor = sim.Spawn((context, message) =>
        {
            seen.Add($"first {message}");
            context.Become(other =>
            {
                seen.Add($"second {other}");
                context.Unbecome();
                return default;
            });
        });
        actor.Tell(1);
        actor.Tell(2);
        actor.Tell(3);

        sim.Run();

        Assert.Equal(["first 1", "second 2", "first 3"], seen);
    }

    private static (Sim Sim, List<object> Seen) Timed(
        Action<ActorContext, object> atFirst, Action<ActorContext, int>? atTick = null)
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((context, message) =>
        {
            seen.Add(message);
            if (message is "go")
            {
                atFirst(context, message);
            }
            else
            {
                atTick?.Invoke(context, seen.Count - 1);
            }
        });
        actor.Tell("go");
        return (sim, seen);
    }
}
