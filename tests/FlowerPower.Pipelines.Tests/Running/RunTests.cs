namespace FlowerPower.Pipelines.Tests.Running;

public sealed class RunTests : IDisposable
{
    private const string Greeting = "public static string Greeting(string name) => $\"hello {name}\";";
    private readonly ProjectFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_call_wins_over_the_environment_which_wins_over_the_file()
    {
        folder.WritePipeline("greet", Greeting, "run: {final_vars: [greeting], inputs: {name: file}}");
        Assert.Equal("hello file", (await folder.RunAsync("greet"))["greeting"]);

        folder.SetVariable("FP_PIPELINE__RUN__INPUTS", """{"name": "environment"}""");
        Assert.Equal("hello environment", (await folder.RunAsync("greet"))["greeting"]);
        Assert.Equal("hello call", (await folder.RunAsync("greet", new RunConfig().WithInput("name", "call")))["greeting"]);
    }

    [Fact]
    public async Task A_resolved_config_that_travelled_is_what_runs_whatever_the_file_says_by_then()
    {
        folder.WritePipeline("greet", Greeting, "run: {final_vars: [greeting], inputs: {name: Ada}}");
        var travelled = folder.Project.Resolve("greet", null).ToJson();
        folder.Write("conf/pipelines/greet.yml", "run: {final_vars: [], inputs: {name: Bob}}");

        var results = await folder.Project.RunOnceAsync("greet", RunConfig.FromJson(travelled), null, CancellationToken.None);

        Assert.Equal("hello Ada", results["greeting"]);
    }

    [Fact]
    public async Task Params_are_inputs_and_are_read_with_each_run()
    {
        folder.WritePipeline("greet", Greeting, "run: {final_vars: [greeting]}\nparams: {name: Ada}");
        Assert.Equal("hello Ada", (await folder.RunAsync("greet"))["greeting"]);

        folder.Write("conf/pipelines/greet.yml", "run: {final_vars: [greeting]}\nparams: {name: Bob}");
        Assert.Equal("hello Bob", (await folder.RunAsync("greet"))["greeting"]);
    }

    [Fact]
    public async Task Config_chooses_the_variant_for_each_run()
    {
        folder.WritePipeline("greet", """
            [When("lang", "en")] public static string Greeting__En() => "hello";
            [When("lang", "de")] public static string Greeting__De() => "hallo";
            """, "run: {final_vars: [greeting], config: {lang: en}}");

        Assert.Equal("hello", (await folder.RunAsync("greet"))["greeting"]);
        Assert.Equal("hallo", (await folder.RunAsync("greet", new RunConfig().WithConfig("lang", "de")))["greeting"]);
        Assert.Equal("hello", (await folder.RunAsync("greet"))["greeting"]);
    }

    [Fact]
    public async Task A_node_is_told_the_projects_folder_unless_the_call_gives_another()
    {
        folder.WritePipeline("where", "public static string Place(string projectRoot) => projectRoot;", "run: {final_vars: [place]}");

        Assert.Equal(folder.Root, (await folder.RunAsync("where"))["place"]);
        Assert.Equal("/data", (await folder.RunAsync("where", new RunConfig().WithInput("project_root", "/data")))["place"]);
        Assert.DoesNotContain(FlowerPowerProject.RootInput, folder.Project.Resolve("where", null).Inputs.Keys);
        Assert.Empty(folder.Observer.Warnings);
    }

    [Fact]
    public async Task Threads_let_nodes_meet_that_wait_for_each_other()
    {
        folder.Project.RegisterPipeline("meet", typeof(Meeting));
        var call = new RunConfig().WithFinalVars("left", "right").WithInput("room", new Room());

        var results = await folder.RunAsync("meet", call.WithExecutor("threadpool", maxWorkers: 2));

        Assert.Equal((true, true), (results["left"], results["right"]));
    }

    [Theory]
    [InlineData("synchronous")]
    [InlineData("local")]
    public async Task A_sequential_executor_computes_one_node_after_the_other_whatever_max_workers_says(string type)
    {
        folder.Project.RegisterPipeline("many", typeof(Many));

        await folder.RunAsync("many", new RunConfig().WithFinalVars("a", "b", "c", "d").WithExecutor(type, maxWorkers: 4));

        Assert.Equal(
            ["started 4", "begin a", "end a", "begin b", "end b", "begin c", "end c", "begin d", "end d"], folder.Observer.Lines);
    }

    [Fact]
    public async Task Warnings_of_file_plan_and_config_reach_the_observer_and_nothing_fails()
    {
        folder.WritePipeline("greet", Greeting, "run: {final_var: [greeting], inputs: {nam: Ada}, on_success: tell}");

        Assert.Empty(await folder.RunAsync("greet"));

        Assert.Collection(folder.Observer.Warnings,
            line => Assert.StartsWith("warned greet: conf/pipelines/greet.yml:1:", line, StringComparison.Ordinal),
            line => Assert.Contains("Input 'nam' is not used", line, StringComparison.Ordinal),
            line => Assert.Contains("final_vars is empty, so that nothing is computed; name nodes there, such as greeting.", line, StringComparison.Ordinal),
            line => Assert.Contains("No callback 'tell' is registered in this process", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_run_ends_as_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        folder.Project.RegisterPipeline("waits", typeof(Waits));
        var begun = new TaskCompletionSource();
        var run = folder.RunAsync("waits", new RunConfig().WithFinalVars("never").WithInput("begun", begun), cancel.Token);
        await begun.Task;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public void A_plan_finds_what_is_missing_before_anything_runs()
    {
        folder.WritePipeline("greet", Greeting, "run: {final_vars: [greeting]}");

        var error = Assert.Throws<GraphException>(() => folder.Project.Plan("greet"));

        Assert.Contains("Input 'name' is missing: node 'greeting' takes it as string", error.Message, StringComparison.Ordinal);
        Assert.Equal(["greeting"], folder.Project.Plan("greet", new RunConfig().WithInput("name", "Ada")).Nodes);
    }

    [Fact]
    public void A_graph_can_be_looked_at_without_its_inputs()
    {
        folder.WritePipeline("greet", Greeting);

        Assert.Equal("greeting", Assert.Single(folder.Project.GraphOf("greet").Nodes).Name);
    }

    internal static class Meeting
    {
        public static Task<bool> Left(Room room) => room.MeetAsync(room.LeftCame, room.RightCame);

        public static Task<bool> Right(Room room) => room.MeetAsync(room.RightCame, room.LeftCame);
    }

    public sealed class Room
    {
        public TaskCompletionSource LeftCame { get; } = new();

        public TaskCompletionSource RightCame { get; } = new();

        public async Task<bool> MeetAsync(TaskCompletionSource me, TaskCompletionSource other)
        {
            me.SetResult();
            await other.Task;
            return true;
        }
    }

    internal static class Many
    {
        public static Task<int> A() => LaterAsync(1);

        public static Task<int> B() => LaterAsync(2);

        public static Task<int> C() => LaterAsync(3);

        public static Task<int> D() => LaterAsync(4);

        private static async Task<int> LaterAsync(int value)
        {
            await Task.Yield();
            return value;
        }
    }

    internal static class Waits
    {
        public static async Task<int> Never(TaskCompletionSource begun, CancellationToken token)
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return 0;
        }
    }
}
