using FlowerPower.Actors.TestKit;

namespace FlowerPower.Actors.Tests.Kernel;

public sealed class WatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_watcher_is_told_once_when_the_target_ends()
    {
        var sim = new Sim();
        List<object> seen = [];
        var target = sim.Spawn((_, _) => { });
        var watcher = sim.Spawn((context, message) =>
        {
            if (message is "watch")
            {
                context.Watch(target);
            }
            else
            {
                seen.Add(message);
            }
        });
        watcher.Tell("watch");
        watcher.Tell("watch");
        sim.Run();

        _ = sim.System.StopAsync(target, Second);
        sim.Run();

        Assert.Equal([new Terminated(target)], seen);
    }

    [Fact]
    public void Watching_a_dead_actor_tells_once()
    {
        var sim = new Sim();
        var target = sim.Spawn((_, _) => { });
        _ = sim.System.StopAsync(target, Second);
        sim.Run();
        var probe = sim.Probe();
        List<object> seen = [];
        var watcher = sim.Spawn((context, message) =>
        {
            if (message is "watch")
            {
                context.Watch(target);
            }
            else
            {
                seen.Add(message);
            }
        });

        probe.Watch(target);
        watcher.Tell("watch");
        sim.Run();

        Assert.Equal([new Terminated(target)], seen);
        Assert.Equal(1, probe.Waiting);
    }

    [Fact]
    public void A_watch_taken_back_tells_nothing()
    {
        var sim = new Sim();
        List<object> seen = [];
        var target = sim.Spawn((_, _) => { });
        var watcher = sim.Spawn((context, message) =>
        {
            switch (message)
            {
                case "watch":
                    context.Watch(target);
                    break;
                case "unwatch":
                    context.Unwatch(target);
                    break;
                default:
                    seen.Add(message);
                    break;
            }
        });
        watcher.Tell("watch");
        sim.Run();
        _ = sim.System.StopAsync(target, Second);
        watcher.Tell("unwatch");

        sim.Run();

        Assert.Empty(seen);
    }

    [Fact]
    public void A_watch_ends_with_its_incarnation()
    {
        var sim = new Sim();
        List<object> seen = [];
        var target = sim.Spawn((_, _) => { });
        var watcher = sim.Spawn((context, message) =>
        {
            seen.Add(message);
            context.Watch(target);
            if (message is "fail")
            {
                throw new Boom();
            }
        });
        watcher.Tell("fail");
        sim.RunFor(1);

        _ = sim.System.StopAsync(target, Second);
        sim.Run();

        Assert.Equal(["fail"], seen);
    }

    [Fact]
    public void A_parent_told_of_its_childs_end_may_reuse_the_name()
    {
        var sim = new Sim(seed: 3);
        var spawned = 0;
        var parent = sim.Spawn((context, _) =>
        {
            if (spawned++ < 3)
            {
                var child = context.Spawn(Scripted.Of((_, _) => { }), "phoenix");
                context.Watch(child);
                context.Stop(child);
            }
        });
        parent.Tell("begin");

        sim.Run();

        Assert.Equal(4, spawned); // the beginning and three ends
        Assert.DoesNotContain(sim.Events, e => e.Kind == ActorEventKind.Failed);
    }

    [Fact]
    public void A_terminated_goes_before_waiting_messages()
    {
        var sim = new Sim();
        List<object> seen = [];
        var target = sim.Spawn((_, _) => { });
        var watcher = sim.Spawn((context, message) =>
        {
            seen.Add(message);
            context.Watch(target);
        });
        watcher.Tell("watch");
        sim.Run();
        seen.Clear();
        watcher.Tell("user");
        ((ActorCell)watcher).SendSystem(new SystemMessage.DeathNotice(target));

        sim.Run();

        Assert.Equal([new Terminated(target), "user"], seen);
    }

    [Fact]
    public void An_actor_stops_only_its_own_children_and_cannot_watch_itself()
    {
        var sim = new Sim();
        List<Exception> errors = [];
        var stranger = sim.Spawn((_, _) => { });
        var actor = sim.Spawn((context, _) =>
        {
            errors.Add(Assert.Throws<ArgumentException>(() => context.Stop(stranger)));
            errors.Add(Assert.Throws<ArgumentException>(() => context.Watch(context.Self)));
        });
        actor.Tell("try");

        sim.Run();

        Assert.Equal(2, errors.Count);
    }

    [Fact]
    public async Task Watch_and_end_race_without_losing_or_doubling_the_notice()
    {
        await using var system = new ActorSystem("real");
        for (var i = 0; i < 300; i++)
        {
            var target = system.Spawn(Scripted.Of((context, _) => context.StopSelf()));
            var probe = new TestProbe(system);
            var watching = Task.Run(() => probe.Watch(target));
            target.Tell("stop");
            await watching;

            Assert.Equal(target, (await probe.ExpectMsg<Terminated>()).Ref);
            probe.ExpectNoMsg();
        }
    }
}
