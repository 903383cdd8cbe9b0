using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Pipelines;

public sealed class PipelineCommandTests
{
    [Fact]
    public async Task From_nothing_to_a_result_in_three_commands()
    {
        var folder = Directory.CreateTempSubdirectory("fp-");
        try
        {
            (await Tool.RunIn(folder.FullName, "init", "shop", "--name", "web-shop")).AssertDone();
            var shop = Path.Combine(folder.FullName, "shop");
            (await Tool.RunIn(shop, "pipeline", "new", "hello")).AssertDone();
            var said = (await Tool.RunIn(shop, "pipeline", "run", "hello", "--inputs", "name=Ada")).AssertDone();

            Assert.Equal("greeting         Hello, Ada!\ngreeting_length  11\n", said.Out);
            Assert.Equal("", said.Error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_project_is_found_upwards_from_the_current_folder()
    {
        using var project = new TempProject().WithHello();

        var said = (await Tool.RunIn(Path.Combine(project.Root, "conf", "pipelines"), "pipeline", "list")).AssertDone();

        Assert.Equal("PIPELINE  CODE\nhello     pipelines/hello.cs\n", said.Out);
    }

    [Fact]
    public async Task The_result_as_JSON_is_one_object_by_node_and_nothing_else()
    {
        using var project = new TempProject().WithHello();

        var said = (await Tool.RunAsync(project, "pipeline", "run", "hello", "-o", "greeting_length", "--inputs", "{\"name\": \"Zoë\"}", "--output", "json")).AssertDone();

        Assert.Equal("{\n  \"greeting_length\": 11\n}\n", said.Out);
    }

    [Fact]
    public async Task Lists_and_pictures_have_JSON_too()
    {
        using var project = new TempProject().WithHello();

        var list = (await Tool.RunAsync(project, "pipeline", "list", "--output", "json")).AssertDone().Json;
        var picture = (await Tool.RunAsync(project, "pipeline", "show-dag", "hello", "--format", "dot", "--output", "json")).AssertDone().Json;

        Assert.Equal("hello", list.GetProperty("pipelines")[0].GetProperty("name").GetString());
        Assert.Equal("dot", picture.GetProperty("format").GetString());
        Assert.StartsWith("digraph", picture.GetProperty("picture").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_graph_is_drawn_in_the_format_that_the_file_asks_for()
    {
        using var project = new TempProject().WithHello();

        Assert.Contains("└─ greeting", (await Tool.RunAsync(project, "pipeline", "show-dag", "hello")).AssertDone().Out, StringComparison.Ordinal);
        Assert.StartsWith("flowchart", (await Tool.RunAsync(project, "pipeline", "show-dag", "hello", "--format", "mermaid")).AssertDone().Out, StringComparison.Ordinal);
        (await Tool.RunAsync(project, "pipeline", "show-dag", "hello", "--save", "hello.svg")).AssertDone();
        Assert.StartsWith("<svg", File.ReadAllText(Path.Combine(project.Root, "hello.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipeline_that_exists_is_only_replaced_on_request()
    {
        using var project = new TempProject().WithHello();

        var refused = await Tool.RunAsync(project, "pipeline", "new", "hello");

        Assert.Contains("--overwrite", refused.AssertFailed(), StringComparison.Ordinal);
        (await Tool.RunAsync(project, "pipeline", "new", "hello", "--overwrite")).AssertDone();
    }

    [Fact]
    public async Task A_failed_node_is_named_with_the_message_of_its_author_and_a_stack_trace_only_on_request()
    {
        using var project = new TempProject().WithFailing();

        var brief = await Tool.RunAsync(project, "pipeline", "run", "broken");
        var verbose = await Tool.RunAsync(project, "pipeline", "run", "broken", "--verbose");

        Assert.Equal("Node 'answer' failed: InvalidOperationException: nobody knows why.", brief.AssertFailed());
        Assert.Contains("broken.cs:line 3", verbose.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debugging_tells_of_every_node()
    {
        using var project = new TempProject().WithHello();

        var said = (await Tool.RunAsync(project, "pipeline", "run", "hello", "--log-level", "debug")).AssertDone();

        Assert.Equal(["node greeting: ", "node greeting_length: "], said.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..(line.IndexOf(':', StringComparison.Ordinal) + 2)]));
    }

    [Fact]
    public async Task On_a_terminal_progress_is_one_line_that_is_gone_at_the_end()
    {
        using var project = new TempProject().WithHello();

        var said = await Tool.RunOn(new FakeConsole { Folder = project.Root, IsTerminal = true }, "pipeline", "run", "hello");

        Assert.DoesNotContain('\n', said.Error);
        Assert.EndsWith("\r\u001b[K", said.Error, StringComparison.Ordinal);
        Assert.Contains("greeting         Hello, World!", said.AssertDone().Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none/hello.svg", "there is no folder '", "make it, or give --save a file in one that exists.")]
    [InlineData("conf", "it is a folder", "give --save a file in it.")]
    public async Task A_picture_that_cannot_be_written_says_why_and_what_to_do(string file, string why, string remedy)
    {
        using var project = new TempProject().WithHello();

        var problem = (await Tool.RunAsync(project, "pipeline", "show-dag", "hello", "--save", file)).AssertFailed();

        Assert.StartsWith($"The picture cannot be written to '{Path.Combine(project.Root, file)}': {why}", problem, StringComparison.Ordinal);
        Assert.EndsWith(remedy, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_should_be_a_text_is_refused_with_the_very_words_that_work()
    {
        using var project = new TempProject().WithHello();

        var problem = (await Tool.RunAsync(project, "pipeline", "run", "hello", "--inputs", "name=5")).AssertFailed();
        var said = (await Tool.RunAsync(project, "pipeline", "run", "hello", "--inputs", "name=\"5\"", "-o", "greeting")).AssertDone();

        Assert.EndsWith("as a text it is written \"5\", and for a shell '\"5\"'.", problem, StringComparison.Ordinal);
        Assert.Equal("greeting  Hello, 5!\n", said.Out);
    }
}
