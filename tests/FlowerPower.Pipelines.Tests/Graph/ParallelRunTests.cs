namespace FlowerPower.Pipelines.Tests;

public sealed class ParallelRunTests
{
    /// <summary>Counts who is inside, and lets a test hold them there.</summary>
    public sealed class Room
    {
        private readonly TaskCompletionSource full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly int places;
        private int inside;
        private int most;

        public Room(int places) => this.places = places;

        public int Most => Volatile.Read(ref most);

        /// <summary>Leaves only when as many are inside as there are places.</summary>
        public async Task<int> MeetAsync(CancellationToken token)
        {
            Enter();
            await full.Task.WaitAsync(token);
            Interlocked.Decrement(ref inside);
            return 1;
        }

        /// <summary>Stays while others get every chance to come in.</summary>
        public async Task<int> PassAsync()
        {
            Enter();
            for (var i = 0; i < 50; i++)
            {
                await Task.Yield();
            }

            Interlocked.Decrement(ref inside);
            return 1;
        }

        private void Enter()
        {
            var now = Interlocked.Increment(ref inside);
            for (var seen = Most; now > seen; seen = Most)
            {
                Interlocked.CompareExchange(ref most, now, seen);
            }

            if (now == places)
            {
                full.TrySetResult();
            }
        }
    }

    public static class Meeting
    {
        public static Task<int> Left(Room room, CancellationToken token) => room.MeetAsync(token);

        public static Task<int> Right(Room room, CancellationToken token) => room.MeetAsync(token);

        public static int Both(int left, int right) => left + right;
    }

    [Fact]
    public async Task Two_nodes_that_wait_for_each_other_run_at_once() =>
        Assert.Equal(2, await Given.Run(Given.Graph(typeof(Meeting)), "both", ("room", new Room(2))));

    public static class Crowd
    {
        public static Task<int> N1(Room room) => room.PassAsync();

        public static Task<int> N2(Room room) => room.PassAsync();

        public static Task<int> N3(Room room, int n1) => room.PassAsync();

        public static Task<int> N4(Room room, int n1) => room.PassAsync();

        public static Task<int> N5(Room room, int n2) => room.PassAsync();

        public static Task<int> N6(Room room) => room.PassAsync();

        public static Task<int> Many([Each] int item, Room room) => room.PassAsync();

        public static int All(int n3, int n4, int n5, int n6, IReadOnlyList<int> many) => n3 + n4 + n5 + n6 + many.Sum();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Never_more_than_the_workers_allowed_are_under_way(int workers)
    {
        var room = new Room(int.MaxValue);
        var plan = Given.Graph(typeof(Crowd)).Plan(["all"], Given.Values(("room", room), ("item", Enumerable.Range(0, 30))));

        var results = await Given.Run(plan, new GraphRunOptions { MaxWorkers = workers });

        Assert.Equal(34, results["all"]);
        Assert.InRange(room.Most, 1, workers);
    }

    public static class Mapped
    {
        public static string[] Files(int count) => [.. Enumerable.Range(0, count).Select(i => $"file{i}")];

        public static async Task<int> Length([Each("files")] string file, Room room, CancellationToken token)
        {
            await room.MeetAsync(token);
            return file.Length;
        }

        public static int Total(IReadOnlyList<int> length) => length.Sum();

        public static string Tagged([Each] int length, string tag = "#") => $"{tag}{length}";
    }

    [Fact]
    public async Task A_function_runs_for_all_elements_at_once_and_the_results_keep_their_order()
    {
        var plan = Given.Graph(typeof(Mapped)).Plan(["length", "total", "tagged"], Given.Values(("count", 3), ("room", new Room(3))));

        var results = await Given.Run(plan, new GraphRunOptions { MaxWorkers = 3 });

        Assert.Equal([5, 5, 5], Assert.IsType<int[]>(results["length"]));
        Assert.Equal(15, results["total"]);
        Assert.Equal(["#5", "#5", "#5"], (string[])results["tagged"]!);
    }

    [Fact]
    public async Task No_elements_give_an_empty_list() =>
        Assert.Equal(0, await Given.Run(Given.Graph(typeof(Mapped)), "total", ("count", 0), ("room", new Room(9))));

    [Fact]
    public async Task The_observer_hears_of_a_node_over_elements_once()
    {
        var diary = new Diary();
        var plan = Given.Graph(typeof(Mapped)).Plan(["length"], Given.Values(("count", 2), ("room", new Room(2))));

        await Given.Run(plan, new GraphRunOptions { MaxWorkers = 2, Observer = diary });

        Assert.Equal(["started 2", "files started", "files finished", "length started", "length finished"], diary.Lines);
    }

    public static class WrongEach
    {
        public static int Number() => 1;

        public static int Over([Each("number")] int one) => one;

        public static List<string> Texts() => [];

        public static int OverTexts([Each] int texts) => texts;
    }

    [Fact]
    public void Elements_must_come_from_a_sequence_of_the_right_type() =>
        Assert.Equal(
            [
                "Node 'over' takes 'one' as a sequence of int, but node 'number' gives int; make the two types agree.",
                "Node 'over_texts' takes 'texts' as a sequence of int, but node 'texts' gives List<string>; make the two types agree.",
            ],
            Given.BuildProblems(typeof(WrongEach)));

    public static class UnknownEach
    {
        public static object Things(object value) => value;

        public static int Sized([Each("things")] int thing) => thing;

        public static int Inverse([Each("things")] int thing) => 12 / thing;
    }

    [Fact]
    public async Task A_failure_names_the_element()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() =>
            Given.Run(Given.Graph(typeof(UnknownEach)), "inverse", ("value", new List<object?> { 1, 2, 0, 4 })));

        Assert.Equal(("inverse", (int?)2), (error.Node, error.Element));
        Assert.StartsWith("Node 'inverse' failed at element 3: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elements_of_an_object_are_looked_at_when_they_come()
    {
        var graph = Given.Graph(typeof(UnknownEach));

        Assert.Equal(new List<int> { 1, 2 }, (IReadOnlyList<int>)(await Given.Run(graph, "sized", ("value", new List<object?> { 1L, 2L })))!);
        var notMany = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(graph, "sized", ("value", 3)));
        Assert.Equal("Node 'sized' failed: Parameter 'thing' runs over the elements of a sequence, but 3 (int) came.", notMany.Message);
        var wrong = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(graph, "sized", ("value", new List<object?> { "x" })));
        Assert.Equal("Node 'sized' failed: Parameter 'thing' does not suit the value of 'things': \"x\" (string) came, int is expected.", wrong.Message);
    }
}
