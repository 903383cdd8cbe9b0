namespace FlowerPower.Actors.Tests.TestKit;

public sealed class DeterministicDispatcherTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(99)]
    public void The_same_seed_gives_the_same_trace(int seed)
    {
        var first = TraceOf(seed);

        Assert.Equal(first, TraceOf(seed));
        Assert.Equal(60, first.Count);
    }

    [Fact]
    public void Another_seed_gives_another_order_of_the_same_messages()
    {
        var (one, two) = (TraceOf(1), TraceOf(2));

        Assert.NotEqual(one, two);
        Assert.Equal(one.Order(), two.Order());
    }

    [Fact]
    public void Awaited_continuations_run_on_the_dispatcher()
    {
        var sim = new Sim();
        HashSet<int> threads = [];
        var actor = sim.Spawn(async (context, _) =>
        {
            for (var i = 0; i < 5; i++)
            {
                threads.Add(Environment.CurrentManagedThreadId);
                await Task.Delay(TimeSpan.FromSeconds(1), context.Time);
            }

            threads.Add(Environment.CurrentManagedThreadId);
        });
        actor.Tell("go");

        sim.RunFor(10);

        Assert.Equal([Environment.CurrentManagedThreadId], threads);
        Assert.Null(sim.Time.NextDue);
    }

    [Fact]
    public void A_system_that_never_becomes_idle_is_named_with_its_seed()
    {
        var sim = new Sim(seed: 5);
        var actor = sim.Spawn((context, message) => context.Self.Tell(message));
        actor.Tell("for ever");

        var error = Assert.Throws<InvalidOperationException>(() => sim.Dispatcher.RunUntilIdle(maxSteps: 100));
        Assert.StartsWith("Seed 5: still busy after 100 steps", error.Message);
    }

    [Fact]
    public void A_turn_cannot_run_the_dispatcher()
    {
        var sim = new Sim();
        Exception? error = null;
        sim.Spawn((_, _) => error = Record.Exception(sim.Run)).Tell("go");

        sim.Run();

        Assert.IsType<InvalidOperationException>(error);
    }

    private static List<string> TraceOf(int seed)
    {
        var sim = new Sim(seed, throughput: 1);
        List<string> trace = [];
        var actors = Enumerable.Range(0, 6).Select(number => sim.Spawn(async (context, message) =>
        {
            await Task.Yield();
            await Task.Delay(TimeSpan.FromMilliseconds((int)message), context.Time);
            trace.Add($"{number} got {message}");
        })).ToArray();
        for (var i = 0; i < 10; i++)
        {
            foreach (var actor in actors)
            {
                actor.Tell(i % 3);
            }
        }

        sim.RunFor(5);
        return trace;
    }
}
