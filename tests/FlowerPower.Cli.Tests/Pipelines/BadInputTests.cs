using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Pipelines;

/// <summary>What people get wrong, through both ways to run a pipeline: in the process and as a job.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string> Ways() => ["pipeline run", "queue run", "queue enqueue"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_unknown_pipeline_is_named_with_the_nearest_one(string way)
    {
        using var project = new TempProject().WithHello();

        var sentence = (await RunAsync(project, way, "helo")).AssertFailed();

        Assert.Contains("There is no pipeline 'helo'", sentence, StringComparison.Ordinal);
        Assert.Contains("Did you mean hello?", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Broken_YAML_is_shown_with_file_and_line(string way)
    {
        using var project = new TempProject().WithHello().Write("conf/pipelines/hello.yml", "run:\n  inputs: {name: Ada\n");

        var sentence = (await RunAsync(project, way, "hello")).AssertFailed(ExitCodes.Usage);

        Assert.StartsWith("conf/pipelines/hello.yml:", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_type_in_YAML_is_shown_with_file_line_and_key()
    {
        using var project = new TempProject().WithHello().Write("conf/pipelines/hello.yml", "run:\n  retry:\n    max_retries: many\n");

        var sentence = (await RunAsync(project, "pipeline run", "hello")).AssertFailed(ExitCodes.Usage);

        Assert.StartsWith("conf/pipelines/hello.yml:3", sentence, StringComparison.Ordinal);
        Assert.Contains("max_retries", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_unknown_key_is_a_warning_that_names_it_and_the_run_goes_on(string way)
    {
        using var project = new TempProject().WithHello().Write(
            "conf/pipelines/hello.yml", "run:\n  inputs: {name: Ada}\n  final_vars: [greeting]\n  executer: {type: local}\n");

        var said = (await RunAsync(project, way, "hello")).AssertDone();

        var warning = Assert.Single(said.Problems);
        Assert.StartsWith("warning: conf/pipelines/hello.yml:4:", warning, StringComparison.Ordinal);
        Assert.Contains("executer", warning, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_input_of_the_wrong_type_is_named_with_what_came_and_what_is_expected(string way)
    {
        using var project = new TempProject().With("twice", "public static class Twice { public static int Doubled(int number) => 2 * number; }");

        var sentence = (await RunAsync(project, way, "twice", "-o", "doubled", "--inputs", "number=lots")).AssertFailed();

        Assert.Contains("number", sentence, StringComparison.Ordinal);
        Assert.Contains("lots", sentence, StringComparison.Ordinal);
        Assert.Contains("int", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_missing_input_is_named_with_the_node_that_lacks_it(string way)
    {
        using var project = new TempProject().With("twice", "public static class Twice { public static int Doubled(int number) => 2 * number; }");

        var sentence = (await RunAsync(project, way, "twice", "-o", "doubled")).AssertFailed();

        Assert.Contains("number", sentence, StringComparison.Ordinal);
        Assert.Contains("doubled", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_cyclic_graph_is_shown_as_its_path(string way)
    {
        using var project = new TempProject().With(
            "circle", "public static class Circle { public static int Egg(int hen) => hen; public static int Hen(int egg) => egg; }");

        var sentence = (await RunAsync(project, way, "circle", "-o", "egg")).AssertFailed();

        Assert.Contains("egg", sentence, StringComparison.Ordinal);
        Assert.Contains("hen", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_error_of_the_compiler_is_shown_with_file_and_line(string way)
    {
        using var project = new TempProject().With("bad", "public static class Bad\n{\n    public static int A() => nothing;\n    public static int B() => nowhere;\n}\n");

        var said = await RunAsync(project, way, "bad", "-o", "a");

        Assert.Equal(ExitCodes.Failed, said.ExitCode);
        Assert.Contains("pipelines/bad.cs(3,", said.Error, StringComparison.Ordinal);
        Assert.Contains("pipelines/bad.cs(4,", said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said.Error, StringComparison.Ordinal);
        Assert.Equal("", said.Out);
    }

    [Fact]
    public async Task What_cannot_run_does_not_become_a_job()
    {
        using var project = new TempProject().With("twice", "public static class Twice { public static int Doubled(int number) => 2 * number; }");

        (await RunAsync(project, "queue enqueue", "twice", "-o", "doubled")).AssertFailed();

        Assert.Equal("No jobs yet.\n", (await Tool.RunAsync(project, "queue", "list")).AssertDone().Out);
    }

    [Fact]
    public async Task A_folder_without_a_project_is_named_with_the_remedy()
    {
        var folder = Directory.CreateTempSubdirectory("none-");
        try
        {
            var searched = (await Tool.RunIn(folder.FullName, "pipeline", "list")).AssertFailed();
            var given = (await Tool.RunIn(folder.FullName, "pipeline", "list", "--project", ".")).AssertFailed();
            var missing = (await Tool.RunIn(folder.FullName, "pipeline", "list", "--project", "nowhere")).AssertFailed();

            Assert.All([searched, given, missing], sentence => Assert.Contains("flowerpower init", sentence, StringComparison.Ordinal));
            Assert.Contains(folder.FullName, given, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_input_that_nobody_takes_is_a_warning()
    {
        using var project = new TempProject().WithHello();

        var said = (await RunAsync(project, "queue run", "hello", "--inputs", "nmae=Ada")).AssertDone();

        Assert.Contains("nmae", Assert.Single(said.Problems), StringComparison.Ordinal);
    }

    private static Task<Said> RunAsync(TempProject project, string way, params string[] arguments) =>
        Tool.RunAsync(project, [.. way.Split(' '), .. arguments]);
}
