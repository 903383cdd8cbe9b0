using System.Diagnostics.Metrics;

namespace FlowerPower.Actors.Tests.Kernel;

public sealed class DeadLetterTests
{
    [Fact]
    public void The_last_256_are_kept_and_all_are_counted()
    {
        var sim = new Sim();
        var actor = sim.System.Spawn(Props.Of(() => new Deaf()));
        for (var i = 0; i < 300; i++)
        {
            actor.Tell(i);
        }

        sim.Run();

        Assert.Equal(300, sim.System.DeadLetters.Counts[DeadLetterReason.Unhandled]);
        Assert.Equal(Enum.GetValues<DeadLetterReason>().Length, sim.System.DeadLetters.Counts.Count);
        Assert.Equal(Enumerable.Range(44, 256), sim.System.DeadLetters.Recent.Select(letter => (int)letter.Message));
    }

    [Fact]
    public void A_dead_letter_says_what_was_for_whom_from_whom_and_when()
    {
        var sim = new Sim();
        var probe = sim.Probe();
        var actor = sim.System.Spawn(Props.Of(() => new Deaf()));
        List<DeadLetter> published = [];
        using var subscription = sim.System.Events.Subscribe<DeadLetter>(published.Add);
        actor.Tell("what", probe);

        sim.Run();

        var expected = new DeadLetter(DeadLetterReason.Unhandled, "what", actor, probe, sim.Time.GetUtcNow());
        Assert.Equal(expected, Assert.Single(sim.System.DeadLetters.Recent));
        Assert.Equal(expected, Assert.Single(published));
    }

    [Fact]
    public void A_reply_to_nobody_is_counted()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, _) =>
        {
            context.Reply("answer");
            ActorRef.Nobody.Tell("into the void", context.Self);
            context.Passivate();
        });
        actor.Tell("question");

        sim.Run();

        Assert.Equal(2, sim.Dead(DeadLetterReason.NoRecipient));
        Assert.Equal(1, sim.Dead(DeadLetterReason.NotAnEntity));
    }

    [Fact]
    public void The_meter_counts_by_reason()
    {
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Name == "flowerpower.actors.dead_letters")
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags[0].Value is nameof(DeadLetterReason.NotAnEntity))
            {
                Interlocked.Add(ref counted, value);
            }
        });
        listener.Start();
        var sim = new Sim();
        sim.Spawn((context, _) => context.Passivate()).Tell("go");

        sim.Run();

        Assert.True(Interlocked.Read(ref counted) >= 1, "The process-wide meter did not see this system's dead letter.");
    }

    [Fact]
    public void A_listener_that_throws_is_counted_and_harms_nobody()
    {
        var bus = new EventBus();
        List<string> seen = [];
        using var bad = bus.Subscribe<string>(_ => throw new Boom());
        var good = bus.Subscribe<string>(seen.Add);

        bus.Publish("one");
        good.Dispose();
        good.Dispose();
        bus.Publish("two");

        Assert.Equal(["one"], seen);
        Assert.Equal(2, bus.Failures);
    }

    [Fact]
    public void An_actor_may_subscribe_to_events()
    {
        var sim = new Sim();
        var probe = sim.Probe();
        using var subscription = sim.System.Events.Subscribe<ActorEvent>(probe);
        sim.Spawn((_, _) => throw new Boom()).Tell("fail");

        sim.Run();

        Assert.Equal(1, probe.Waiting);
    }

    [Fact]
    public void Dead_subscribers_of_dead_letters_do_not_report_each_other_for_ever()
    {
        var sim = new Sim();
        ActorRef[] subscribers = [sim.Spawn((_, _) => { }), sim.Spawn((_, _) => { })];
        foreach (var subscriber in subscribers)
        {
            sim.System.Events.Subscribe<DeadLetter>(subscriber);
            ((ActorCell)subscriber).SendSystem(new SystemMessage.Stop());
        }

        sim.Run();
        subscribers[0].Tell("late");

        Assert.Equal(3, sim.Dead(DeadLetterReason.Stopped)); // the message, and its report to each of the two
    }

    private sealed class Deaf : Actor
    {
        protected internal override ValueTask OnReceive(object message)
        {
            Unhandled(message);
            return default;
        }
    }
}
