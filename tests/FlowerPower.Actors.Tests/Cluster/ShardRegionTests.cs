namespace FlowerPower.Actors.Tests.Cluster;

public sealed class ShardRegionTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Entities_are_made_on_demand_and_reached_by_id()
    {
        var sim = new Sim();
        List<string> seen = [];
        var region = Shards.Start(sim, id => Scripted.Of((_, message) => seen.Add($"{id} {message}")), shards: 4);
        sim.Run();
        Assert.Equal(0, region.State.ActiveEntities);

        region.Tell("1", "a");
        region.Tell("2", "b");
        region.Tell("1", "c");
        sim.Run();

        Assert.Equal(["1 a", "1 c", "2 b"], seen.Order());
        Assert.Equal(2, region.State.ActiveEntities);
        Assert.Equal(4, region.State.Shards.Count);
        Assert.All(region.State.Shards, shard => Assert.Equal(ShardPhase.Active, shard.Phase));
    }

    [Fact]
    public async Task An_entity_answers_an_ask_and_has_a_path_that_names_it()
    {
        var sim = new Sim();
        var region = Shards.Start(sim, _ => Scripted.Of((context, _) => context.Reply(context.Self.Path)), shards: 4);

        var answer = region.Ask<string>("7", "where", Second);
        sim.Run();

        Assert.Equal("sim/shards-job/3/7", await answer.WaitAsync(Sim.Guard));
    }

    [Fact]
    public async Task An_ask_that_times_out_names_the_entity()
    {
        var sim = new Sim();
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => { }));

        var answer = region.Ask<string>("7", "where", Second);
        sim.RunFor(2);

        var error = await Assert.ThrowsAsync<AskTimeoutException>(() => answer.WaitAsync(Sim.Guard));
        Assert.StartsWith("sim/shards-job/0/7 did not answer String", error.Message);
    }

    [Fact]
    public void An_idle_entity_is_hinted_and_one_that_ignores_it_stays()
    {
        var sim = new Sim();
        List<string> hinted = [];
        var region = Shards.Start(
            sim,
            id => Scripted.Of((context, message) =>
            {
                if (message is PassivationHint)
                {
                    hinted.Add(id);
                    if (id != "stays")
                    {
                        context.Passivate();
                    }
                }
            }),
            settings => settings with { IdleAfter = TimeSpan.FromSeconds(60) });
        region.Tell("goes", 1);
        region.Tell("stays", 1);
        region.Tell("busy", 1);
        sim.RunFor(40);
        region.Tell("busy", 2);
        sim.RunFor(36);

        Assert.Equal(["goes", "stays"], hinted);
        Assert.Equal(2, region.State.ActiveEntities);
        sim.RunFor(80);
        Assert.Equal(["goes", "stays", "busy", "stays"], hinted);
        Assert.Equal(0, sim.System.DeadLetters.Total);
    }

    [Fact]
    public void Beyond_the_limit_the_least_recently_used_entity_is_hinted()
    {
        var sim = new Sim();
        var region = Shards.Start(
            sim, Passivating(message => message is PassivationHint), settings => settings with { MaxActiveEntities = 3 });
        foreach (var id in (string[])["a", "b", "c", "a", "d"])
        {
            region.Tell(id, id);
            sim.Run();
        }

        Assert.Equal(3, region.State.ActiveEntities);
        region.Tell("b", "again");
        sim.Run();
        Assert.Equal(3, region.State.ActiveEntities);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_entity_that_passivates_after_each_message_loses_none_of_ten_thousand(int seed)
    {
        var sim = new Sim(seed, throughput: 3);
        List<int> seen = [];
        var incarnations = 0;
        var region = Shards.Start(sim, _ => Props.Of(() =>
        {
            incarnations++;
            return new Scripted
            {
                Receive = (context, message) =>
                {
                    seen.Add((int)message);
                    context.Passivate();
                    return default;
                },
            };
        }));
        var chance = new Random(seed);
        for (var i = 0; i < 10_000; i++)
        {
            region.Tell("one", i);
            for (var steps = chance.Next(8); steps > 0; steps--)
            {
                sim.Dispatcher.Step();
            }
        }

        sim.Run();

        Assert.Equal(Enumerable.Range(0, 10_000), seen);
        Assert.True(incarnations > 100, $"Seed {seed}: only {incarnations} incarnations; the race was not met.");
        Assert.Equal(0, sim.System.DeadLetters.Total);
        Assert.Equal(0, region.State.ActiveEntities);
    }

    [Fact]
    public async Task Passivation_on_real_threads_loses_nothing_and_keeps_the_order()
    {
        await using var system = new ActorSystem("real");
        var next = 0;
        var disorder = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var region = LocalShardRegion.Start(system, Shards.Settings(_ => Scripted.Of((context, message) =>
        {
            disorder += next++ == (int)message ? 0 : 1;
            context.Passivate();
            if (next == 10_000)
            {
                done.SetResult();
            }
        })));
        for (var i = 0; i < 10_000; i++)
        {
            region.Tell("one", i);
        }

        await done.Task.WaitAsync(Sim.Guard);
        Assert.Equal(0, disorder);
        Assert.Equal(0, system.DeadLetters.Total);
    }

    [Fact]
    public void A_stashed_message_survives_passivation()
    {
        var sim = new Sim();
        List<object> seen = [];
        var incarnation = 0;
        var region = Shards.Start(sim, _ => Props.Of(() =>
        {
            var isFirst = ++incarnation == 1;
            return new Scripted
            {
                Receive = (context, message) =>
                {
                    if (isFirst)
                    {
                        context.Stash();
                        context.Passivate();
                    }
                    else
                    {
                        seen.Add(message);
                    }

                    return default;
                },
            };
        }));
        region.Tell("one", 1);
        region.Tell("one", 2);

        sim.Run();

        Assert.Equal([1, 2], seen);
    }

    [Fact]
    public void A_crashing_entity_is_restarted_and_keeps_its_messages()
    {
        var sim = new Sim();
        List<object> seen = [];
        var region = Shards.Start(sim, _ => Scripted.Of((_, message) =>
        {
            seen.Add(message);
            if (message is "bad")
            {
                throw new Boom();
            }
        }));
        region.Tell("one", "bad");
        region.Tell("one", "good");
        sim.Run();
        Assert.Equal(["bad"], seen);

        sim.RunFor(1);

        Assert.Equal(["bad", "good"], seen);
    }

    [Fact]
    public void A_poisoned_entity_is_given_up_with_its_messages_and_made_anew_for_later_ones()
    {
        var sim = new Sim();
        var isBroken = true;
        List<object> seen = [];
        var region = Shards.Start(
            sim,
            _ => Props.Of(() => new Scripted
            {
                Start = _ => isBroken ? throw new Boom() : default,
                Receive = (_, message) =>
                {
                    seen.Add(message);
                    return default;
                },
            }),
            settings => settings with { EntitySupervision = Sim.NoJitter with { MaxRestarts = 2 } });
        region.Tell("one", 1);
        sim.RunFor(5);
        Assert.Equal(1, sim.Dead(DeadLetterReason.Stopped));
        isBroken = false;

        region.Tell("one", 2);
        sim.Run();

        Assert.Equal([2], seen);
    }

    [Fact]
    public void An_entity_that_stops_itself_is_made_anew_for_what_it_left()
    {
        var sim = new Sim(throughput: 1);
        List<object> seen = [];
        var region = Shards.Start(sim, _ => Scripted.Of((context, message) =>
        {
            seen.Add(message);
            context.StopSelf();
        }));
        for (var i = 0; i < 50; i++)
        {
            region.Tell("one", i);
        }

        sim.Run();

        Assert.Equal(Enumerable.Range(0, 50).Cast<object>(), seen);
        Assert.Equal(0, sim.System.DeadLetters.Total);
    }

    [Fact]
    public void A_message_for_an_entity_that_cannot_be_made_is_counted()
    {
        var sim = new Sim();
        var region = Shards.Start(sim, id => id == "bad" ? throw new Boom() : Scripted.Of((_, _) => { }));
        region.Tell("bad", 1);
        region.Tell("good", 1);

        sim.Run();

        Assert.Equal("bad", Assert.Single(sim.System.DeadLetters.Recent).EntityId);
        Assert.Equal(1, sim.Dead(DeadLetterReason.ActivationFailed));
        Assert.Equal(1, region.State.ActiveEntities);
    }

    [Fact]
    public async Task Stopping_lets_entities_handle_what_reached_them_and_counts_the_rest()
    {
        var sim = new Sim();
        var handled = 0;
        var hosts = new Shards.Log();
        var region = Shards.Start(sim, _ => Scripted.Of((_, _) => handled++), log: hosts, shards: 2);
        sim.Run();
        for (var i = 0; i < 20; i++)
        {
            region.Tell($"{i}", i);
        }

        var stopped = region.StopAsync(Second);
        region.Tell("1", "late");
        sim.Run(); // ends the shards
        await Shards.RunUntil(sim, stopped);

        Assert.Equal(20, handled);
        Assert.Equal(2, hosts.Lines.Count(line => line.StartsWith("stop", StringComparison.Ordinal)));
        Assert.All(region.State.Shards, shard => Assert.Equal(ShardPhase.Stopped, shard.Phase));
        Assert.Equal(1, sim.Dead(DeadLetterReason.ShardStopped));
    }

    [Theory]
    [InlineData(0, 1, "ShardCount")]
    [InlineData(1, 0, "BufferPerShard")]
    public void Settings_outside_their_range_are_refused(int shards, int buffer, string named)
    {
        var settings = Shards.Settings(_ => Scripted.Of((_, _) => { })) with { ShardCount = shards, BufferPerShard = buffer };

        Assert.Contains(named, Assert.ThrowsAny<ArgumentException>(() => LocalShardRegion.Start(new Sim().System, settings)).Message);
    }

    [Fact]
    public void A_shard_function_outside_its_range_is_named()
    {
        var region = Shards.Start(new Sim(), _ => Scripted.Of((_, _) => { }), settings => settings with { ShardOf = _ => 9 });

        Assert.Contains("returned 9 for 'one'", Assert.Throws<InvalidOperationException>(() => region.Tell("one", 1)).Message);
    }

    private static Func<string, Props> Passivating(Func<object, bool> when) => _ => Scripted.Of((context, message) =>
    {
        if (when(message))
        {
            context.Passivate();
        }
    });
}
