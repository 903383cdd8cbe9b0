using System.Runtime.CompilerServices;

namespace FlowerPower.Pipelines.Tests;

public sealed class CompilerTests : IDisposable
{
    private const string Greeting = """
        public static class Greetings
        {
            /// <summary>Says hello to <paramref name="name"/>.</summary>
            public static string Greeting(string name) => $"hello {name}";

            [Description("A file's name"), When("shout", true)]
            public static async Task<string> Loud(string greeting, CancellationToken token)
            {
                await Task.Yield();
                return Helper(greeting);
            }

            private static string Helper(string text) => text.ToUpperInvariant();
        }
        """;

    private readonly TempFolder folder = new();
    private readonly List<string> compiled = [];
    private readonly CSharpPipelineCompiler compiler;

    public CompilerTests() => compiler = NewCompiler();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_file_becomes_a_graph_that_runs()
    {
        using var pipeline = compiler.Load("greet", [folder.Write("greet.cs", Greeting)]);
        var graph = FunctionGraph.Build([pipeline.Module], Given.Values(("shout", true)));

        Assert.Equal("HELLO ADA", await Given.Run(graph, "loud", ("name", "Ada")));
        Assert.Equal("Says hello to name.", graph.Find("greeting")!.Description);
        Assert.Equal("A file's name", graph.Find("loud")!.Description);
        Assert.Equal(new SourceLocation(Path.Combine(folder.Path, "greet.cs"), 4), graph.Find("greeting")!.Source);
        Assert.Equal(9, graph.Find("loud")!.Source!.Line);
        Assert.Empty(pipeline.Warnings);
    }

    [Fact]
    public async Task Several_files_and_classes_are_one_pipeline()
    {
        var one = folder.Write("one.cs", "public static class A { public static int Left() => 1; } namespace Mine { public sealed record Row(int Id); }");
        var two = folder.Write("two.cs", "using Mine; public static class B { public static int Sum(int left, Row row) => left + row.Id; } internal static class C { public static int Not() => 0; }");

        using var pipeline = compiler.Load("both", [one, two]);
        var graph = FunctionGraph.Build([pipeline.Module], Given.Values());

        Assert.Equal(["left", "sum"], graph.Nodes.Select(node => node.Name));
        Assert.Equal(8, await Given.Run(graph, "sum", ("row", Given.Values(("id", 7)))));
    }

    [Fact]
    public void The_same_sources_are_compiled_once_and_loaded_by_others_from_the_cache()
    {
        var file = folder.Write("greet.cs", Greeting);
        using var first = compiler.Load("greet", [file]);
        using var second = NewCompiler().Load("greet", [file]);

        Assert.Equal(["greet"], compiled);
        Assert.Equal((false, true), (first.FromCache, second.FromCache));
        Assert.Equal(first.Key, second.Key);
        Assert.Equal(first.Key, CSharpPipelineCompiler.KeyOf("greet", [file]));
        Assert.Equal("Says hello to name.", FunctionGraph.Build([second.Module], Given.Values()).Find("greeting")!.Description);
    }

    [Fact]
    public async Task A_change_of_the_source_is_compiled()
    {
        using var before = compiler.Load("p", [folder.Write("p.cs", "public static class P { public static int X() => 1; }")]);
        using var after = compiler.Load("p", [folder.Write("p.cs", "public static class P { public static int X() => 2; }")]);

        Assert.Equal(2, compiled.Count);
        Assert.NotEqual(before.Key, after.Key);
        Assert.Equal(1, await Given.Run(FunctionGraph.Build([before.Module], Given.Values()), "x"));
        Assert.Equal(2, await Given.Run(FunctionGraph.Build([after.Module], Given.Values()), "x"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(-1)]
    public void A_damaged_cache_file_is_compiled_anew(int length)
    {
        var file = folder.Write("greet.cs", Greeting);
        compiler.Load("greet", [file]).Dispose();
        var cached = Directory.GetFiles(folder.Cache).Single();
        var bytes = File.ReadAllBytes(cached);
        bytes[^1] ^= 1;
        File.WriteAllBytes(cached, length < 0 ? bytes : bytes[..length]);

        using var again = compiler.Load("greet", [file]);
        using var healed = compiler.Load("greet", [file]);

        Assert.Equal((false, true), (again.FromCache, healed.FromCache));
        Assert.Equal(2, compiled.Count);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_a_warning()
    {
        var blocked = folder.Write("a file", "");
        var own = new CSharpPipelineCompiler(Path.Combine(blocked, "cache"));

        using var pipeline = own.Load("greet", [folder.Write("greet.cs", Greeting)]);

        Assert.StartsWith("The compilation could not be kept, so the next start compiles again: ", Assert.Single(pipeline.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Old_compilations_are_removed()
    {
        for (var i = 0; i < 10; i++)
        {
            compiler.Load("p", [folder.Write("p.cs", $"public static class P {{ public static int X() => {i}; }}")]).Dispose();
        }

        Assert.Equal(8, Directory.GetFiles(folder.Cache).Length);
    }

    [Fact]
    public async Task Loading_the_same_file_from_many_threads_and_compilers_does_no_harm()
    {
        var file = folder.Write("greet.cs", Greeting);

        var loaded = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? compiler : NewCompiler()).Load("greet", [file]))));

        Assert.All(loaded, pipeline => Assert.Equal(2, pipeline.Module.Functions.Count));
        Assert.Single(Directory.GetFiles(folder.Cache));
        Array.ForEach(loaded, pipeline => pipeline.Dispose());
    }

    [Fact]
    public void All_errors_are_told_with_file_line_and_column()
    {
        var file = folder.Write("broken.cs", "public static class Broken\n{\n    public static int One() => \"one\";\n    public static int Two() => missing;\n}\n");

        var error = Assert.Throws<PipelineCompileException>(() => compiler.Load("broken", [file]));

        Assert.Equal("broken", error.Pipeline);
        Assert.Equal(
            [
                $"{file}(3,32): Cannot implicitly convert type 'string' to 'int' (CS0029)",
                $"{file}(4,32): The name 'missing' does not exist in the current context (CS0103)",
            ],
            error.Errors);
        Assert.StartsWith($"Pipeline 'broken' does not compile: 2 errors.{Environment.NewLine}{file}(3,32)", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Cache));
    }

    [Fact]
    public void Warnings_of_the_compiler_are_kept_with_the_compilation()
    {
        var file = folder.Write("warn.cs", "public static class Warn { public static string Text() => null; }");
        var expected = $"{file}(1,59): Possible null reference return. (CS8603)";

        using var first = compiler.Load("warn", [file]);
        using var second = compiler.Load("warn", [file]);

        Assert.Equal([expected], first.Warnings);
        Assert.Equal([expected], second.Warnings);
    }

    [Theory]
    [InlineData("#:package Dapper@2.1.0\npublic static class P { public static int X() => 1; }", "(1,1): '#:package Dapper@2.1.0' is not supported in a pipeline file; reference the package in an application and register the pipeline's types there.")]
    [InlineData("public sealed class P { public int X() => 1; }", ": there is no public static class with a public static method; such methods are a pipeline's nodes.")]
    public void A_file_that_cannot_be_a_pipeline_is_refused_each_time(string source, string error)
    {
        var file = folder.Write("p.cs", source);

        Assert.Equal([file + error], Assert.Throws<PipelineCompileException>(() => compiler.Load("p", [file])).Errors);
        Assert.Equal([file + error], Assert.Throws<PipelineCompileException>(() => compiler.Load("p", [file])).Errors);
    }

    [Fact]
    public async Task The_stack_trace_of_a_failure_shows_file_and_line_also_from_the_cache()
    {
        var file = folder.Write("fail.cs", "public static class F\n{\n    public static int Sync() =>\n        throw new InvalidDataException(\"bad\");\n}\n");
        compiler.Load("fail", [file]).Dispose();
        using var pipeline = compiler.Load("fail", [file]);

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(FunctionGraph.Build([pipeline.Module], Given.Values()), "sync"));

        Assert.True(pipeline.FromCache);
        Assert.Contains($"{file}:line 4", error.InnerException!.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disposed_pipeline_leaves_memory_after_it_has_run()
    {
        var file = folder.Write("rows.cs", "public sealed record Row(int Id); public static class P { public static Row Echo(Row row) => row; public static Row[] Rows(Row echo) => [echo]; }");

        var context = await RunAndDispose(file);

        for (var i = 0; context.IsAlive && i < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(context.IsAlive);
    }

    /// <summary>Apart, so that no local of the test holds the pipeline.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> RunAndDispose(string file)
    {
        using var pipeline = compiler.Load("rows", [file]);
        var graph = FunctionGraph.Build([pipeline.Module], Given.Values());
        var results = await Given.Run(graph.Plan(["rows"], Given.Values(("row", Given.Values(("id", 3))))));
        Assert.Equal("{\"rows\":[{\"Id\":3}]}"u8.ToArray(), ResultJson.Serialize(results));
        return new WeakReference(pipeline.Context);
    }

    [Fact]
    public void A_pipeline_needs_a_file() =>
        Assert.StartsWith("Pipeline 'p' has no file to compile; give at least one.", Assert.Throws<ArgumentException>(() => compiler.Load("p", [])).Message, StringComparison.Ordinal);

    private CSharpPipelineCompiler NewCompiler() => new(folder.Cache)
    {
        Compiling = name =>
        {
            lock (compiled)
            {
                compiled.Add(name);
            }
        },
    };
}
