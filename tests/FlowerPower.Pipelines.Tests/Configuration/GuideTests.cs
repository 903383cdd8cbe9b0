using System.Text;
using System.Text.RegularExpressions;
using FlowerPower.Pipelines.Configuration;
using FlowerPower.Pipelines.Tests.Projects;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed partial class GuideTests : IDisposable
{
    private readonly string guide = File.ReadAllText(RepositoryFiles.Path("docs/guides/configuration.md"));

    private readonly ProjectFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Every_pipeline_key_is_documented_with_its_default() => AssertDocumented("conf/pipelines/<name>.yml", PipelineSchema.Pipeline);

    [Fact]
    public void Every_project_key_is_documented_with_its_default() => AssertDocumented("conf/project.yml", ProjectSchema.Project);

    [Fact]
    public void Every_global_variable_is_documented_with_its_key()
    {
        var documented = Rows(Section("Environment variables")).Where(row => !row.Key.Contains('$')).Select(row => $"{row.Key} → {row.Default}");

        var shims = RunSchema.Shims.Concat(ProjectSchema.Shims).Select(shim => $"{shim.Variable} → {string.Join('.', shim.Path)}");
        Assert.Equal(shims, documented);
    }

    [Fact]
    public void The_example_loads_strictly_and_means_what_the_guide_says()
    {
        var blocks = Blocks("yaml");
        fixture.Write("conf/project.yml", blocks[0]).Write("conf/pipelines/report.yml", blocks[1]);

        var project = fixture.Load(strict: true);
        var run = project.ResolveRunConfig("report", new RunConfig().WithInput("threshold", 0.8).WithRetry(maxRetries: 0));

        Assert.Equal(("sales", "redis://localhost:6379/0"), (project.Name, project.Config.JobQueue.Backend.Uri));
        Assert.Equal(("data/eu.csv", 0.8), (run.Inputs["csv_path"], run.Inputs["threshold"]));
        Assert.Equal((0, 4, TimeSpan.FromMinutes(10)), (run.Retry.MaxRetries, run.Executor.MaxWorkers, run.Timeout));
        Assert.Equal(["IOException", "TimeoutException"], run.Retry.RetryExceptions);
        Assert.Equal(["summary"], run.FinalVars);
    }

    [Fact]
    public void The_code_of_the_example_compiles()
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(FlowerPowerProject).Assembly.Location).Distinct().Select(file => MetadataReference.CreateFromFile(file));
        var tree = CSharpSyntaxTree.ParseText("using FlowerPower.Pipelines;\n" + Assert.Single(Blocks("csharp")));

        var compilation = CSharpCompilation.Create("guide", [tree], references, new CSharpCompilationOptions(OutputKind.ConsoleApplication));

        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void The_error_of_the_guide_is_the_one_that_is_thrown()
    {
        var yaml = Blocks("yaml")[1].Replace("${WORKERS:-4}", "four", StringComparison.Ordinal);

        var error = Assert.Throws<ConfigException>(() => fixture.Pipeline(yaml, "report"));

        Assert.Equal(Blocks("text")[1].Trim(), error.Message);
    }

    private void AssertDocumented(string file, BlockSchema schema)
    {
        var documented = Rows(Section($"`{file}`")).Select(row => $"{row.Key} = {row.Default}").Order(StringComparer.Ordinal);

        Assert.Equal(Leaves(schema, "").Order(StringComparer.Ordinal), documented);
    }

    private static IEnumerable<string> Leaves(BlockSchema schema, string prefix) => schema.Keys.SelectMany(key =>
        key.Kind is BlockKind block
            ? Leaves(block.Schema, $"{prefix}{key.Name}.")
            : [$"{prefix}{key.Name} = {key.DefaultInWords ?? Encoding.UTF8.GetString(PlainValues.ToJson(key.Default))}"]);

    private string Section(string heading)
    {
        var start = guide.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"The guide has no section {heading}.");
        var end = guide.IndexOf("\n## ", start + 4, StringComparison.Ordinal);
        return end < 0 ? guide[start..] : guide[start..end];
    }

    private List<string> Blocks(string language) =>
        [.. Fence().Matches(guide).Where(match => match.Groups["language"].Value == language).Select(match => match.Groups["body"].Value)];

    private static IEnumerable<(string Key, string Default)> Rows(string section) =>
        from Match row in Row().Matches(section)
        from key in Expanded(row.Groups["key"].Value)
        select (key, row.Groups["default"].Value);

    /// <summary><c>a.{b, c}.d</c> are two keys.</summary>
    private static IEnumerable<string> Expanded(string key) =>
        Braces().Match(key) is { Success: true } braces && !key.Contains('$')
            ? braces.Groups[1].Value.Split(", ").SelectMany(word => Expanded(key.Replace(braces.Value, word, StringComparison.Ordinal)))
            : [key];

    [GeneratedRegex(@"^\| `(?<key>[^`]+)` \| `(?<default>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\{([^}]*)\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<body>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
