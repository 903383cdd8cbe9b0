namespace FlowerPower.Actors.Tests.Kernel;

/// <summary>sent = handled + stashed + dead letters + still queued, whatever happens.</summary>
public sealed class ConservationTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Under_random_crashes_and_stops_every_message_is_accounted_for_at_every_step(int seed)
    {
        var chance = new Random(seed);
        var sim = new Sim(seed, throughput: chance.Next(1, 5), root: Sim.NoJitter with { MaxRestarts = 3, Within = TimeSpan.FromSeconds(5) });
        var tally = new Tally();
        List<ActorRef> actors = [];

        for (var step = 0; step < 3_000; step++)
        {
            switch (chance.Next(10))
            {
                case 0 when actors.Count < 12:
                    var props = Props.Of(() => new Chaotic(chance, tally)).WithStash(chance.Next(4));
                    actors.Add(sim.System.Spawn(chance.Next(3) == 0 ? props.WithMailbox(5) : props));
                    break;
                case 1 when chance.Next(20) == 0 && actors.Count > 0:
                    ((ActorCell)actors[chance.Next(actors.Count)]).SendSystem(new SystemMessage.Stop());
                    break;
                case 2 when chance.Next(4) == 0:
                    sim.Time.Advance(TimeSpan.FromMilliseconds(chance.Next(2_000)));
                    break;
                case < 6 when actors.Count > 0:
                    tally.Sent++;
                    actors[chance.Next(actors.Count)].Tell((Order)chance.Next(1, 8));
                    break;
                default:
                    sim.Dispatcher.Step();
                    break;
            }

            AssertConserved(seed, step, sim, tally, actors);
        }

        _ = sim.System.TerminateAsync();
        sim.RunFor(60);
        AssertConserved(seed, -1, sim, tally, actors);
        Assert.All(actors, actor => Assert.Equal(0, ((ActorCell)actor).WaitingWhenQuiet));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task On_real_threads_every_message_is_handled_or_counted_once_all_has_ended(int seed)
    {
        var handled = 0;
        var fast = new SupervisionStrategy { MinBackoff = TimeSpan.Zero, MaxBackoff = TimeSpan.Zero, MaxRestarts = 50 };
        var system = new ActorSystem("real", new() { RootSupervision = fast });
        var actors = Enumerable.Range(0, 20).Select(_ => system.Spawn(Props.Of(() => new Scripted
        {
            Receive = async (context, message) =>
            {
                Interlocked.Increment(ref handled);
                switch ((int)message % 100)
                {
                    case 0:
                        throw new Boom();
                    case 1:
                        await Task.Yield();
                        break;
                    case 2 when (int)message % 1_000 == 2:
                        context.StopSelf();
                        break;
                }
            },
        }))).ToArray();

        const int producers = 4;
        const int each = 10_000;
        var producing = Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(() =>
        {
            var chance = new Random((seed * 100) + producer);
            for (var i = 0; i < each; i++)
            {
                actors[chance.Next(actors.Length)].Tell(chance.Next());
            }
        })));
        var terminated = Task.Run(system.TerminateAsync); // in the middle of it
        await producing.WaitAsync(Sim.Guard);
        await terminated.WaitAsync(Sim.Guard);

        Assert.Equal(producers * each, handled + system.DeadLetters.Total);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 40)];

    private static void AssertConserved(int seed, int step, Sim sim, Tally tally, List<ActorRef> actors)
    {
        var waiting = actors.Sum(actor => ((ActorCell)actor).WaitingWhenQuiet);
        var accounted = tally.Handled + waiting + sim.System.DeadLetters.Total;
        Assert.True(
            tally.Sent == accounted,
            $"Seed {seed}, step {step}: {tally.Sent} sent, but {tally.Handled} handled, {waiting} waiting and {sim.System.DeadLetters.Total} dead.");
    }

    private enum Order
    {
        Nothing = 1,
        Await = 2,
        Crash = 3,
        CrashAfterAwait = 4,
        Stash = 5,
        Unstash = 6,
        Refuse = 7,
    }

    private sealed class Tally
    {
        public long Sent { get; set; }

        public long Handled { get; set; }
    }

    private sealed class Chaotic(Random chance, Tally tally) : Actor
    {
        protected internal override ValueTask OnStart() => chance.Next(10) == 0 ? throw new Boom("at start") : default;

        protected internal override async ValueTask OnStop() => await Task.Yield();

        protected internal override async ValueTask OnReceive(object message)
        {
            var order = (Order)message;
            switch (order)
            {
                case Order.Stash when chance.Next(3) > 0:
                    tally.Handled++; // unless it is really put aside
                    Context.Stash();
                    tally.Handled--;
                    return;
                case Order.Refuse:
                    Unhandled(message);
                    return;
            }

            tally.Handled++;
            switch (order)
            {
                case Order.Await:
                    await Task.Yield();
                    break;
                case Order.Crash:
                    throw new Boom();
                case Order.CrashAfterAwait:
                    await Task.Yield();
                    throw new Boom();
                case Order.Unstash:
                    Context.UnstashAll();
                    break;
            }
        }
    }
}
