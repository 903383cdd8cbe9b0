namespace FlowerPower.Actors.Tests.Cluster;

public sealed class ShardHostTests
{
    private static readonly Func<ShardRegionSettings, ShardRegionSettings> RoundBackoff =
        settings => settings with { RecoverBackoff = TimeSpan.FromSeconds(1), MaxRecoverBackoff = TimeSpan.FromSeconds(10) };

    [Fact]
    public void Messages_wait_for_the_host_to_start_and_keep_their_order()
    {
        var sim = new Sim();
        var started = new TaskCompletionSource();
        List<object> seen = [];
        var log = new Shards.Log { Start = (_, _) => new(started.Task) };
        var region = Shards.Start(sim, _ => Scripted.Of((_, message) => seen.Add(message)), log: log);
        region.Tell("one", 1);
        region.Tell("one", 2);
        sim.Run();
        Assert.Equal((ShardPhase.Starting, 2), (region.State.Shards[0].Phase, region.State.Shards[0].Buffered));

        started.SetResult();
        sim.Run();

        Assert.Equal([1, 2], seen);
        Assert.Equal((ShardPhase.Active, 0), (region.State.Shards[0].Phase, region.State.Shards[0].Buffered));
    }

    [Fact]
    public void A_host_that_fails_to_start_twice_is_replaced_until_one_starts()
    {
        var sim = new Sim();
        List<object> seen = [];
        var log = new Shards.Log { Start = (number, _) => number < 3 ? ValueTask.FromException(new Boom("claimed by another")) : default };
        var region = Shards.Start(sim, _ => Scripted.Of((_, message) => seen.Add(message)), RoundBackoff, log: log);
        region.Tell("one", "patience");
        sim.Run();
        Assert.Equal(ShardPhase.BackingOff, region.State.Shards[0].Phase);

        sim.RunFor(4);

        Assert.Equal(["start 0", "start 0", "start 0"], log.Lines); // one that did not start is not stopped
        Assert.Equal(["patience"], seen);
        Assert.Equal(2, sim.Events.Count(e => e.Kind == ActorEventKind.ShardFailed && e.Detail.Contains("claimed by another")));
    }

    [Fact]
    public void A_failed_host_is_replaced_and_no_message_is_lost_or_reordered()
    {
        var sim = new Sim(throughput: 1);
        List<string> seen = [];
        var incarnation = 0;
        var log = new Shards.Log();
        var region = Shards.Start(
            sim,
            id =>
            {
                var me = ++incarnation;
                return Scripted.Of((_, message) => seen.Add($"{id}/{me}: {message}"));
            },
            RoundBackoff,
            log: log);
        region.Tell("one", 1);
        sim.Run();
        foreach (var i in (int[])[2, 3])
        {
            region.Tell("one", i);
        }

        log.Contexts[0].Fail(new Boom("fenced"));
        region.Tell("one", 4);
        sim.Run();
        region.Tell("one", 5);
        sim.Run();
        Assert.Equal(["start 0", "stop 0"], log.Lines);
        sim.RunFor(2);

        Assert.Equal(["start 0", "stop 0", "start 0"], log.Lines);
        Assert.Equal(["1", "2", "3", "4", "5"], seen.Select(line => line[^1..]));
        Assert.Equal("one/2: 5", seen[^1]);
        Assert.Equal(0, sim.System.DeadLetters.Total);
    }

    [Fact]
    public void Messages_in_an_entitys_mailbox_when_its_host_fails_go_to_the_next_incarnation_in_order()
    {
        var sim = new Sim();
        List<string> seen = [];
        var gate = new TaskCompletionSource();
        var log = new Shards.Log();
        var region = Shards.Start(
            sim,
            _ => Props.Of(() => new Scripted
            {
                Receive = async (_, message) =>
                {
                    seen.Add($"{message}");
                    await gate.Task;
                },
            }),
            RoundBackoff,
            log: log);
        foreach (var i in (int[])[1, 2, 3])
        {
            region.Tell("one", i); // 1 is being handled, 2 and 3 are behind it
        }

        sim.Run();
        log.Contexts[0].Fail(new Boom());
        sim.Run();
        region.Tell("one", 4);
        sim.Run();
        Assert.Equal(ShardPhase.Failing, region.State.Shards[0].Phase);
        gate.SetResult();
        sim.RunFor(2);

        Assert.Equal(["1", "2", "3", "4"], seen);
        Assert.Equal(0, sim.System.DeadLetters.Total);
    }

    [Fact]
    public void A_dropped_host_has_no_power_over_its_successor()
    {
        var sim = new Sim();
        List<object> seen = [];
        var log = new Shards.Log();
        Shards.Start(sim, _ => Scripted.Of((_, message) => seen.Add(message)), RoundBackoff, log: log);
        sim.Run();
        log.Contexts[0].TellEntity("one", "sent by the first host");
        log.Contexts[0].Fail(new Boom()); // overtakes the message above
        sim.RunFor(2);

        log.Contexts[0].TellEntity("one", "stale");
        log.Contexts[0].Fail(new Boom());
        log.Contexts[1].TellEntity("one", "fresh");
        sim.RunFor(2);

        Assert.Equal(["fresh"], seen);
        Assert.Equal(2, log.Contexts.Count);
        Assert.Equal(2, sim.Dead(DeadLetterReason.FormerIncarnation));
    }

    [Fact]
    public void What_a_host_sends_has_no_sender_so_that_nobody_answers_the_shard()
    {
        var sim = new Sim();
        ActorRef? sender = null;
        var log = new Shards.Log();
        Shards.Start(
            sim,
            _ => Scripted.Of((context, message) =>
            {
                sender = context.Sender;
                context.Sender.Tell($"answer to {message}");
            }),
            log: log);
        sim.Run();

        log.Contexts[0].TellEntity("one", "hello");
        sim.Run();

        Assert.Same(ActorRef.Nobody, sender);
        Assert.Equal(0, sim.Dead(DeadLetterReason.Unhandled));
    }

    [Fact]
    public void A_full_buffer_refuses_with_a_reason()
    {
        var sim = new Sim();
        var started = new TaskCompletionSource();
        var handled = 0;
        var log = new Shards.Log { Start = (_, _) => new(started.Task) };
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => handled++), settings => settings with { BufferPerShard = 10 }, log: log);
        for (var i = 0; i < 25; i++)
        {
            region.Tell("one", i);
            sim.Run();
        }

        Assert.Equal(15, sim.Dead(DeadLetterReason.ShardBufferFull));
        started.SetResult();
        sim.Run();

        Assert.Equal(10, handled);
        Assert.Equal(0, region.State.Shards[0].Buffered);
    }

    [Fact]
    public void A_shard_that_has_no_turn_refuses_more_than_its_buffer()
    {
        var sim = new Sim();
        var handled = 0;
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => handled++), settings => settings with { BufferPerShard = 10 });
        for (var i = 0; i < 25; i++)
        {
            region.Tell("one", i);
        }

        sim.Run();

        Assert.Equal(10, handled);
        Assert.Equal(15, sim.Dead(DeadLetterReason.ShardBufferFull));
    }

    [Fact]
    public void A_host_that_fails_while_it_starts_is_replaced()
    {
        var sim = new Sim();
        var log = new Shards.Log();
        log.Start = (number, token) =>
        {
            if (number > 1)
            {
                return default;
            }

            log.Contexts[0].Fail(new Boom("lost the claim"));
            return new(Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, token));
        };
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => { }), RoundBackoff, log: log);

        sim.RunFor(3);

        Assert.Equal(2, log.Contexts.Count);
        Assert.Equal(ShardPhase.Active, region.State.Shards[0].Phase);
        Assert.Contains(sim.Events, e => e.Detail.Contains("lost the claim"));
    }

    [Fact]
    public void A_host_that_never_stops_is_left_behind()
    {
        var sim = new Sim();
        var log = new Shards.Log { Stop = () => new(new TaskCompletionSource().Task) };
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => { }), RoundBackoff, log: log);
        sim.Run();
        log.Contexts[0].Fail(new Boom());

        sim.RunFor(15);

        Assert.Equal(ShardPhase.Active, region.State.Shards[0].Phase);
        Assert.Equal(2, log.Contexts.Count);
    }

    [Fact]
    public void An_escalated_entity_failure_replaces_the_host()
    {
        var sim = new Sim();
        var log = new Shards.Log();
        var region = Shards.Start(
            sim,
            _ => Scripted.Of((_, message) =>
            {
                if (message is "unknown outcome")
                {
                    throw new Boom();
                }
            }),
            settings => RoundBackoff(settings) with { EntitySupervision = SupervisionStrategy.Escalating },
            log: log);
        region.Tell("one", "unknown outcome");

        sim.RunFor(3);

        Assert.Equal(["start 0", "stop 0", "start 0"], log.Lines);
        Assert.Equal(ShardPhase.Active, region.State.Shards[0].Phase);
    }

    [Fact]
    public void The_end_of_the_system_stops_the_hosts_after_their_entities()
    {
        var sim = new Sim();
        var log = new Shards.Log();
        var region = Shards.Start(
            sim,
            id => Props.Of(() => new Scripted
            {
                Stop = _ =>
                {
                    log.Lines.Add($"entity {id}");
                    return default;
                },
            }),
            log: log);
        region.Tell("one", 1);
        sim.Run();

        _ = sim.System.TerminateAsync();
        sim.Run();

        Assert.Equal(["start 0", "entity one", "stop 0"], log.Lines);
        Assert.Equal(ShardPhase.Stopped, region.State.Shards[0].Phase);
    }

    [Fact]
    public void The_end_of_the_system_cancels_a_host_that_is_starting()
    {
        var sim = new Sim();
        var log = new Shards.Log { Start = (_, token) => new(Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, token)) };
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => { }), log: log);
        region.Tell("one", 1);
        sim.Run();

        _ = sim.System.TerminateAsync();
        sim.Run();

        Assert.True(sim.System.WhenTerminated.IsCompleted);
        Assert.Equal(["start 0"], log.Lines);
        Assert.Equal(1, sim.Dead(DeadLetterReason.ShardStopped));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Under_random_passivation_crashes_and_host_failures_every_message_is_handled_or_counted(int seed)
    {
        var chance = new Random(seed);
        var sim = new Sim(seed, throughput: chance.Next(1, 6));
        var (sent, handled, disorder) = (0, 0, 0);
        var last = new Dictionary<string, int>();
        var log = new Shards.Log { Start = (_, _) => chance.Next(3) == 0 ? throw new Boom("start") : default };
        Props Entity(string id) => Props.Of(() => new Scripted
        {
            Receive = async (context, message) =>
            {
                if (message is PassivationHint)
                {
                    context.Passivate();
                    return;
                }

                handled++;
                disorder += last.GetValueOrDefault(id) < (int)message ? 0 : 1;
                last[id] = (int)message;
                switch (chance.Next(60))
                {
                    case < 6:
                        context.Passivate();
                        break;
                    case < 20:
                        await Task.Yield();
                        break;
                    case 20:
                        throw new Boom();
                    case 21:
                        log.Contexts[^1].Fail(new Boom("host"));
                        break;
                }
            },
            Stop = async _ => await Task.Yield(),
        });
        var region = Shards.Start(sim, Entity, settings => settings with { MaxActiveEntities = 3, IdleAfter = TimeSpan.FromSeconds(5), BufferPerShard = 40, MaxRecoverBackoff = TimeSpan.FromSeconds(2) }, log: log);

        for (var step = 0; step < 4_000; step++)
        {
            switch (chance.Next(8))
            {
                case 0:
                    sim.Time.Advance(TimeSpan.FromMilliseconds(chance.Next(1_000)));
                    break;
                case < 3:
                    region.Tell($"{chance.Next(6)}", ++sent);
                    break;
                default:
                    sim.Dispatcher.Step();
                    break;
            }
        }

        sim.RunFor(600);
        var counted = sim.System.DeadLetters.Total;
        Assert.True(sent == handled + counted, $"Seed {seed}: {sent} sent, {handled} handled, {counted} dead.");
        Assert.True(disorder == 0, $"Seed {seed}: {disorder} messages came before older ones of their entity.");
        Assert.True(handled > sent / 4, $"Seed {seed}: only {handled} of {sent} were handled: {string.Join(", ", sim.System.DeadLetters.Counts)}");
        Assert.DoesNotContain(sim.Events, e => e.Path.Count(letter => letter == '/') == 2 && e.Kind == ActorEventKind.Failed);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 40)];
}
