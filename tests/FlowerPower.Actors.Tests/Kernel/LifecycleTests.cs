namespace FlowerPower.Actors.Tests.Kernel;

public sealed class LifecycleTests
{
    [Fact]
    public void A_restart_runs_the_hooks_in_order_and_keeps_ref_and_messages_but_not_state()
    {
        var sim = new Sim();
        List<string> trace = [];
        var incarnation = 0;
        var actor = sim.System.Spawn(Props.Of(() =>
        {
            var me = ++incarnation;
            return new Scripted
            {
                Start = Note(context => trace.Add($"{me} start")),
                Receive = (_, message) =>
                {
                    trace.Add($"{me} got {message}");
                    return message is "bad" ? throw new Boom() : default;
                },
                Restart = (_, reason, message) =>
                {
                    trace.Add($"{me} restart: {reason.Message} at {message}");
                    return default;
                },
                Stop = Note(_ => trace.Add($"{me} stop")),
            };
        }));
        actor.Tell("good");
        actor.Tell("bad");
        actor.Tell("later");

        sim.RunFor(1);

        Assert.Equal(
            ["1 start", "1 got good", "1 got bad", "1 restart: boom at bad", "1 stop", "2 start", "2 got later"], trace);
    }

    [Fact]
    public void An_actor_whose_start_throws_has_failed()
    {
        var sim = new Sim();
        var starts = 0;
        List<object> seen = [];
        var actor = sim.System.Spawn(Props.Of(() => new Scripted
        {
            Start = _ => ++starts < 3 ? throw new Boom() : default,
            Receive = Note((_, message) => seen.Add(message)),
        }));
        actor.Tell("patience");

        sim.RunFor(1);

        Assert.Equal(3, starts);
        Assert.Equal(["patience"], seen);
    }

    [Fact]
    public void A_factory_that_throws_is_tried_again_and_one_that_repeats_an_instance_is_named()
    {
        var sim = new Sim();
        var shared = new Scripted { Receive = (_, _) => throw new Boom() };
        var actor = sim.System.Spawn(Props.Of(() => shared), "twin");
        actor.Tell("fail once");

        sim.RunFor(300);

        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.Failed && e.Detail.Contains("sim/twin returned the same Scripted twice"));
        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.BudgetSpent);
    }

    [Fact]
    public async Task Stopping_a_deep_tree_ends_children_first()
    {
        var sim = new Sim(seed: 7);
        List<string> stopped = [];
        Props Level(int depth) => Props.Of(() => new Scripted
        {
            Start = Note(context =>
            {
                if (depth < 5)
                {
                    context.Spawn(Level(depth + 1), "left");
                    context.Spawn(Level(depth + 1), "right");
                }
            }),
            Stop = async context =>
            {
                await Task.Yield();
                stopped.Add(context.Self.Path);
            },
        });
        var top = sim.System.Spawn(Level(0), "top");
        sim.Run();

        var ended = sim.System.StopAsync(top, TimeSpan.FromSeconds(1));
        sim.Run();

        Assert.True(await ended.WaitAsync(Sim.Guard));
        Assert.Equal(63, stopped.Count);
        foreach (var (path, position) in stopped.Select((path, i) => (path, i)))
        {
            Assert.All(stopped.Where(other => other.StartsWith(path + "/", StringComparison.Ordinal)), other => Assert.True(stopped.IndexOf(other) < position));
        }
    }

    [Fact]
    public void A_restart_stops_the_children_before_the_incarnation()
    {
        var sim = new Sim();
        List<string> trace = [];
        var parent = sim.System.Spawn(Props.Of(() => new Scripted
        {
            Start = Note(context => context.Spawn(Props.Of(() => new Scripted { Stop = Note(_ => trace.Add("child")) }), "same-name")),
            Receive = (_, _) => throw new Boom(),
            Stop = Note(_ => trace.Add("parent")),
        }));
        parent.Tell("fail");

        sim.RunFor(1);

        Assert.Equal(["child", "parent"], trace);
        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.Restarted);
    }

    [Fact]
    public async Task Stopping_is_cancelled_while_a_handler_still_awaits()
    {
        var sim = new Sim();
        List<string> trace = [];
        var actor = sim.System.Spawn(Props.Of(() => new Scripted
        {
            Receive = async (context, _) =>
            {
                trace.Add("waits");
                await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, context.Stopping);
            },
            Stop = Note(_ => trace.Add("stopped")),
        }));
        actor.Tell("wait");
        sim.Run();

        var ended = sim.System.StopAsync(actor, TimeSpan.FromSeconds(1));
        sim.Run();

        Assert.True(await ended.WaitAsync(Sim.Guard));
        Assert.Equal(["waits", "stopped"], trace);
        Assert.DoesNotContain(sim.Events, e => e.Kind == ActorEventKind.Failed);
    }

    [Fact]
    public async Task Waiting_for_the_end_of_a_stuck_actor_gives_up_in_time()
    {
        var sim = new Sim();
        var never = new TaskCompletionSource();
        var actor = sim.Spawn(async (_, _) => await never.Task);
        actor.Tell("hang");
        sim.Run();

        var ended = sim.System.StopAsync(actor, TimeSpan.FromSeconds(3));
        sim.RunFor(4);

        Assert.False(await ended.WaitAsync(Sim.Guard));
    }

    [Fact]
    public async Task A_hook_that_throws_is_reported_and_does_not_hold_up_the_end()
    {
        var sim = new Sim();
        var actor = sim.System.Spawn(Props.Of(() => new Scripted { Stop = _ => throw new Boom("in stop") }));
        sim.Run();

        var ended = sim.System.TerminateAsync();
        sim.Run();

        await ended.WaitAsync(Sim.Guard);
        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.HookFailed && e.Path == actor.Path);
    }

    [Fact]
    public void A_terminated_system_makes_no_more_actors_and_counts_what_it_is_told()
    {
        var sim = new Sim();
        var actor = sim.Spawn((_, _) => { });
        _ = sim.System.TerminateAsync();
        sim.Run();

        actor.Tell("late");

        Assert.Throws<InvalidOperationException>(() => sim.Spawn((_, _) => { }));
        Assert.Equal(1, sim.Dead(DeadLetterReason.Stopped));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$1")]
    [InlineData("a/b")]
    public void Names_that_would_break_paths_are_refused(string name) =>
        Assert.Contains("cannot be an actor's name", Assert.Throws<ArgumentException>(() => new Sim().Spawn((_, _) => { }, name)).Message);

    [Fact]
    public void A_name_is_taken_until_its_actor_has_ended()
    {
        var sim = new Sim();
        var first = sim.Spawn((_, _) => { }, "one");
        Assert.Throws<ArgumentException>(() => sim.Spawn((_, _) => { }, "one"));

        _ = sim.System.StopAsync(first, TimeSpan.FromSeconds(1));
        sim.Run();

        Assert.Equal("sim/one", sim.Spawn((_, _) => { }, "one").Path);
    }

    [Fact]
    public void A_context_kept_from_a_former_incarnation_is_refused()
    {
        var sim = new Sim();
        List<ActorContext> contexts = [];
        var actor = sim.System.Spawn(Props.Of(() => new Scripted { Start = Note(contexts.Add), Receive = (_, _) => throw new Boom() }));
        actor.Tell("fail");
        sim.RunFor(1);

        Assert.Equal(2, contexts.Count);
        Assert.Throws<InvalidOperationException>(() => contexts[0].StartTimer("k", "m", TimeSpan.Zero));
        Assert.True(contexts[0].Stopping.IsCancellationRequested);
        Assert.False(contexts[1].Stopping.IsCancellationRequested);
    }

    private static Func<ActorContext, ValueTask> Note(Action<ActorContext> action) => context =>
    {
        action(context);
        return default;
    };

    private static Func<ActorContext, object, ValueTask> Note(Action<ActorContext, object> action) => (context, message) =>
    {
        action(context, message);
        return default;
    };
}
