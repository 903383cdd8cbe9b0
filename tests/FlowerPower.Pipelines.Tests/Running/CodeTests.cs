using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace FlowerPower.Pipelines.Tests.Running;

/// <summary>Where a run's functions come from, and what happens when they change.</summary>
public sealed class CodeTests : IDisposable
{
    private readonly ProjectFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_edited_file_counts_for_the_next_run_of_the_same_process()
    {
        WriteValue("one");
        Assert.Equal("one", await ValueAsync());

        WriteValue("two");
        Assert.Equal("two", await ValueAsync());
    }

    [Fact]
    public void Unchanged_code_is_neither_loaded_nor_tied_again()
    {
        WriteValue("one");

        Assert.Same(folder.Project.GraphOf("a"), folder.Project.GraphOf("a"));
    }

    [Fact]
    public async Task A_run_under_way_ends_with_the_code_that_it_began_with()
    {
        folder.WritePipeline("a", """
            public static async Task<string> Value(TaskCompletionSource begun, Task edited)
            {
                begun.SetResult();
                await edited;
                return OnlyNow();
            }

            // Compiled and resolved for the first time after the file has changed.
            private static string OnlyNow() => System.Xml.Linq.XElement.Parse("<v>one</v>").Value + Other.Text;
            """ + "\n}\ninternal static class Other\n{\npublic static string Text { get; } = \"!\";", "run: {final_vars: [value]}");
        var (begun, edited) = (new TaskCompletionSource(), new TaskCompletionSource());
        var running = folder.RunAsync("a", new RunConfig().WithInput("begun", begun).WithInput("edited", edited.Task));
        await begun.Task;

        WriteValue("two");
        Assert.Equal("two", await ValueAsync());
        edited.SetResult();

        Assert.Equal("one!", (await running)["value"]);
    }

    [Fact]
    public async Task Former_code_is_let_go()
    {
        var former = await RunAndRememberAsync();
        Assert.True(former.IsAlive);
        WriteValue("two");
        await ValueAsync();

        for (var i = 0; former.IsAlive && i < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(former.IsAlive);
    }

    [Fact]
    public async Task A_file_that_no_longer_compiles_fails_with_its_line_and_runs_again_once_mended()
    {
        WriteValue("one");
        await ValueAsync();

        WriteValue("one\" + ; \"");
        var error = await Assert.ThrowsAsync<PipelineCompileException>(ValueAsync);
        Assert.Contains("a.cs(3,", error.Message, StringComparison.Ordinal);

        WriteValue("two");
        Assert.Equal("two", await ValueAsync());
    }

    [Fact]
    public async Task Reload_starts_static_fields_afresh()
    {
        folder.WritePipeline("a", """
            private static int runs;
            public static int Value() => ++runs;
            """, "run: {final_vars: [value]}");

        Assert.Equal(1, (await folder.RunAsync("a"))["value"]);
        Assert.Equal(2, (await folder.RunAsync("a"))["value"]);
        Assert.Equal(1, (await folder.RunAsync("a", new RunConfig().WithReload()))["value"]);
    }

    [Fact]
    public async Task Compiled_code_is_kept_in_the_cache_folder_of_the_environment()
    {
        folder.SetVariable("FP_CACHE_DIR", "elsewhere");
        WriteValue("one");

        await ValueAsync();

        Assert.Single(Directory.GetFiles(Path.Combine(folder.Root, "elsewhere")));
        Assert.False(Directory.Exists(folder.Project.StateFolder));
    }

    [Fact]
    public async Task Of_additional_modules_later_ones_win_and_the_pipeline_itself_wins_over_all()
    {
        folder.WritePipeline("base", "public static string X() => \"base\"; public static string Y() => \"base\"; public static string Z() => \"base\";");
        folder.WritePipeline("more", "public static string Y() => \"more\"; public static string Z() => \"more\";");
        folder.WritePipeline("main", "public static string Z(string y) => \"main over \" + y;", "run: {final_vars: [x, y, z], additional_modules: [base, more]}");

        var results = await folder.RunAsync("main");

        Assert.Equal("base, more, main over more", string.Join(", ", results.Values));
    }

    [Fact]
    public async Task A_missing_additional_module_is_named_with_the_pipeline_that_wants_it()
    {
        folder.WritePipeline("main", "public static int X() => 1;", "run: {final_vars: [x], additional_modules: [set-up]}");

        var error = await Assert.ThrowsAsync<ProjectException>(() => folder.RunAsync("main"));

        Assert.Equal("Pipeline 'main' names the additional module 'set-up', which has no code; write pipelines/set_up.cs, register its types, or take it out of additional_modules.", error.Message);
    }

    [Fact]
    public async Task Registered_types_win_over_a_file_and_take_its_configuration()
    {
        folder.WritePipeline("a", "public static string Value() => \"file\";", "run: {final_vars: [value]}");
        folder.Project.RegisterPipeline("a", typeof(Registered));

        Assert.Equal("registered", await ValueAsync());
    }

    [Fact]
    public async Task Registered_types_need_no_files_and_are_listed()
    {
        WriteValue("one");
        folder.Project.RegisterPipeline("of-an-app", typeof(Registered));

        Assert.Equal(["a", "of-an-app"], folder.Project.PipelineNames);
        Assert.Equal("registered", (await folder.RunAsync("of_an_app", new RunConfig().WithFinalVars("value")))["value"]);
    }

    [Fact]
    public async Task A_python_pipeline_says_that_it_comes_later()
    {
        folder.Write("pipelines/a.py", "def value(): return 1\n");

        var error = await Assert.ThrowsAsync<ProjectException>(ValueAsync);

        Assert.Equal("Python pipelines come with a later release: pipelines/a.py cannot be run yet; write it as pipelines/a.cs.", error.Message);
    }

    [Fact]
    public async Task A_configuration_without_code_says_what_to_write()
    {
        folder.Write("conf/pipelines/a.yml", "run: {final_vars: [value]}");

        var error = await Assert.ThrowsAsync<ProjectException>(ValueAsync);

        Assert.Equal("Pipeline 'a' has a configuration but no code; write pipelines/a.cs, or register its types.", error.Message);
    }

    [Fact]
    public async Task An_unknown_pipeline_names_the_nearest()
    {
        folder.WritePipeline("weather_report", "public static int X() => 1;");

        var error = await Assert.ThrowsAsync<PipelineNotFoundException>(() => folder.RunAsync("wether_report"));

        Assert.Equal(["weather_report"], error.Nearest);
    }

    [Fact]
    public async Task Many_runs_at_once_of_a_file_that_keeps_changing_see_only_whole_versions()
    {
        WriteValue("0");
        for (var version = 1; version <= 3; version++)
        {
            var runs = Enumerable.Range(0, 8).Select(_ => ValueAsync()).ToList();
            Assert.All(await Task.WhenAll(runs), value => Assert.Equal($"{version - 1}", value));
            WriteValue($"{version}");
        }

        Assert.Equal("3", await ValueAsync());
    }

    private void WriteValue(string text) =>
        folder.WritePipeline("a", $"public static string Value() => \"{text}\";", "run: {final_vars: [value]}");

    private async Task<object?> ValueAsync() => (await folder.RunAsync("a"))["value"];

    [MethodImpl(MethodImplOptions.NoInlining)] // or the caller's frame would keep the code alive
    private async Task<WeakReference> RunAndRememberAsync()
    {
        folder.WritePipeline("a", "public static Type Value() => typeof(Nodes);", "run: {final_vars: [value]}");
        return new WeakReference(AssemblyLoadContext.GetLoadContext(((Type)(await ValueAsync())!).Assembly));
    }

    internal static class Registered
    {
        public static string Value() => "registered";
    }
}
