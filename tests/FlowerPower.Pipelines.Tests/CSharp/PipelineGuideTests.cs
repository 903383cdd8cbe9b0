using System.Text.Json;

namespace FlowerPower.Pipelines.Tests;

/// <summary>The guide promises that its examples are compiled and run: here they are.</summary>
public sealed class PipelineGuideTests : IDisposable
{
    private readonly TempFolder folder = new();

    public static TheoryData<string> Examples => [.. Blocks().Where(block => block.Kind == "csharp").Select(block => NameOf(block.Text))];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task The_example_compiles_and_does_what_the_guide_says(string name)
    {
        var blocks = Blocks();
        var at = blocks.FindIndex(block => block.Kind == "csharp" && NameOf(block.Text) == name);
        using var pipeline = new CSharpPipelineCompiler(folder.Cache).Load(name, [folder.Write($"{name}.cs", blocks[at].Text)]);
        Assert.Empty(pipeline.Warnings);
        var said = at + 1 < blocks.Count && blocks[at + 1].Kind == "json" ? JsonSerializer.Deserialize<JsonElement>(blocks[at + 1].Text) : default;

        var run = Entries(said, "run");
        var graph = FunctionGraph.Build([pipeline.Module], Entries(run, "config"), Entries(said, "params"));
        var finalVars = run.GetValueOrDefault("final_vars") is List<object?> names ? names.Cast<string>().ToArray() : [];
        var results = await Given.Run(graph.Plan(finalVars, Entries(run, "inputs")));

        var expected = said.ValueKind == JsonValueKind.Object ? said.GetProperty("results") : JsonSerializer.SerializeToElement(new { });
        Assert.True(JsonElement.DeepEquals(expected, JsonSerializer.Deserialize<JsonElement>(ResultJson.Serialize(results))));
        Assert.NotEmpty(graph.Nodes);
    }

    [Fact]
    public void Almost_every_example_shows_a_run()
    {
        Assert.Equal(8, Examples.Count);
        Assert.Equal(7, Blocks().Count(block => block.Kind == "json"));
    }

    private static Dictionary<string, object?> Entries(object? value, string key) =>
        PlainValue.AsDictionary(PlainValue.AsDictionary(value)?.GetValueOrDefault(key)) is { } entries ? new(entries) : [];

    /// <summary>The first line of an example is <c>// pipelines/name.cs</c>.</summary>
    private static string NameOf(string source) => Path.GetFileNameWithoutExtension(source.Split('\n')[0]);

    private static List<(string Kind, string Text)> Blocks()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "FlowerPower.Actors.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The tests do not lie inside the repository.");
        }

        // Every second part is inside fences; its first line is the kind.
        var parts = File.ReadAllText(Path.Combine(root, "docs", "guides", "pipelines.md")).Split("```");
        return [.. parts.Where((_, i) => i % 2 == 1).Select(part => part.Split('\n', 2)).Select(part => (part[0].Trim(), part[1]))];
    }
}
