namespace FlowerPower.Pipelines.Tests;

public sealed class GraphRunnerTests
{
    public sealed class Counter
    {
        private int calls;

        public int Calls => Volatile.Read(ref calls);

        public int Next() => Interlocked.Increment(ref calls);
    }

    public static class Diamond
    {
        public static int Root(Counter counter) => counter.Next();

        public static int Left(int root) => root + 10;

        public static ValueTask<int> Right(int root) => ValueTask.FromResult(root + 100);

        public static async Task<string> Join(int left, int right, int root)
        {
            await Task.Yield();
            return $"{left} {right} {root}";
        }
    }

    [Fact]
    public async Task Each_node_runs_once_however_many_take_it()
    {
        var counter = new Counter();

        Assert.Equal("11 101 1", await Given.Run(Given.Graph(typeof(Diamond)), "join", ("counter", counter)));
        Assert.Equal(1, counter.Calls);
    }

    [Fact]
    public async Task A_plan_may_be_run_again_and_by_several_at_a_time()
    {
        var counter = new Counter();
        var plan = Given.Graph(typeof(Diamond)).Plan(["join"], Given.Values(("counter", counter)));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Given.Run(plan)));

        Assert.Equal(20, counter.Calls);
    }

    public static class Lazy
    {
        public static IEnumerable<int> Numbers(Counter counter)
        {
            yield return counter.Next();
            yield return counter.Next();
        }

        public static int Sum(IEnumerable<int> numbers) => numbers.Sum();

        public static int Count(IReadOnlyList<int> numbers) => numbers.Count;

        public static int Both(int sum, int count) => sum + count;
    }

    [Fact]
    public async Task An_iterator_runs_once_too()
    {
        var counter = new Counter();

        Assert.Equal(5, await Given.Run(Given.Graph(typeof(Lazy)), "both", ("counter", counter)));
        Assert.Equal(2, counter.Calls);
    }

    public static class Failing
    {
        public static int Sync() => throw new InvalidDataException("row 7 is bad");

        public static async Task<int> Later()
        {
            await Task.Yield();
            throw new InvalidDataException("row 8 is bad");
        }

        public static IEnumerable<int> Iterator()
        {
            yield return 1;
            throw new InvalidDataException("row 9 is bad");
        }

        public static int OwnCancellation() => throw new OperationCanceledException("a timeout of its own");

        public static int Never(int sync, Counter counter) => sync + counter.Next();
    }

    [Theory]
    [InlineData("sync", "Node 'sync' failed: row 7 is bad")]
    [InlineData("later", "Node 'later' failed: row 8 is bad")]
    [InlineData("iterator", "Node 'iterator' failed: row 9 is bad")]
    public async Task A_failure_names_the_node_and_keeps_the_exception_with_its_place(string node, string message)
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Given.Graph(typeof(Failing)), node));

        Assert.Equal((node, message), (error.Node, error.Message));
        Assert.IsType<InvalidDataException>(error.InnerException);
        Assert.Contains("GraphRunnerTests.cs:line", error.InnerException.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_gives_up_by_itself_has_failed_and_is_not_a_cancelled_run()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Given.Graph(typeof(Failing)), "own_cancellation"));

        Assert.IsType<OperationCanceledException>(error.InnerException);
    }

    [Fact]
    public async Task Nothing_runs_after_a_failure()
    {
        var counter = new Counter();

        await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Given.Graph(typeof(Failing)), "never", ("counter", counter)));

        Assert.Equal(0, counter.Calls);
    }

    [Fact]
    public async Task The_observer_hears_each_node_in_turn()
    {
        var diary = new Diary();
        var plan = Given.Graph(typeof(Diamond)).Plan(["left"], Given.Values(("counter", new Counter())));

        await Given.Run(plan, new GraphRunOptions { Observer = diary });

        Assert.Equal(["started 2", "root started", "root finished", "left started", "left finished"], diary.Lines);
    }

    [Fact]
    public async Task A_failed_node_is_started_but_not_finished()
    {
        var diary = new Diary();

        await Assert.ThrowsAsync<NodeFailedException>(() =>
            Given.Run(Given.Graph(typeof(Failing)).Plan(["sync"], Given.Values()), new GraphRunOptions { Observer = diary }));

        Assert.Equal(["started 1", "sync started"], diary.Lines);
    }

    public sealed class HandClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref now);

        public void Advance(TimeSpan by) => Interlocked.Add(ref now, by.Ticks);
    }

    private sealed class Stopwatches : IPipelineObserver
    {
        public Dictionary<string, TimeSpan> Took { get; } = [];

        public void Started(int total)
        {
        }

        public void NodeStarted(string node)
        {
        }

        public void NodeFinished(string node, TimeSpan took) => Took[node] = took;

        public void Warned(string node, string message)
        {
        }
    }

    public static class Timed
    {
        public static int Quick(HandClock clock) => Spend(clock, 1);

        public static int Slow(int quick, HandClock clock) => quick + Spend(clock, 5);

        private static int Spend(HandClock clock, int seconds)
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            return seconds;
        }
    }

    [Fact]
    public async Task The_observer_hears_how_long_each_node_took_by_the_runs_clock()
    {
        var clock = new HandClock();
        var watches = new Stopwatches();

        await Given.Run(Given.Graph(typeof(Timed)).Plan(["slow"], Given.Values(("clock", clock))), new GraphRunOptions { Observer = watches, Clock = clock });

        Assert.Equal(new() { ["quick"] = TimeSpan.FromSeconds(1), ["slow"] = TimeSpan.FromSeconds(5) }, watches.Took);
    }

    private sealed class BrokenObserver : IPipelineObserver
    {
        public void Started(int total)
        {
        }

        public void NodeStarted(string node)
        {
        }

        public void NodeFinished(string node, TimeSpan took) => throw new InvalidOperationException("no room");

        public void Warned(string node, string message)
        {
        }
    }

    [Fact]
    public async Task An_observer_that_throws_ends_the_run_as_itself()
    {
        var plan = Given.Graph(typeof(Diamond)).Plan(["left"], Given.Values(("counter", new Counter())));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Given.Run(plan, new GraphRunOptions { Observer = new BrokenObserver() }));

        Assert.Equal("no room", error.Message);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    public async Task Options_outside_their_range_are_refused(int workers, int graceSeconds)
    {
        var options = new GraphRunOptions { MaxWorkers = workers, StopGrace = TimeSpan.FromSeconds(graceSeconds) };

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Given.Run(Given.Graph(typeof(Diamond)).Plan([], Given.Values()), options));
    }

    public sealed class Heap
    {
        public WeakReference? Table { get; set; }

        public bool WasFreed { get; set; }
    }

    public static class Tables
    {
        public static byte[] Table(Heap heap)
        {
            var table = new byte[1000];
            heap.Table = new WeakReference(table);
            return table;
        }

        public static int Rows(byte[] table) => table.Length;

        public static int Report(int rows, Heap heap)
        {
            GC.Collect();
            heap.WasFreed = heap.Table is { IsAlive: false };
            return rows;
        }
    }

    [Fact]
    public async Task A_value_that_nobody_needs_any_more_is_let_go()
    {
        var heap = new Heap();

        // The table's last taker and the report are separated by an await of the run, so no stack still holds it.
        Assert.Equal(1000, await Given.Run(Given.Graph(typeof(Tables)), "report", ("heap", heap)));
        Assert.True(heap.WasFreed);
    }
}
