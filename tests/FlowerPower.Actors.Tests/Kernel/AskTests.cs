namespace FlowerPower.Actors.Tests.Kernel;

public sealed class AskTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_ask_is_answered()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, message) => context.Reply((int)message + 1));

        var answer = actor.Ask<int>(41, Second);
        sim.Run();

        Assert.Equal(42, await answer.WaitAsync(Sim.Guard));
        Assert.Null(sim.Time.NextDue); // an answered Ask leaves no timer behind
    }

    [Fact]
    public async Task A_failure_reply_faults_the_ask_with_its_reason()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, _) => context.Reply(new Failure(new Boom("no"))));

        var answer = actor.Ask<object>("q", Second);
        sim.Run();

        var error = await Assert.ThrowsAsync<ActorFailedException>(() => answer.WaitAsync(Sim.Guard));
        Assert.IsType<Boom>(error.Reason);
        Assert.Equal("no", error.Message);
    }

    [Fact]
    public async Task An_ask_times_out_by_the_systems_clock_and_its_late_reply_is_counted()
    {
        var sim = new Sim();
        ActorRef? asker = null;
        var actor = sim.Spawn((context, _) => asker = context.Sender, "slow");
        var answer = actor.Ask<string>("q", Second);
        sim.RunFor(0.999);
        Assert.False(answer.IsCompleted);

        sim.RunFor(0.001);
        asker!.Tell("too late");

        var error = await Assert.ThrowsAsync<AskTimeoutException>(() => answer.WaitAsync(Sim.Guard));
        Assert.Equal("sim/slow did not answer String with String within 00:00:01.", error.Message);
        Assert.Equal(1, sim.Dead(DeadLetterReason.LateReply));
        Assert.Equal("too late", sim.System.DeadLetters.Recent[0].Message);
    }

    [Fact]
    public async Task A_second_reply_is_a_counted_late_reply()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, _) =>
        {
            context.Reply(1);
            context.Reply(2);
        });

        var answer = actor.Ask<int>("q", Second);
        sim.Run();

        Assert.Equal(1, await answer.WaitAsync(Sim.Guard));
        Assert.Equal(1, sim.Dead(DeadLetterReason.LateReply));
    }

    [Fact]
    public async Task A_reply_of_another_type_names_both_types()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, _) => context.Reply(1.5), "odd");

        var answer = actor.Ask<string>(7, Second);
        sim.Run();

        var error = await Assert.ThrowsAsync<UnexpectedReplyException>(() => answer.WaitAsync(Sim.Guard));
        Assert.Equal("sim/odd answered Int32 with Double, but the caller asked for String.", error.Message);
    }

    [Fact]
    public async Task A_cancelled_ask_ends_at_once()
    {
        var sim = new Sim();
        using var cancelled = new CancellationTokenSource();
        ActorRef? asker = null;
        var actor = sim.Spawn((context, _) => asker = context.Sender);
        var answer = actor.Ask<string>("q", Second, cancelled.Token);
        sim.Run();

        await cancelled.CancelAsync();
        asker!.Tell("late");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Sim.Guard));
        Assert.Equal(1, sim.Dead(DeadLetterReason.LateReply));
        Assert.Null(sim.Time.NextDue);
    }

    [Theory]
    [InlineData("stopped", DeadLetterReason.Stopped)]
    [InlineData("unhandled", DeadLetterReason.Unhandled)]
    public async Task An_ask_whose_message_was_dropped_does_not_wait_for_its_deadline(string how, DeadLetterReason reason)
    {
        var sim = new Sim();
        var actor = sim.System.Spawn(Props.Of(() => new Deaf()));
        if (how == "stopped")
        {
            _ = sim.System.StopAsync(actor, Second);
            sim.Run();
        }

        var answer = actor.Ask<string>("q", Second);
        sim.Run();

        var error = await Assert.ThrowsAsync<ActorFailedException>(() => answer.WaitAsync(Sim.Guard));
        Assert.Equal(reason, Assert.IsType<MessageDroppedException>(error.Reason).Reason);
        Assert.Equal(1, sim.Dead(reason));
    }

    [Fact]
    public async Task Nobody_answers_at_once_that_there_is_nobody()
    {
        var error = await Assert.ThrowsAsync<ActorFailedException>(() => ActorRef.Nobody.Ask<string>("q", Second));

        Assert.Equal(DeadLetterReason.NoRecipient, Assert.IsType<MessageDroppedException>(error.Reason).Reason);
    }

    [Fact]
    public void An_ask_without_a_deadline_is_refused()
    {
        var actor = new Sim().Spawn((_, _) => { });

        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = actor.Ask<string>("q", Timeout.InfiniteTimeSpan); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = actor.Ask<string>("q", TimeSpan.Zero); });
    }

    [Fact]
    public void An_actor_may_await_an_ask_in_its_handler()
    {
        var sim = new Sim();
        var probe = sim.Probe();
        var oracle = sim.Spawn((context, message) => context.Reply($"{message}!"));
        var actor = sim.Spawn(async (_, message) => probe.Tell(await oracle.Ask<string>(message, Second)));

        actor.Tell("hello");
        sim.Run();

        Assert.Equal(1, probe.Waiting);
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
