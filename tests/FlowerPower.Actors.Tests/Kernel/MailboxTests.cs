using FlowerPower.Actors.TestKit;

namespace FlowerPower.Actors.Tests.Kernel;

public sealed class MailboxTests
{
    [Fact]
    public async Task Eight_producers_lose_no_message_and_keep_their_order()
    {
        const int producers = 8;
        const int each = 20_000;
        await using var system = new ActorSystem("real");
        var next = new int[producers];
        var handled = 0;
        var disorder = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = system.Spawn(Scripted.Of((_, message) =>
        {
            var (producer, number) = ((int, int))message;
            disorder += next[producer]++ == number ? 0 : 1;
            if (++handled == producers * each)
            {
                done.SetResult();
            }
        }));

        await Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                actor.Tell((producer, i));
            }
        })));
        await done.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(0, disorder);
        Assert.Equal(producers * each, handled);
    }

    [Fact]
    public async Task A_message_told_to_an_actor_about_to_rest_wakes_it()
    {
        // One message in flight at a time: each Tell meets a receiver that is just going to sleep.
        const int rounds = 100_000;
        await using var system = new ActorSystem("real");
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pong = system.Spawn(Scripted.Of((context, message) => context.Reply(message)));
        var ping = system.Spawn(Scripted.Of((context, message) =>
        {
            if ((int)message == rounds)
            {
                done.SetResult();
            }
            else
            {
                pong.Tell((int)message + 1, context.Self);
            }
        }));

        ping.Tell(0);

        await done.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, system.DeadLetters.Total);
    }

    [Fact]
    public void A_stop_overtakes_waiting_messages()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((_, message) => seen.Add(message));
        sim.Run();
        actor.Tell(1);
        actor.Tell(2);
        ((ActorCell)actor).SendSystem(new SystemMessage.Stop());

        sim.Run();

        Assert.Empty(seen);
        Assert.Equal(2, sim.Dead(DeadLetterReason.Stopped));
    }

    [Fact]
    public void Stop_self_ends_the_actor_after_the_current_message()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.Spawn((context, message) =>
        {
            context.StopSelf();
            seen.Add(message);
        });
        actor.Tell(1);
        actor.Tell(2);

        sim.Run();

        Assert.Equal([1], seen);
        Assert.Equal(1, sim.Dead(DeadLetterReason.Stopped));
    }

    [Fact]
    public void A_full_mailbox_refuses_with_a_reason_and_takes_more_when_there_is_room()
    {
        var sim = new Sim();
        List<object> seen = [];
        var actor = sim.System.Spawn(Scripted.Of((_, message) => seen.Add(message)).WithMailbox(2));
        actor.Tell(1);
        actor.Tell(2);
        actor.Tell(3);
        sim.Run();
        actor.Tell(4);
        sim.Run();

        Assert.Equal([1, 2, 4], seen);
        Assert.Equal(1, sim.Dead(DeadLetterReason.MailboxFull));
        Assert.Equal(3, Assert.Single(sim.System.DeadLetters.Recent).Message);
    }

    [Fact]
    public void A_busy_actor_lets_others_run_after_its_batch()
    {
        var sim = new Sim(throughput: 10);
        var handled = 0;
        var actor = sim.Spawn((_, _) => handled++);
        sim.Run();
        for (var i = 0; i < 25; i++)
        {
            actor.Tell(i);
        }

        List<int> afterEachTurn = [];
        while (sim.Dispatcher.Step())
        {
            afterEachTurn.Add(handled);
        }

        Assert.Equal([10, 20, 25], afterEachTurn);
    }

    [Fact]
    public async Task An_async_handler_is_never_interleaved()
    {
        await using var system = new ActorSystem("real");
        var inside = 0;
        var overlaps = 0;
        var probe = new TestProbe(system);
        var actor = system.Spawn(Props.Of(() => new Scripted
        {
            Receive = async (context, message) =>
            {
                overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                await Task.Yield();
                await Task.Yield();
                overlaps += Interlocked.Decrement(ref inside) == 0 ? 0 : 1;
                context.Reply(message);
            },
        }));

        for (var i = 0; i < 2_000; i++)
        {
            actor.Tell(i, probe);
        }

        var replies = await probe.ReceiveN(2_000);
        Assert.Equal(Enumerable.Range(0, 2_000), replies.Cast<int>());
        Assert.Equal(0, overlaps);
    }

    [Fact]
    public async Task The_teller_s_execution_context_does_not_reach_the_handler()
    {
        await using var system = new ActorSystem("real");
        var local = new AsyncLocal<string?> { Value = "secret of the caller" };
        var probe = new TestProbe(system);
        var actor = system.Spawn(Scripted.Of((context, message) =>
        {
            if (message is "set")
            {
                context.StartTimer("t", "tick", TimeSpan.FromMilliseconds(1));
            }
            else
            {
                probe.Tell(local.Value ?? "nothing");
            }
        }));

        actor.Tell("read");
        actor.Tell("set");

        Assert.Equal("nothing", await probe.ExpectMsg<string>());
        Assert.Equal("nothing", await probe.ExpectMsg<string>());
    }

    [Fact]
    public void A_turn_run_twice_by_a_dispatcher_is_caught()
    {
        var twice = new CollectingDispatcher();
        var system = new ActorSystem("twice", new() { Dispatcher = twice });
        system.Spawn(Scripted.Of((_, _) => { }));
        var turn = twice.Scheduled[^1];
        turn.Execute();

        var error = Assert.Throws<InvalidOperationException>(turn.Execute);
        Assert.Contains("entered twice", error.Message);
    }

    private sealed class CollectingDispatcher : IDispatcher
    {
        public List<IThreadPoolWorkItem> Scheduled { get; } = [];

        public void Schedule(IThreadPoolWorkItem work) => Scheduled.Add(work);
    }
}
